//! What a fresh machine lacks: found, or installed where the system is Debian or Ubuntu, or named for the reader to install.

pub(crate) mod apt;
pub(crate) mod node;
pub(crate) mod python;

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::command::find_on_path;
use crate::servers::{postgres, redis};
use crate::workspace::Workspace;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Tool {
    Postgres,
    Redis,
    Node,
    Python,
    Chromium,
    Nginx,
}

impl Tool {
    fn is_here(self, workspace: &Workspace) -> bool {
        match self {
            Self::Postgres => !postgres::Programs::find_all().is_empty(),
            Self::Redis => redis::find().is_some(),
            Self::Node => node::Node::find(workspace).is_some(),
            Self::Python => python::find().is_some(),
            Self::Chromium => chromium().is_some(),
            Self::Nginx => find_on_path("nginx").is_some(),
        }
    }

    /// The Debian packages that bring it. Where Debian's Node is too old, Python brings one (see `node`).
    fn packages(self) -> Vec<&'static str> {
        match self {
            Self::Postgres => vec!["postgresql"],
            Self::Redis if apt::candidate("redis-server").is_some() => vec!["redis-server"],
            Self::Redis => vec!["valkey-server"],
            Self::Node if node::debian_has_one() => vec!["nodejs", "npm"],
            Self::Node if python::find().is_some() => vec![],
            Self::Node | Self::Python => vec!["python3-venv"],
            Self::Chromium => vec!["chromium"],
            Self::Nginx => vec!["nginx-light"],
        }
    }

    /// What to install where this is not Debian.
    fn in_words(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL 15 or newer, the server and its programs (initdb, postgres, psql)",
            Self::Redis => "Redis 7 or newer, or Valkey (redis-server or valkey-server on the PATH)",
            Self::Node => "Node 20.19 or newer with npm (https://nodejs.org)",
            Self::Python => "Python 3.9 or newer with its modules venv and ensurepip",
            Self::Chromium => "Chromium or Google Chrome",
            Self::Nginx => "nginx",
        }
    }
}

/// Makes sure of all of `tools`, or says what is missing. Nothing is asked of the network when nothing is missing.
pub(crate) fn ensure(workspace: &Workspace, tools: &[Tool]) -> Result<()> {
    let missing = || tools.iter().copied().filter(|tool| !tool.is_here(workspace)).collect::<Vec<_>>();
    let at_first = missing();
    if at_first.is_empty() {
        return Ok(());
    }
    if apt::is_here() {
        apt::update()?;
        let mut packages: Vec<&str> = at_first.iter().flat_map(|tool| tool.packages()).collect();
        packages.sort_unstable();
        packages.dedup();
        if !packages.is_empty() {
            apt::install(&packages)?;
        }
        if missing().contains(&Tool::Node) && python::find().is_some() {
            node::install_from_pypi(workspace)?;
        }
    }
    let still = missing();
    if still.is_empty() {
        return Ok(());
    }
    let list: String = still.iter().map(|tool| format!("\n  - {}", tool.in_words())).collect();
    bail!("please install, then run this again:{list}")
}

/// The browser of the browser tests.
pub(crate) fn chromium() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| find_on_path(name))
}
