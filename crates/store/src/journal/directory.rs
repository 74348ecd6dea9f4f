//! The directory of one node: its lock, its epoch, its segments, its end.

use super::JournalError;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
const EPOCH: &str = "epoch";
const RETIRED: &str = "retired";

/// A node's journal directory, held by this process until dropped.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    node: String,
    epoch: u64,
    _lock: File,
}

impl Directory {
    /// Locks `journal_dir/<node>`, making it if it is not there, and raises its epoch durably.
    pub fn open(journal_dir: &Path, node: &str) -> Result<Self, JournalError> {
        let path = journal_dir.join(node);
        fs::create_dir_all(&path)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK))?;
        lock.try_lock().map_err(|_| JournalError::Held(path.clone()))?;
        // Between opening and locking, the holder may have retired and deleted the directory: then the lock is on a ghost.
        let here = fs::metadata(path.join(LOCK)).map_err(|_| JournalError::Retired(path.clone()))?;
        if here.ino() != lock.metadata()?.ino() || path.join(RETIRED).exists() {
            return Err(JournalError::Retired(path));
        }
        let epoch = match fs::read_to_string(path.join(EPOCH)) {
            Ok(text) => text
                .trim()
                .parse::<u64>()
                .map_err(|e| JournalError::Failed(format!("read epoch of {}: {e}", path.display())))?,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(e.into()),
        } + 1;
        write_durably(&path, EPOCH, &epoch.to_string())?;
        Ok(Self { path, node: node.to_owned(), epoch, _lock: lock })
    }

    pub fn node(&self) -> &str {
        &self.node
    }

    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Marks the directory as finished, so that nobody opens it again even if deleting it fails half way.
    pub fn mark_retired(&self) -> Result<(), JournalError> {
        write_durably(&self.path, RETIRED, "drained\n")
    }

    /// Deletes it. Only after `mark_retired`, and after Postgres knows that the node is drained.
    pub fn delete(&self) -> Result<(), JournalError> {
        Ok(fs::remove_dir_all(&self.path)?)
    }
}

/// Names of the nodes under `journal_dir` that are not marked as retired, oldest first.
pub fn siblings(journal_dir: &Path) -> Result<Vec<String>, JournalError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(journal_dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !entry.path().join(RETIRED).exists() {
            names.extend(entry.file_name().into_string().ok());
        }
    }
    names.sort();
    Ok(names)
}

/// Segment files in order.
pub(super) fn segments(path: &Path) -> Result<Vec<(u64, PathBuf)>, JournalError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path)? {
        let entry = entry?.path();
        if entry.extension().is_some_and(|e| e == "segment")
            && let Some(number) = entry.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse().ok())
        {
            found.push((number, entry));
        }
    }
    found.sort();
    Ok(found)
}

pub(super) fn segment_path(path: &Path, number: u64) -> PathBuf {
    path.join(format!("{number:010}.segment"))
}

/// The whole file or the old one, on disk when this returns.
fn write_durably(dir: &Path, name: &str, text: &str) -> Result<(), JournalError> {
    let temporary = dir.join(format!("{name}.new"));
    let mut file = File::create(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, dir.join(name))?;
    File::open(dir)?.sync_all()?;
    Ok(())
}
