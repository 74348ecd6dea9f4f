//! A server as a child process: its log, its readiness, its end.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use crate::servers::leftovers;
use crate::signals;

const POLL: Duration = Duration::from_millis(25);
/// Lines of a dead server's log that are shown.
const TAIL: usize = 20;

/// Started in a process group of its own, so that Ctrl-C reaches xtask alone and the order of stopping is ours.
/// Dropping it stops it.
pub(crate) struct Server {
    name: String,
    child: Child,
    log: PathBuf,
    how_to_stop: Stop,
}

/// The signal a server ends well on, and how long it may take before it is killed.
#[derive(Clone, Copy)]
pub(crate) struct Stop {
    pub(crate) signal: Signal,
    pub(crate) grace: Duration,
}

impl Stop {
    pub(crate) const TERM: Self = Self { signal: Signal::TERM, grace: Duration::from_secs(10) };
}

impl Server {
    /// Starts `command` with both outputs in `<logs>/<name>.log`; the log before it is kept as `<name>.log.old`.
    pub(crate) fn start(name: &str, command: &mut Command, logs: &Path, how_to_stop: Stop) -> Result<Self> {
        std::fs::create_dir_all(logs).with_context(|| format!("create {}", logs.display()))?;
        let log = logs.join(format!("{name}.log"));
        let _ = std::fs::rename(&log, log.with_extension("log.old")); // there is none the first time
        let output = File::create(&log).with_context(|| format!("create {}", log.display()))?;
        let errors = output.try_clone().with_context(|| format!("share {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name}: {}", command.get_program().display()))?;
        leftovers::remember(logs, name, child.id());
        Ok(Self { name: name.to_owned(), child, log, how_to_stop })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ready` says so. The server's death, a stop request and the deadline are errors; the first and the last
    /// show the end of its log.
    pub(crate) fn wait_until(&mut self, deadline: Duration, mut ready: impl FnMut() -> bool) -> Result<()> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                bail!("{}", self.obituary(status));
            }
            if ready() {
                return Ok(());
            }
            if signals::stop_requested() {
                bail!("stopped while waiting for {}", self.name);
            }
            if started.elapsed() > deadline {
                bail!("{} was not ready within {deadline:?}{}", self.name, self.last_lines());
            }
            std::thread::sleep(POLL);
        }
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.child.try_wait().with_context(|| format!("look after {}", self.name))
    }

    pub(crate) fn obituary(&self, status: ExitStatus) -> String {
        format!("{} ended by itself ({status}){}", self.name, self.last_lines())
    }

    fn last_lines(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        let shown: String = tail.iter().map(|line| format!("\n  | {line}")).collect();
        format!("; the last lines of {}:{shown}", self.log.display())
    }

    /// Asks it to end, waits, and kills it when its grace is over. Harmless when it has ended.
    pub(crate) fn stop(&mut self) {
        let pid = Pid::from_child(&self.child);
        let asked = Instant::now();
        let mut killed = false;
        if let Ok(None) = self.child.try_wait() {
            let _ = kill_process(pid, self.how_to_stop.signal); // it may end in this very moment
        }
        while let Ok(None) = self.child.try_wait() {
            if asked.elapsed() > self.how_to_stop.grace && !killed {
                eprintln!("{} did not end within {:?}: killed", self.name, self.how_to_stop.grace);
                let _ = self.child.kill();
                killed = true;
            }
            std::thread::sleep(POLL);
        }
        if let Some(logs) = self.log.parent() {
            leftovers::forget(logs, &self.name);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Servers in the order they were started; they are stopped in reverse, also when this is dropped in the middle of an error.
#[derive(Default)]
pub(crate) struct Servers(Vec<Server>);

impl Servers {
    pub(crate) fn push(&mut self, server: Server) {
        self.0.push(server);
    }

    /// The obituary of one that has ended by itself.
    pub(crate) fn first_dead(&mut self) -> Result<Option<String>> {
        for server in &mut self.0 {
            if let Some(status) = server.ended()? {
                return Ok(Some(server.obituary(status)));
            }
        }
        Ok(None)
    }

    pub(crate) fn stop(&mut self) {
        while let Some(mut server) = self.0.pop() {
            server.stop();
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(name: &str, script: &str, grace_ms: u64) -> Server {
        let logs = std::env::temp_dir().join(format!("turnpike-process-{}", std::process::id()));
        let stop = Stop { signal: Signal::TERM, grace: Duration::from_millis(grace_ms) };
        Server::start(name, Command::new("sh").args(["-c", script]), &logs, stop).unwrap()
    }

    #[test]
    fn a_server_that_dies_before_it_is_ready_shows_its_last_words() {
        let mut server = start("dies", "echo no such file; exit 7", 1000);
        let error = server.wait_until(Duration::from_secs(5), || false).unwrap_err().to_string();
        assert!(error.contains("dies ended by itself") && error.contains("| no such file"), "{error}");
    }

    #[test]
    fn a_server_that_ignores_the_signal_is_killed_after_its_grace() {
        let mut server = start("deaf", "trap '' TERM; while :; do sleep 0.05; done", 200);
        std::thread::sleep(Duration::from_millis(100)); // the trap must be set
        let before = Instant::now();
        server.stop();
        assert!(before.elapsed() >= Duration::from_millis(200));
        assert!(server.ended().unwrap().is_some());
    }

    #[test]
    fn servers_stop_in_reverse_order() {
        let journal = std::env::temp_dir().join(format!("turnpike-order-{}", std::process::id()));
        let script = |name: &str| {
            format!("trap 'echo {name} >> {}; exit 0' TERM; while :; do sleep 0.02; done", journal.display())
        };
        let mut servers = Servers::default();
        servers.push(start("first", &script("first"), 5000));
        servers.push(start("second", &script("second"), 5000));
        std::thread::sleep(Duration::from_millis(150)); // the traps must be set
        drop(servers);
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), "second\nfirst\n");
        std::fs::remove_file(&journal).unwrap();
    }
}
