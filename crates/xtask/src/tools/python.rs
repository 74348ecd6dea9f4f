//! Python, only for what comes from its registry: the official SDKs that the tests use as clients, and Node where Debian's is too old.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::{find_on_path, run, succeeds};
use crate::workspace::Workspace;

/// A Python that can make virtual environments: Debian keeps that part in a package of its own.
pub(crate) fn find() -> Option<PathBuf> {
    let python = find_on_path("python3")?;
    succeeds(Command::new(&python).args(["-c", "import sys, venv, ensurepip; assert sys.version_info >= (3, 9)"]))
        .then_some(python)
}

/// A virtual environment in `dir`; one that was cut short or whose Python is gone is made anew.
pub(crate) fn environment(dir: &Path) -> Result<PathBuf> {
    let python = dir.join("bin/python");
    if !succeeds(Command::new(&python).args(["-c", "import pip"])) {
        let system = find().context("find a python3 with venv")?;
        run(Command::new(system).args(["-m", "venv", "--clear"]).arg(dir))?;
    }
    Ok(python)
}

/// pip in `python`'s environment; the registry is whatever the user's own pip settings say.
pub(crate) fn pip_install(python: &Path, arguments: &[&str]) -> Result<()> {
    run(Command::new(python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(arguments))
}

/// The interpreter with the official clients that `tests/sdk/requirements.txt` pins; installed again when that file changes.
pub(crate) fn clients(workspace: &Workspace) -> Result<PathBuf> {
    let requirements = workspace.path("tests/sdk/requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).with_context(|| format!("read {}", requirements.display()))?;
    let dir = workspace.tools().join("venv");
    let python = environment(&dir)?;
    let stamp = dir.join("installed-requirements.txt");
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        println!(
            "installing the Python clients that the tests use: {}",
            wanted.split_whitespace().collect::<Vec<_>>().join(" ")
        );
        pip_install(&python, &["-r", &requirements.display().to_string()])?;
        std::fs::write(&stamp, wanted).context("note which Python clients are installed")?;
    }
    Ok(python)
}
