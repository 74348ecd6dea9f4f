//! A Redis (or Valkey) of our own.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::{find_on_path, output};
use crate::servers::process::{Server, Stop};

pub(crate) const OLDEST: u32 = 7;
const READY_WITHIN: Duration = Duration::from_secs(10);

/// The first usable server program. Valkey forked from Redis 7.2, so each of its versions is new enough.
pub(crate) fn find() -> Option<PathBuf> {
    ["redis-server", "valkey-server"].iter().filter_map(|name| find_on_path(name)).find(|program| {
        let version = output(Command::new(program).arg("--version")).unwrap_or_default();
        major_version(&version).is_some_and(|major| major >= OLDEST)
    })
}

/// `Redis server v=7.0.15 sha=…` is 7.
fn major_version(text: &str) -> Option<u32> {
    text.split("v=").nth(1)?.split('.').next()?.parse().ok()
}

/// Starts one that keeps nothing on disk: whatever Turnpike has in Redis is rebuilt from Postgres and the journals, and a start
/// that always does so shows that it can.
pub(crate) fn start(program: &Path, port: u16, logs: &Path) -> Result<Server> {
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no"]);
    command.args(["--maxmemory-policy", "noeviction"]); // Turnpike refuses any other: an evicted hold would be money
    command.current_dir("/");
    let mut server = Server::start("redis", &mut command, logs, Stop::TERM)?;
    server.wait_until(READY_WITHIN, || answers(port).is_ok())?;
    Ok(server)
}

fn answers(port: u16) -> Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    stream.write_all(b"PING\r\n")?;
    let mut reply = [0; 7];
    stream.read_exact(&mut reply)?;
    (&reply == b"+PONG\r\n").then_some(()).context("redis does not answer a ping")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_both_kinds_are_read() {
        assert_eq!(major_version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"), Some(7));
        assert_eq!(major_version("Valkey server v=8.1.1 sha=00000000:0"), Some(8));
        assert_eq!(major_version("something else"), None);
    }
}
