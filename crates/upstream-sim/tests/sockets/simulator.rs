//! Starts the binary on a free port and speaks to it in plain HTTP/1.1, so that every byte and every close is seen.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Long enough for a busy machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Simulator {
    child: Child,
    address: String,
    /// Where the exchange listens, when it was asked for.
    pub(crate) exchange: Option<String>,
}

impl Simulator {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_upstream-sim"))
            .args(["--listen", "127.0.0.1:0", "--workers", "2"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = |start: &str| lines.next().unwrap().unwrap().strip_prefix(start).unwrap().to_owned();
        let provider = address("upstream-sim listening on http://");
        let with_exchange = arguments.contains(&"--exchange-listen");
        let exchange = with_exchange.then(|| address("upstream-sim exchange listening on http://"));
        Self { child, address: provider, exchange }
    }

    /// Sends a request and leaves the reply to the caller.
    pub(crate) fn open(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
        open(&self.address, method, path, headers, body)
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        Reply::read(self.open(method, path, headers, body))
    }

    pub(crate) fn chat(&self, body: &Value) -> Reply {
        self.send("POST", CHAT, &[KEY], body.to_string().as_bytes())
    }

    pub(crate) fn open_chat(&self, body: &Value) -> TcpStream {
        self.open("POST", CHAT, &[KEY], body.to_string().as_bytes())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        self.send("GET", path, &[], b"").json()
    }

    /// The records, once no request is in flight.
    pub(crate) fn served(&self) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        while self.get("/sim/stats")["in_flight"] != 0 {
            assert!(Instant::now() < deadline, "requests stay in flight");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.get("/sim/served")["served"].as_array().unwrap().clone()
    }

    /// Ends the simulator with SIGTERM and says whether it went well.
    pub(crate) fn terminate(mut self) -> bool {
        Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request to any of the simulator's listeners.
pub(crate) fn open(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len()));
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    stream
}

pub(crate) const CHAT: &str = "/v1/chat/completions";
pub(crate) const KEY: (&str, &str) = ("authorization", "Bearer sk-test");

/// A chat request with one user message, and whatever else the test is about.
pub(crate) fn request(message: &str, more: Value) -> Value {
    let mut body = json!({ "model": "gpt-4.1", "messages": [{ "role": "user", "content": message }] });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

pub(crate) struct Reply {
    /// 0 when the connection closed before a status.
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// Whether the body ended as its framing says, rather than with the connection.
    pub(crate) whole: bool,
}

impl Reply {
    /// Reads until the connection ends.
    pub(crate) fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        // A connection that is reset instead of closed ends here too.
        let _ = stream.read_to_end(&mut bytes);
        Self::parse(&bytes)
    }

    fn parse(bytes: &[u8]) -> Self {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            assert!(bytes.is_empty(), "half a head");
            return Self { status: 0, head: String::new(), body: Vec::new(), whole: false };
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let rest = &bytes[end + 4..];
        let (body, whole) = if head.contains("transfer-encoding: chunked") {
            unchunk(rest)
        } else {
            let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            (rest.to_vec(), rest.len() == length.map_or(0, |length| length.parse().unwrap()))
        };
        Self { status, head, body, whole }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(start.as_str()))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The data of every event, `[DONE]` included.
    pub(crate) fn events(&self) -> Vec<String> {
        let text = self.text();
        assert!(text.is_empty() || text.ends_with("\n\n"), "half an event: {text:?}");
        text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap().to_owned()).collect()
    }

    pub(crate) fn chunks(&self) -> Vec<Value> {
        let events = self.events();
        events.iter().filter(|event| *event != "[DONE]").map(|event| serde_json::from_str(event).unwrap()).collect()
    }

    /// Content deltas that hold text.
    pub(crate) fn contents(&self) -> Vec<String> {
        let contents = |chunk: &Value| chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned);
        self.chunks().iter().filter_map(contents).filter(|content| !content.is_empty()).collect()
    }
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else {
            break;
        };
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    (body, false)
}
