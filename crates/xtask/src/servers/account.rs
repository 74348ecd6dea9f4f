//! Postgres refuses to run as root. Then it alone runs as somebody else, and its data must lie where that somebody may go.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use rustix::process::geteuid;

use crate::command::{output, succeeds};

/// The account Postgres runs under.
#[derive(Clone, Copy)]
pub(crate) enum Account {
    Ours,
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// Our own; as root the owner of data that exists already, else `postgres` (which comes with Debian's package), else `nobody`.
    pub(crate) fn for_postgres(existing_data: &Path) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Ours);
        }
        if let Ok(metadata) = existing_data.metadata()
            && metadata.uid() != 0
        {
            return Ok(Self::Other { uid: metadata.uid(), gid: metadata.gid() });
        }
        for name in ["postgres", "nobody"] {
            let id = |flag| output(Command::new("id").args([flag, name]));
            if let (Ok(uid), Ok(gid)) = (id("-u"), id("-g")) {
                let parse = |text: String| text.trim().parse().with_context(|| format!("read the ids of {name}"));
                return Ok(Self::Other { uid: parse(uid)?, gid: parse(gid)? });
            }
        }
        bail!(
            "postgres may not run as root, and there is neither an account `postgres` nor `nobody`: run as another user"
        )
    }

    /// A command that runs under this account. Supplementary groups are dropped with the change.
    pub(crate) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self::Other { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command.current_dir("/"); // it may not be allowed into ours
        command
    }

    /// Makes `dir` if needed, gives it to this account, and tells whether the account can really reach it.
    fn can_live_in(self, dir: &Path) -> bool {
        if std::fs::create_dir_all(dir).is_err() {
            return false;
        }
        if let Self::Other { uid, gid } = self
            && std::os::unix::fs::chown(dir, Some(uid), Some(gid)).is_err()
        {
            return false;
        }
        succeeds(self.command(Path::new("/usr/bin/test")).arg("-w").arg(dir))
    }

    /// The first of `candidates` that this account can live in.
    pub(crate) fn choose_home(self, candidates: &[PathBuf]) -> Result<PathBuf> {
        for candidate in candidates {
            let existed = candidate.exists();
            if self.can_live_in(candidate) {
                return Ok(candidate.clone());
            }
            if !existed {
                let _ = std::fs::remove_dir(candidate); // tidy: ours, made a moment ago and empty
            }
        }
        let list: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
        bail!("find a folder that postgres may write to: none of {} will do", list.join(", "))
    }
}
