//! Starts the binary with an exchange, and speaks to it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocket};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::simulator::{PATIENCE, Reply, Simulator, open};

pub(crate) struct Exchange {
    /// Ends the process when dropped.
    simulator: Simulator,
    pub(crate) address: String,
}

impl Exchange {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let simulator = Simulator::start_with(&[&["--exchange-listen", "127.0.0.1:0"], arguments].concat());
        let address = simulator.exchange.clone().unwrap();
        Self { simulator, address }
    }

    /// Ends the process with SIGTERM and says whether it went well.
    pub(crate) fn terminate(self) -> bool {
        self.simulator.terminate()
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> Reply {
        Reply::read(open(&self.address, method, path, &[], body.to_string().as_bytes()))
    }

    pub(crate) fn reply(&self, path: &str) -> Reply {
        self.send("GET", path, &Value::Null)
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.reply(path);
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    pub(crate) fn stats(&self) -> Value {
        self.get("/sim/binance/stats")
    }

    pub(crate) fn plant(&self, symbol: &str, fault: &str) {
        let order = json!({ "symbol": symbol, "fault": fault, "times": 1 });
        assert_eq!(self.send("POST", "/sim/binance/faults", &order).status, 204);
    }

    pub(crate) fn open(&self, path: &str) -> Client {
        self.try_open(path).unwrap()
    }

    /// The error is the status of a refused handshake.
    pub(crate) fn try_open(&self, path: &str) -> Result<Client, u16> {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        match tungstenite::client(format!("ws://{}{path}", self.address), stream) {
            Ok((socket, _)) => Ok(Client(socket)),
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response))) => {
                Err(response.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// A WebSocket client that answers pings as it reads.
pub(crate) struct Client(pub(crate) WebSocket<TcpStream>);

/// How a connection ended.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// Without a close frame.
    Cut,
    Closed(u16, String),
}

impl Client {
    /// The next text, or how the connection ended.
    pub(crate) fn read(&mut self) -> Result<String, End> {
        let deadline = Instant::now() + PATIENCE;
        // Pings alone are no answer.
        while Instant::now() < deadline {
            match self.0.read() {
                Ok(Message::Text(text)) => return Ok(text.to_string()),
                Ok(Message::Close(Some(CloseFrame { code, reason }))) => {
                    // Reading on sends the answer to it.
                    while self.0.read().is_ok() {}
                    return Err(End::Closed(code.into(), reason.to_string()));
                }
                Ok(_) => {}
                Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    panic!("nothing came");
                }
                Err(_) => return Err(End::Cut),
            }
        }
        panic!("nothing but pings came")
    }

    pub(crate) fn next(&mut self) -> Value {
        serde_json::from_str(&self.read().unwrap()).unwrap()
    }

    /// Reads over whatever else comes.
    pub(crate) fn end(&mut self) -> End {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Err(end) = self.read() {
                return end;
            }
        }
        panic!("the connection goes on")
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// The answer to a request, reading over what streams bring.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.say(&json!({ "method": method, "params": params, "id": 7 }).to_string());
        let answer = std::iter::repeat_with(|| self.next()).find(|message| message.get("id").is_some()).unwrap();
        assert_eq!(answer["id"], 7, "{answer}");
        answer
    }

    /// What comes within a time, which has to be longer than the pauses between messages.
    pub(crate) fn collect(&mut self, duration: Duration) -> Vec<Value> {
        let until = Instant::now() + duration;
        let mut messages = Vec::new();
        while Instant::now() < until {
            messages.push(self.next());
        }
        messages
    }

    /// Whether nothing at all comes within a time.
    pub(crate) fn is_silent(&mut self, duration: Duration) -> bool {
        self.0.get_ref().set_read_timeout(Some(duration)).unwrap();
        let silent = matches!(self.0.read(), Err(tungstenite::Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock);
        self.0.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        silent
    }
}
