//! Builds the console, then the programs that carry it.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};

use crate::command::{output, run};
use crate::tools::node::Node;
use crate::workspace::Workspace;

/// Folders in `web/` that are made, not written.
const MADE: [&str; 3] = ["node_modules", "dist", ".vite"];

#[derive(Clone, Copy)]
pub(crate) enum Profile {
    /// Builds fast.
    Debug,
    /// Runs fast.
    Release,
}

impl Profile {
    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Release => "release",
        }
    }
}

/// `web/dist`, when something in `web/` changed since it was last made. It must come before the gateway, which embeds it.
pub(crate) fn console(workspace: &Workspace, node: &Node) -> Result<()> {
    packages(workspace, node)?;
    let now = fingerprint(&workspace.path("web"))?;
    let stamp = stamp(workspace, "console");
    if workspace.path("web/dist/index.html").exists() && std::fs::read_to_string(&stamp).ok().as_ref() == Some(&now) {
        return Ok(());
    }
    println!("building the console");
    let started = Instant::now();
    output(&mut node.npm(workspace, &["run", "build"]))?;
    println!("built the console in {:.1} s", started.elapsed().as_secs_f64());
    write_stamp(&stamp, &now)
}

/// `web/node_modules`, when the lock file changed since they were installed.
pub(crate) fn packages(workspace: &Workspace, node: &Node) -> Result<()> {
    let lock = workspace.path("web/package-lock.json");
    let now = std::fs::read_to_string(&lock).with_context(|| format!("read {}", lock.display()))?;
    let now = hash(&now);
    let stamp = stamp(workspace, "packages");
    if workspace.path("web/node_modules").exists() && std::fs::read_to_string(&stamp).ok().as_ref() == Some(&now) {
        return Ok(());
    }
    println!("installing the console's packages from npm");
    output(&mut node.npm(workspace, &["ci", "--no-audit", "--no-fund"]))?;
    write_stamp(&stamp, &now)
}

/// The gateway and the simulated providers. Cargo says what it builds, and nothing when there is nothing to build.
pub(crate) fn programs(workspace: &Workspace, profile: Profile) -> Result<()> {
    let mut cargo = workspace.cargo(&["build", "-p", "gateway", "-p", "upstream-sim", "--bins"]);
    if matches!(profile, Profile::Release) {
        cargo.arg("--release");
    }
    run(&mut cargo)
}

fn stamp(workspace: &Workspace, name: &str) -> PathBuf {
    workspace.state().join("stamps").join(name)
}

fn write_stamp(stamp: &Path, text: &str) -> Result<()> {
    let parent = stamp.parent().expect("a stamp lies in .turnpike/stamps");
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(stamp, text))
        .with_context(|| format!("write {}", stamp.display()))
}

/// One value for all names and contents below `dir`.
fn fingerprint(dir: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(dir, &mut files)?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        std::fs::read(&file).with_context(|| format!("read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))?;
    for entry in entries.flatten() {
        let made = MADE.iter().any(|name| entry.file_name() == *name);
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !made => collect(&entry.path(), files)?,
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

fn hash(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_source_changes_the_fingerprint_and_a_made_folder_does_not() {
        let dir = std::env::temp_dir().join(format!("turnpike-fingerprint-{}", std::process::id()));
        std::fs::create_dir_all(dir.join("src")).unwrap();
        std::fs::create_dir_all(dir.join("dist")).unwrap();
        std::fs::write(dir.join("src/a.ts"), "one").unwrap();
        let before = fingerprint(&dir).unwrap();
        std::fs::write(dir.join("dist/a.js"), "made").unwrap();
        assert_eq!(fingerprint(&dir).unwrap(), before);
        std::fs::write(dir.join("src/a.ts"), "two").unwrap();
        assert_ne!(fingerprint(&dir).unwrap(), before);
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
