//! A Redis of a test's own, which may be killed and restarted.

use crate::eventually;
use crate::folder::Folder;
use crate::program::{Program, READY_WITHIN};
use std::process::Command;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Keeps nothing on disk: a restart forgets everything.
#[derive(Debug)]
pub struct RedisServer {
    port: u16,
    // Dropped before the folder that it writes to.
    program: Program,
    folder: Folder,
}

impl RedisServer {
    /// The program that `TURNPIKE_TEST_REDIS_SERVER` names, else `redis-server`, on a free port.
    pub async fn start() -> Self {
        let folder = Folder::create();
        // Between finding a port free and taking it another process may be quicker: then this Redis ends, and the next port is tried.
        for _ in 0..10 {
            let port = free_port();
            let mut program = spawn(port, &folder);
            if answers(&mut program, port).await {
                return Self { port, program, folder };
            }
        }
        panic!("redis-server finds no free port");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// SIGKILL. [`RedisServer::restart`] brings an empty one back at the same place.
    pub fn kill(&mut self) {
        self.program.kill9();
    }

    pub async fn restart(&mut self) {
        self.kill();
        self.program = spawn(self.port, &self.folder);
        assert!(
            answers(&mut self.program, self.port).await,
            "redis-server starts again:\n{}",
            self.program.last_lines()
        );
    }

    /// One command in, its raw reply out.
    pub async fn command(&self, words: &[&str]) -> String {
        command(self.port, words).await.expect("the Redis of this test answers")
    }
}

fn spawn(port: u16, folder: &Folder) -> Program {
    let program = std::env::var("TURNPIKE_TEST_REDIS_SERVER").unwrap_or_else(|_| "redis-server".into());
    let mut command = Command::new(program);
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"]);
    command.args(["--maxmemory-policy", "noeviction"]).current_dir(folder.path());
    Program::start("redis", &mut command, folder.path())
}

/// Whether it is this process that answers at the port. False when it has ended.
async fn answers(program: &mut Program, port: u16) -> bool {
    let ours = format!("process_id:{}\r\n", program.pid());
    eventually(READY_WITHIN, "redis-server answers", async || {
        if program.ended().is_some() {
            return Some(false);
        }
        let server = command(port, &["INFO", "server"]).await.ok()?;
        server.contains(&ours).then_some(true)
    })
    .await
}

async fn command(port: u16, words: &[&str]) -> std::io::Result<String> {
    let exchange = async {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
        let mut request = format!("*{}\r\n", words.len());
        for word in words {
            request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        request.push_str("*1\r\n$4\r\nQUIT\r\n"); // so that the end of the reply is the end of the connection
        socket.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        socket.read_to_string(&mut reply).await?;
        Ok(reply)
    };
    tokio::time::timeout(Duration::from_secs(5), exchange).await.unwrap_or(Err(std::io::ErrorKind::TimedOut.into()))
}

/// One that nobody has at this moment.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}
