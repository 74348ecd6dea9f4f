//! Servers of a `run` that was killed outright go on without it. The next `run` ends them: by the pid that each wrote beside its
//! log, and only while that pid still is the process that was started.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The names of `run`'s servers, in the order in which they are stopped.
const NAMES: [&str; 4] = ["turnpike", "upstream-sim", "redis", "postgres"];
/// Enough for Postgres to finish a fast shutdown.
const GRACE: Duration = Duration::from_secs(10);

fn file(logs: &Path, name: &str) -> PathBuf {
    logs.join(format!("{name}.pid"))
}

/// Writes down that this process is `name`. Without /proc nothing is written: see `started_at`.
pub(crate) fn remember(logs: &Path, name: &str, pid: u32) {
    if let Some(started_at) = started_at(pid) {
        let _ = std::fs::write(file(logs, name), format!("{pid} {started_at}")); // a server is not lost for want of a note
    }
}

pub(crate) fn forget(logs: &Path, name: &str) {
    let _ = std::fs::remove_file(file(logs, name)); // there may be none
}

/// Ends what an earlier `run` left behind. The caller holds the lock, so no other `run` owns them.
pub(crate) fn stop(logs: &Path) {
    for name in NAMES {
        let note = std::fs::read_to_string(file(logs, name)).unwrap_or_default();
        if let Some((pid, started_at)) = note.split_once(' ') {
            stop_one(name, pid.parse().unwrap_or(0), started_at);
        }
        forget(logs, name);
    }
}

fn stop_one(name: &str, pid: u32, start: &str) {
    let lives = || started_at(pid).as_deref() == Some(start);
    let Some(handle) = pid.try_into().ok().and_then(Pid::from_raw).filter(|_| lives()) else {
        return;
    };
    println!("ending {name} (pid {pid}), left over from a run that was killed");
    let signal = if name == "postgres" { Signal::INT } else { Signal::TERM };
    let _ = kill_process(handle, signal); // it may end in this very moment
    let asked = Instant::now();
    while lives() && asked.elapsed() < GRACE {
        std::thread::sleep(Duration::from_millis(50));
    }
    if lives() {
        let _ = kill_process(handle, Signal::KILL);
    }
}

/// When a process started, in the kernel's ticks since boot: with its pid it names a process for good.
/// None where there is no /proc: then nothing is remembered, and Postgres itself says that its folder is in use.
fn started_at(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; field 22 is the 20th after it. A zombie (state Z) has ended.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    (fields.first() != Some(&"Z")).then(|| fields.get(19).map(|ticks| (*ticks).to_owned()))?
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_left_over_server_is_ended_and_a_pid_that_was_given_to_another_is_spared() {
        let logs = std::env::temp_dir().join(format!("turnpike-leftovers-{}", std::process::id()));
        std::fs::create_dir_all(&logs).unwrap();
        let mut left_over = Command::new("sleep").arg("60").spawn().unwrap();
        let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
        remember(&logs, "redis", left_over.id());
        std::fs::write(file(&logs, "turnpike"), format!("{} 12345", stranger.id())).unwrap();
        stop(&logs);
        assert!(!left_over.wait().unwrap().success());
        assert!(stranger.try_wait().unwrap().is_none());
        assert!(!file(&logs, "redis").exists());
        stranger.kill().unwrap();
        stranger.wait().unwrap();
        std::fs::remove_dir_all(&logs).unwrap();
    }
}
