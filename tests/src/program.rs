//! A child process that says on standard output where it listens, and is gone when the test is.

use crate::eventually;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// On a busy machine with debug builds; a program that fails is noticed at once.
pub const READY_WITHIN: Duration = Duration::from_secs(30);
/// How much of a log a failure shows.
const SHOWN_LINES: usize = 40;

#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Program {
    /// Its output goes to files in `folder`, so that nobody has to read it for it to go on.
    pub fn start(name: &str, command: &mut Command, folder: &Path) -> Self {
        let (stdout, stderr) = (folder.join(format!("{name}.out")), folder.join(format!("{name}.err")));
        let file = |path: &Path| File::create(path).expect("a test's folder is writable");
        let child = command
            .stdin(Stdio::null())
            .stdout(file(&stdout))
            .stderr(file(&stderr))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start ({command:?}): {error}"));
        Self { name: name.to_owned(), child, stdout, stderr }
    }

    /// What follows `prefix` on a line of standard output, once there is one.
    pub async fn announced(&mut self, prefix: &str) -> String {
        let what = format!("{} says {prefix:?}", self.name);
        eventually(READY_WITHIN, &what, async || {
            if let Some(status) = self.ended() {
                panic!("{} ended with {status}:\n{}", self.name, self.last_lines());
            }
            let text = std::fs::read_to_string(&self.stdout).unwrap_or_default();
            // Only whole lines count.
            let lines = text.rsplit_once('\n')?.0;
            lines.lines().find_map(|line| line.strip_prefix(prefix)).map(|rest| rest.trim().to_owned())
        })
        .await
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no handler, no flush, no farewell. Returns once the process is gone.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM.
    pub fn terminate(&mut self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a child has a pid");
        kill_process(pid, Signal::TERM).expect("a child that was not waited for can be signalled");
    }

    /// Its exit status, once it has one.
    pub async fn exited(&mut self, within: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        eventually(within, &what, async || self.ended()).await
    }

    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be asked for")
    }

    /// The end of its standard error.
    pub fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(&self.stderr).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
    }

    /// Everything it has written to standard error so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill9();
        if std::thread::panicking() {
            eprintln!("--- last lines of {}:\n{}", self.name, self.last_lines());
        }
    }
}

/// A program of this workspace: where `TURNPIKE_BIN_DIR` says, else where cargo puts debug builds.
pub fn built(name: &str) -> PathBuf {
    let folder = std::env::var("TURNPIKE_BIN_DIR")
        .map_or_else(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/debug"), PathBuf::from);
    let path = folder.join(name);
    assert!(path.exists(), "{} is not built: run cargo xtask test", path.display());
    path
}
