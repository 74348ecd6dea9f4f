//! A Postgres for one command: tests, generated files, measurements. Its folder goes with it.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::ports;
use crate::servers::account::Account;
use crate::servers::postgres::{Durability, Postgres, Programs};
use crate::workspace::Workspace;

pub(crate) struct Throwaway {
    // Dropped in this order: a server before the folder that it writes to.
    pub(crate) postgres: Postgres,
    _folder: Folder,
}

impl Throwaway {
    /// With the three roles and no database of Turnpike's yet. `purpose` names its log.
    pub(crate) fn start(workspace: &Workspace, purpose: &str) -> Result<Self> {
        let folder = Folder::create(purpose)?;
        let logs = workspace.logs().join(purpose);
        let programs = Programs::fitting(&folder.path.join("data"))?;
        let port = ports::free_port()?;
        let postgres = programs.start(folder.account, &folder.path, port, Durability::Throwaway, &logs)?;
        postgres.create_roles(&workspace.path("migrations"))?;
        Ok(Self { postgres, _folder: folder })
    }
}

/// A folder of Postgres's account where temporary files belong, removed when dropped.
pub(crate) struct Folder {
    path: PathBuf,
    account: Account,
}

impl Folder {
    pub(crate) fn create(purpose: &str) -> Result<Self> {
        let name = format!("turnpike-{purpose}-{}", std::process::id());
        let account = Account::for_postgres(Path::new("/nonexistent"))?;
        let path =
            account.choose_home(&[std::env::temp_dir(), PathBuf::from("/var/tmp")].map(|dir| dir.join(&name)))?;
        Ok(Self { path, account })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn account(&self) -> Account {
        self.account
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            eprintln!("could not remove {}: {error}", self.path.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Skipped in silence nowhere: `cargo xtask test` installs Postgres first.
    #[test]
    fn a_private_postgres_has_the_roles_answers_queries_and_leaves_nothing() {
        let workspace = Workspace::locate().unwrap();
        let throwaway = Throwaway::start(&workspace, "xtask-own-test").unwrap();
        let postgres = &throwaway.postgres;
        let roles = "select string_agg(rolname, ' ' order by rolname) from pg_roles where rolname like 'turnpike%'";
        assert_eq!(postgres.ask("postgres", "postgres", roles).unwrap(), "turnpike_app turnpike_job turnpike_owner");
        postgres.create_database("turnpike").unwrap();
        postgres.create_database("turnpike").unwrap(); // again: it exists
        let owner = postgres.ask("turnpike_owner", "turnpike", "create table t (); select current_user").unwrap();
        assert_eq!(owner, "turnpike_owner");
        let path = throwaway._folder.path.clone();
        let port = postgres.port;
        drop(throwaway);
        assert!(!path.exists());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}
