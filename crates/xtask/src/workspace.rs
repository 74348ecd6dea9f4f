//! Where things lie in the checkout, and a cargo that does not inherit what `cargo run` told this process about itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The checkout this xtask was built from. A moved checkout is found as well: cargo names it at every `cargo xtask`.
    pub(crate) fn locate() -> Result<Self> {
        let manifest_dir = std::env::var("CARGO_MANIFEST_DIR").unwrap_or(env!("CARGO_MANIFEST_DIR").to_owned());
        let root = Path::new(&manifest_dir).join("../..");
        let root = root.canonicalize().with_context(|| format!("find the workspace at {}", root.display()))?;
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// What `run` keeps between days, and tools that were fetched. Not in git.
    pub(crate) fn state(&self) -> PathBuf {
        self.path(".turnpike")
    }

    pub(crate) fn tools(&self) -> PathBuf {
        self.state().join("tools")
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.state().join("logs")
    }

    /// Where cargo puts what it builds: `profile` is `debug` or `release`.
    pub(crate) fn built(&self, profile: &str) -> PathBuf {
        match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => self.root.join(dir).join(profile),
            None => self.root.join("target").join(profile),
        }
    }

    /// `cargo run` describes xtask's own package in the environment. A nested cargo that saw it would rebuild crates whose
    /// build scripts watch those variables.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let mut command = Command::new(cargo);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let describes_xtask =
                ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_"].iter().any(|prefix| text.starts_with(prefix));
            if describes_xtask {
                command.env_remove(&name);
            }
        }
        command.current_dir(&self.root).args(arguments);
        command
    }
}
