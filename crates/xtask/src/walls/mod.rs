//! The walls between crates: who may use whom, who may name what, and where. See `table` for the rules.

mod manifest;
mod rust_code;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::walls::manifest::Package;
use crate::workspace::Workspace;

/// Lines of a written file from which on one should ask what its second subject is. A warning, never a failure.
const LONG: usize = 400;
/// Kinds of files that people write. What tools write is left out: `GENERATED`.
const WRITTEN: [&str; 5] = ["rs", "ts", "tsx", "sql", "lua"];
const GENERATED: [&str; 4] = ["target", "node_modules", "dist", "web/src/api/schema.d.ts"];

/// A Rust file of a package: where it is, and its code without comments and strings.
pub(crate) struct Source {
    /// Relative to the package, as `src/http/error.rs`.
    path: String,
    code: String,
}

/// Prints long files, and fails with every breach.
pub(crate) fn report(workspace: &Workspace) -> Result<()> {
    for (file, lines) in long_files(workspace)? {
        println!("warning: {file} has {lines} lines: is there a second subject in it?");
    }
    let breaches = breaches(workspace.root(), manifest::read(workspace)?)?;
    if breaches.is_empty() {
        return Ok(());
    }
    let list: String = breaches.iter().map(|breach| format!("\n  {breach}")).collect();
    bail!("walls are breached (design: README.md of the crate named first):{list}")
}

fn breaches(root: &Path, packages: Vec<Package>) -> Result<Vec<String>> {
    let mut breaches = Vec::new();
    for package in &packages {
        breaches.extend(table::dependency_breaches(package));
        breaches.extend(table::source_breaches(package, &sources(&package.folder)?));
        if !package.folder.join("README.md").exists() {
            breaches.push(format!("{}: has no README.md", package.name));
        }
    }
    for lock in ["Cargo.lock", "web/package-lock.json"] {
        let path = root.join(lock);
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        breaches.extend(table::lock_breaches(lock, &text));
    }
    Ok(breaches)
}

fn sources(folder: &Path) -> Result<Vec<Source>> {
    let mut files = Vec::new();
    collect(&folder.join("src"), &mut files)?;
    files.sort();
    let read = |file: PathBuf| -> Result<Source> {
        let text = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?;
        let path = file.strip_prefix(folder).expect("collected below this folder").display().to_string();
        Ok(Source { path, code: rust_code::without_comments_and_strings(&text) })
    };
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.into_iter().map(read).collect()
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("list {}", dir.display())),
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden || GENERATED.iter().any(|end| path.ends_with(end)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

fn long_files(workspace: &Workspace) -> Result<Vec<(String, usize)>> {
    let mut files = Vec::new();
    for folder in ["crates", "tests", "web", "migrations"] {
        collect(&workspace.path(folder), &mut files)?;
    }
    files.sort();
    let mut long = Vec::new();
    for file in files {
        let written = file.extension().is_some_and(|end| WRITTEN.iter().any(|known| end == *known));
        if !written {
            continue;
        }
        let lines = std::fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))?.lines().count();
        if lines > LONG {
            let path = file.strip_prefix(workspace.root()).expect("collected below the root");
            long.push((path.display().to_string(), lines));
        }
    }
    Ok(long)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_name_is_found_on_disk_and_a_crate_without_readme_is_told() {
        let root = std::env::temp_dir().join(format!("turnpike-walls-{}", std::process::id()));
        let folder = root.join("crates/billing");
        std::fs::create_dir_all(folder.join("src/deep")).unwrap();
        std::fs::create_dir_all(root.join("web")).unwrap();
        std::fs::write(folder.join("src/deep/price.rs"), "// f64 in a comment is fine\nfn price() -> f64 { 0.0 }")
            .unwrap();
        std::fs::write(root.join("Cargo.lock"), "source = \"registry+https://mirror.example/index\"\n").unwrap();
        std::fs::write(root.join("web/package-lock.json"), "{}").unwrap();
        let billing = Package { name: "billing".to_owned(), folder, dependencies: vec!["sqlx".to_owned()] };
        let found = breaches(&root, vec![billing]).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        let expected = [
            "billing: depends on sqlx",
            "billing: src/deep/price.rs names f64",
            "billing: has no README.md",
            "Cargo.lock: a package comes from registry+https://mirror.example/index",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn this_workspace_keeps_its_walls() {
        let workspace = Workspace::locate().unwrap();
        let found = breaches(workspace.root(), manifest::read(&workspace).unwrap()).unwrap();
        assert_eq!(found, Vec::<String>::new());
    }
}
