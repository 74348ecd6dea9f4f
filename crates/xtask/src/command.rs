//! Commands that run to their end: with their output shown, or read. A stop request ends them.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::signals;

const POLL: Duration = Duration::from_millis(20);
/// How long a command may take to end after it was asked to; cargo and npm need a moment for their own children.
const GRACE: Duration = Duration::from_secs(5);

/// Runs `command` with its output shown; anything but success is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("{} ended with {status}", describe(command));
    }
    Ok(())
}

/// The same, leaving the judgement of its exit status to the caller.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let mut child = spawn_group(command)?;
    wait(&mut child, &describe(command))
}

/// Standard output of a command that must succeed. Its standard error is shown only when it fails.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("start {}", describe(command)))?;
    if !output.status.success() {
        bail!(
            "{} ended with {}\n{}{}",
            describe(command),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).with_context(|| format!("read what {} printed", describe(command)))
}

/// True when the command can be started and succeeds; nothing of it is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command and hands each line of its standard output to `on_line` as it comes.
pub(crate) fn stream(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = spawn_group(command.stdout(Stdio::piped()))?;
    let pipe = child.stdout.take().expect("standard output was asked for as a pipe");
    let (sender, lines) = std::sync::mpsc::sync_channel(1024); // full: the command waits, as on any pipe
    std::thread::spawn(move || forward_lines(pipe, &sender));
    loop {
        match lines.recv_timeout(POLL) {
            Ok(line) => on_line(&line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) if signals::stop_requested() => break,
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
    wait(&mut child, &describe(command))
}

/// Lines may hold any bytes: tests print what they like.
fn forward_lines(pipe: impl Read, sender: &std::sync::mpsc::SyncSender<String>) {
    let mut reader = std::io::BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(length) = std::io::BufRead::read_until(&mut reader, b'\n', &mut line) {
        let text = String::from_utf8_lossy(&line);
        if length == 0 || sender.send(text.trim_end_matches('\n').to_owned()).is_err() {
            return;
        }
        line.clear();
    }
}

/// A command in a process group of its own: cargo's and npm's children end with it when it is stopped, and Ctrl-C reaches
/// only xtask. Commands that may ask for a password must stay in the terminal's group: see `tools::apt`.
fn spawn_group(command: &mut Command) -> Result<Child> {
    command.stdin(Stdio::null()).process_group(0).spawn().with_context(|| format!("start {}", describe(command)))
}

fn wait(child: &mut Child, name: &str) -> Result<ExitStatus> {
    let mut stopping_since: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("wait for {name}"))? {
            if stopping_since.is_some() {
                bail!("{name} was stopped");
            }
            return Ok(status);
        }
        if signals::stop_requested() {
            let group = Pid::from_child(child);
            match stopping_since {
                None => {
                    stopping_since = Some(Instant::now());
                    let _ = kill_process_group(group, Signal::TERM);
                }
                Some(since) if since.elapsed() > GRACE => {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                Some(_) => {}
            }
        }
        std::thread::sleep(POLL);
    }
}

/// The program and its arguments as one would type them, without the environment (it holds secrets).
pub(crate) fn describe(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or_default().to_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    let words: Vec<String> = std::iter::once(program).chain(arguments).collect();
    let text = words.join(" ");
    match text.char_indices().nth(120) {
        Some((cut, _)) => format!("`{}…`", &text[..cut]),
        None => format!("`{text}`"),
    }
}

/// The first program of that name on PATH, or in the folders that Debian keeps for administrators (missing from a user's PATH).
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|candidate| is_executable(candidate))
}

pub(crate) fn is_executable(path: &std::path::Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streamed_command_gives_every_line_and_its_status() {
        let mut lines = Vec::new();
        let status = stream(Command::new("sh").args(["-c", "echo one; printf 'two\\377'; exit 3"]), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(lines, ["one", "two\u{fffd}"]);
        assert_eq!(status.code(), Some(3));
    }

    #[test]
    fn a_failed_command_is_named_with_what_it_said() {
        let error = output(Command::new("sh").args(["-c", "echo told >&2; exit 4"])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("`sh -c") && text.contains("told") && text.contains('4'), "{text}");
    }

    #[test]
    fn a_description_never_shows_the_environment() {
        let mut command = Command::new("/usr/bin/env");
        command.env("TURNPIKE_SECRET_KEYS", "feedbeef").arg("serve");
        assert_eq!(describe(&command), "`env serve`");
    }
}
