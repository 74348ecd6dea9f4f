//! A Postgres of our own: found, set up, started, asked.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rustix::process::Signal;

use crate::command::{find_on_path, is_executable, output, run, succeeds};
use crate::servers::account::Account;
use crate::servers::process::{Server, Stop};

pub(crate) const OLDEST: u32 = 15;
const READY_WITHIN: Duration = Duration::from_secs(60); // crash recovery of a busy day takes some of it
/// A fast shutdown: sessions are cut, everything committed is kept.
const FAST: Stop = Stop { signal: Signal::INT, grace: Duration::from_secs(20) };

/// Only this machine's loopback gets in, without a password: the server lives on a developer's machine, its port is not
/// reachable from elsewhere, and a password in a file beside it would protect nothing that the file's reader has not.
const PG_HBA: &str = "host all all 127.0.0.1/32 trust\n";

/// The programs of one version.
pub(crate) struct Programs {
    bin: PathBuf,
    pub(crate) major: u32,
}

/// Whether the data must outlive the process.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Durability {
    Kept,
    /// Not synced to disk: for tests and generated files.
    Throwaway,
}

pub(crate) struct Postgres {
    pub(crate) server: Server,
    pub(crate) port: u16,
    bin: PathBuf,
}

impl Programs {
    /// Every usable installation, the newest first: Debian, Red Hat and Homebrew keep theirs beside each other off the PATH.
    pub(crate) fn find_all() -> Vec<Self> {
        let mut bins: Vec<PathBuf> = Vec::new();
        for (parent, tail) in
            [("/usr/lib/postgresql", "bin"), ("/usr", "bin"), ("/opt/homebrew/opt", "bin"), ("/usr/local/opt", "bin")]
        {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            bins.extend(entries.map(|entry| entry.path().join(tail)));
        }
        bins.extend(find_on_path("initdb").and_then(|path| path.parent().map(Path::to_owned)));
        let mut found: Vec<Self> = bins.into_iter().filter_map(Self::at).collect();
        found.sort_by_key(|programs| std::cmp::Reverse(programs.major));
        found.dedup_by_key(|programs| programs.major);
        found
    }

    fn at(bin: PathBuf) -> Option<Self> {
        let bin = bin.join("initdb").canonicalize().ok()?.parent()?.to_owned(); // a link on the PATH leads to its siblings
        let complete = ["initdb", "postgres", "psql", "pg_isready"].iter().all(|name| is_executable(&bin.join(name)));
        if !complete {
            return None;
        }
        let version = output(Command::new(bin.join("postgres")).arg("--version")).ok()?;
        let major = major_version(&version)?;
        (major >= OLDEST).then_some(Self { bin, major })
    }

    /// The version that made `data`, or the newest for data yet to be made.
    pub(crate) fn fitting(data: &Path) -> Result<Self> {
        let mut all = Self::find_all();
        let Ok(text) = std::fs::read_to_string(data.join("PG_VERSION")) else {
            return all.into_iter().next().with_context(|| format!("find PostgreSQL {OLDEST} or newer"));
        };
        let made_by = text.trim().parse().unwrap_or(0);
        let position = all.iter().position(|programs| programs.major == made_by).with_context(|| {
            format!(
                "the data in {} was made by PostgreSQL {made_by}, which is not installed (any more): \
                 install it, or start over with `cargo xtask run --fresh`",
                data.display()
            )
        })?;
        Ok(all.swap_remove(position))
    }

