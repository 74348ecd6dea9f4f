//! One kept connection and one request at a time on it: as little work as possible per reply, the same for every candidate.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const DEADLINE: Duration = Duration::from_secs(30);
/// Of a stream's content.
const CHUNKS: u32 = 20;

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Plain,
    Stream,
}

/// A server and the requests that it is sent.
#[derive(Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    plain: Vec<u8>,
    stream: Vec<u8>,
}

impl Target {
    pub(crate) fn new(address: SocketAddr, key: &str) -> Self {
        let request = |more: &str| {
            let body = format!(
                "{{\"model\":\"gpt-4.1\",\"messages\":[{{\"role\":\"user\",\"content\":\"tokens={CHUNKS}\"}}]{more}}}"
            );
            format!(
                "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes()
        };
        Self {
            address,
            plain: request(""),
            stream: request(",\"stream\":true,\"stream_options\":{\"include_usage\":true}"),
        }
    }

    pub(crate) fn connect(&self) -> Result<Connection<'_>> {
        let stream = TcpStream::connect_timeout(&self.address, DEADLINE)
            .with_context(|| format!("connect to {}", self.address))?;
        stream.set_nodelay(true).context("switch Nagle's algorithm off")?;
        stream.set_read_timeout(Some(DEADLINE)).context("set a read timeout")?;
        Ok(Connection { target: self, reader: BufReader::with_capacity(64 << 10, stream), line: Vec::new() })
    }
}

pub(crate) struct Connection<'a> {
    target: &'a Target,
    reader: BufReader<TcpStream>,
    line: Vec<u8>,
}

impl Connection<'_> {
    /// Sends one request and reads its reply whole. Gives the time to the end of a plain reply, or to a stream's first content.
    /// Anything but 200 is an error: a refusal is fast, and would make a candidate look good.
    pub(crate) fn ask(&mut self, kind: Kind) -> Result<Duration> {
        let request = if kind == Kind::Plain { &self.target.plain } else { &self.target.stream };
        let started = Instant::now();
        self.reader.get_mut().write_all(request).context("send a request")?;
        let body = self.head()?;
        let first = match body {
            Body::Sized(length) => {
                self.skip(length)?;
                None
            }
            Body::Chunked => self.chunks(started)?,
        };
        match kind {
            Kind::Plain => Ok(started.elapsed()),
            Kind::Stream => first.context("a stream came without content"),
        }
    }

    fn head(&mut self) -> Result<Body> {
        self.read_line()?;
        if !self.line.starts_with(b"HTTP/1.1 200") {
            let mut rest = vec![0; 2000];
            let length = self.reader.read(&mut rest).unwrap_or(0);
            let text = String::from_utf8_lossy(&rest[..length]).into_owned();
            bail!("{} answered {}{text}", self.target.address, String::from_utf8_lossy(&self.line));
        }
        let mut body = Body::Sized(0);
        loop {
            self.read_line()?;
            let line = self.line.to_ascii_lowercase();
            if line == b"\r\n" {
                return Ok(body);
            }
            if let Some(value) = line.strip_prefix(b"content-length:") {
                let text = std::str::from_utf8(value).context("read content-length")?;
                body = Body::Sized(text.trim().parse().context("read content-length")?);
            } else if line.starts_with(b"transfer-encoding: chunked") {
                body = Body::Chunked;
            }
        }
    }

    /// Reads to the last chunk; gives when the first content came.
    fn chunks(&mut self, started: Instant) -> Result<Option<Duration>> {
        let mut first = None;
        loop {
            self.read_line()?;
            let text = std::str::from_utf8(&self.line).context("read a chunk's length")?;
            let length =
                usize::from_str_radix(text.trim(), 16).with_context(|| format!("`{text}` is no chunk length"))?;
            if length == 0 {
                self.read_line()?;
                return Ok(first);
            }
            self.line.resize(length + 2, 0);
            self.reader.read_exact(&mut self.line).context("read a chunk")?;
            if first.is_none() && has_content(&self.line) {
                first = Some(started.elapsed());
            }
        }
    }

    fn skip(&mut self, length: usize) -> Result<()> {
        self.line.resize(length, 0);
        self.reader.read_exact(&mut self.line).context("read a reply")
    }

    fn read_line(&mut self) -> Result<()> {
        self.line.clear();
        let length = self.reader.read_until(b'\n', &mut self.line).context("read a line of a reply")?;
        if length == 0 {
            bail!("{} closed the connection", self.target.address);
        }
        Ok(())
    }
}

enum Body {
    Sized(usize),
    Chunked,
}

/// The first event names the role with an empty content; it is not what a reader waits for.
fn has_content(chunk: &[u8]) -> bool {
    let at = chunk.windows(11).position(|window| window == b"\"content\":\"");
    at.is_some_and(|at| chunk.get(at + 11).is_some_and(|byte| *byte != b'"') || has_content(&chunk[at + 11..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_alone_is_no_content() {
        assert!(!has_content(br#"data: {"delta":{"role":"assistant","content":""}}"#));
        assert!(has_content(br#"data: {"delta":{"content":"toll"}}"#));
        assert!(has_content(br#"{"content":""} data: {"delta":{"content":"toll"}}"#));
    }
}
