//! Ports on loopback: the same ones every day as long as nobody else took them.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// How far above its usual port a server may be put before the machine is called full.
const SEARCH: u16 = 200;

pub(crate) struct Ports {
    file: PathBuf,
    remembered: BTreeMap<String, u16>,
}

impl Ports {
    pub(crate) fn load(workspace: &Workspace) -> Self {
        let file = workspace.state().join("ports");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let remembered = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .filter_map(|(name, port)| Some((name.to_owned(), port.parse().ok()?)))
            .collect();
        Self { file, remembered }
    }

    /// The remembered port of `name`, else the first free one from `usual` on; remembered from now.
    pub(crate) fn take(&mut self, name: &str, usual: u16) -> Result<u16> {
        let taken: Vec<u16> =
            self.remembered.iter().filter(|(other, _)| *other != name).map(|(_, port)| *port).collect();
        let first = self.remembered.get(name).copied();
        let port = first
            .into_iter()
            .chain(usual..usual.saturating_add(SEARCH))
            .find(|port| is_free(*port) && !taken.contains(port))
            .with_context(|| format!("find a free port for {name} from {usual} on"))?;
        if first != Some(port) {
            self.remembered.insert(name.to_owned(), port);
            self.save()?;
        }
        Ok(port)
    }

    fn save(&self) -> Result<()> {
        let lines: String = self.remembered.iter().map(|(name, port)| format!("{name}={port}\n")).collect();
        std::fs::write(&self.file, lines).with_context(|| format!("write {}", self.file.display()))
    }
}

/// A port that the system chooses; for servers that live no longer than one command.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("ask for a free port")?;
    Ok(listener.local_addr().context("read the free port")?.port())
}

fn is_free(port: u16) -> bool {
    TcpListener::bind(("127.0.0.1", port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> Ports {
        let file = std::env::temp_dir().join(format!("turnpike-ports-{}", std::process::id()));
        Ports { file, remembered: BTreeMap::new() }
    }

    #[test]
    fn a_taken_port_is_passed_over_and_the_choice_is_kept() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let busy = listener.local_addr().unwrap().port();
        let mut ports = ports();
        let chosen = ports.take("console", busy).unwrap();
        assert_ne!(chosen, busy);
        drop(listener);
        assert_eq!(ports.take("console", busy).unwrap(), chosen);
        assert_ne!(ports.take("operator", chosen).unwrap(), chosen);
        std::fs::remove_file(&ports.file).unwrap();
    }
}