    /// Starts a server on `port` of loopback with its data in `home/data`, which is made when it is missing.
    pub(crate) fn start(
        self,
        account: Account,
        home: &Path,
        port: u16,
        durability: Durability,
        logs: &Path,
    ) -> Result<Postgres> {
        let data = home.join("data");
        if !succeeds(account.command(Path::new("/usr/bin/test")).arg("-s").arg(data.join("PG_VERSION"))) {
            self.initialise(account, &data, durability)?;
        }
        let mut command = account.command(&self.bin.join("postgres"));
        command.arg("-D").arg(&data);
        let port_setting = format!("port={port}");
        let mut settings = vec![
            port_setting.as_str(),
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=", // a long path to the checkout would not fit a socket's address
            "timezone=UTC",
            "log_timezone=UTC",
        ];
        if durability == Durability::Throwaway {
            settings.extend([
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "wal_level=minimal",
                "max_wal_senders=0",
                "max_connections=300", // tests run side by side, each with pools of its own
            ]);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        let mut server = Server::start("postgres", &mut command, logs, FAST)?;
        let (bin, port_text) = (self.bin, port.to_string());
        server.wait_until(READY_WITHIN, || {
            succeeds(Command::new(bin.join("pg_isready")).args(["-q", "-h", "127.0.0.1", "-p", &port_text]))
        })?;
        Ok(Postgres { server, port, bin })
    }

    fn initialise(&self, account: Account, data: &Path, durability: Durability) -> Result<()> {
        let mut command = account.command(&self.bin.join("initdb"));
        // The C locale orders text by code point: the same on every machine.
        command.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale"]);
        if durability == Durability::Throwaway {
            command.arg("--no-sync");
        }
        output(command.arg("-D").arg(data)).context("set up a Postgres of our own")?;
        // Written as we are: where this is another account, we are root.
        std::fs::write(data.join("pg_hba.conf"), PG_HBA).context("write pg_hba.conf")
    }
}

impl Postgres {
    pub(crate) fn url(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }

    /// psql as `role`, stopping at the first error; what the user's environment and psqlrc say about Postgres is not heard.
    fn psql(&self, role: &str, database: &str) -> Command {
        let mut command = Command::new(self.bin.join("psql"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", role, "-d", database]);
        command.args(["-p", &self.port.to_string()]).env("PGOPTIONS", "-c client_min_messages=warning");
        command
    }

    pub(crate) fn ask(&self, role: &str, database: &str, sql: &str) -> Result<String> {
        let text = output(self.psql(role, database).args(["-A", "-t", "-c", sql]))?;
        Ok(text.trim_end().to_owned())
    }

    pub(crate) fn apply(&self, role: &str, database: &str, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
        let mut command = self.psql(role, database);
        if !text.starts_with("-- no-transaction") {
            command.arg("--single-transaction"); // as sqlx applies a migration
        }
        run(command.arg("-f").arg(file)).with_context(|| format!("apply {}", file.display()))
    }

    /// The three roles, once per server; the file says so itself when they exist.
    pub(crate) fn create_roles(&self, migrations: &Path) -> Result<()> {
        self.apply("postgres", "postgres", &migrations.join("roles.sql"))
    }

    /// A database owned by the role that may change its tables, unless it exists.
    pub(crate) fn create_database(&self, name: &str) -> Result<()> {
        let found = self.ask("postgres", "postgres", &format!("select 1 from pg_database where datname = '{name}'"))?;
        if found.is_empty() {
            self.ask("postgres", "postgres", &format!("create database {name} owner turnpike_owner"))?;
        }
        Ok(())
    }

    /// Every migration in order, as their owner.
    pub(crate) fn migrate(&self, database: &str, migrations: &Path) -> Result<()> {
        let entries = std::fs::read_dir(migrations).with_context(|| format!("list {}", migrations.display()))?;
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|file| is_migration(file));
        files.sort();
        if files.is_empty() {
            bail!("no migrations in {}", migrations.display());
        }
        files.iter().try_for_each(|file| self.apply("turnpike_owner", database, file))
    }
}

/// `<timestamp>_<what>.sql`; `roles.sql` is for the whole server and is none.
fn is_migration(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(|first: char| first.is_ascii_digit()) && name.ends_with(".sql")
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` is 15.
fn major_version(text: &str) -> Option<u32> {
    let number = text.split(' ').find(|word| word.starts_with(|first: char| first.is_ascii_digit()))?;
    number.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_distributions_print_them() {
        assert_eq!(major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres (PostgreSQL)\n"), None);
    }

    #[test]
    fn roles_and_notes_are_not_migrations() {
        assert!(is_migration(Path::new("migrations/20261124120000_tenants.sql")));
        assert!(!is_migration(Path::new("migrations/roles.sql")));
        assert!(!is_migration(Path::new("migrations/README.md")));
    }
}
