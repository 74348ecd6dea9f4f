//! A folder for one test, removed with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// An empty one below the system's folder for temporary files.
    pub fn create() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("turnpike-acceptance-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path); // of an earlier process with this pid
        std::fs::create_dir_all(&path).expect("the folder for temporary files is writable");
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
