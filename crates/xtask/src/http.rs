//! One HTTP/1.1 request to a server on this machine: enough to ask for readiness and to make the demo account.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Longer than argon2id on a slow machine, short enough that a hung server is noticed.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case, in the order they came; `set-cookie` may repeat.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_str(&self.body).context("read the reply as JSON")
    }

    /// Cookies set by this reply, as `name=value` without their attributes.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .filter_map(|(_, value)| value.split(';').next())
            .collect()
    }
}

/// Sends one request on a connection of its own and reads the whole reply. `headers` come beside host, length and connection.
pub(crate) fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Reply> {
    let what = || format!("{method} http://{address}{path}");
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE).with_context(what)?;
    stream.set_read_timeout(Some(DEADLINE)).with_context(what)?;
    stream.set_write_timeout(Some(DEADLINE)).with_context(what)?;
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).with_context(what)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).with_context(what)?;
    parse(&bytes).with_context(what)
}

fn parse(bytes: &[u8]) -> Result<Reply> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").context("the reply has no end of headers")?;
    let head = std::str::from_utf8(&bytes[..end]).context("the reply's headers are not text")?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let status = status.parse().with_context(|| format!("`{status}` is not a status"))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let rest = &bytes[end + 4..];
    let body = if chunked { join_chunks(rest)? } else { rest.to_vec() };
    let body = String::from_utf8(body).context("the reply's body is not text")?;
    Ok(Reply { status, headers, body })
}

fn join_chunks(mut rest: &[u8]) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").context("a chunk has no length")?;
        let length = std::str::from_utf8(&rest[..end])?.split(';').next().unwrap_or_default();
        let length = usize::from_str_radix(length.trim(), 16).context("a chunk's length is no number")?;
        if length == 0 {
            return Ok(body);
        }
        let Some(chunk) = rest.get(end + 2..end + 2 + length) else {
            bail!("the reply was cut inside a chunk");
        };
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + length..).context("the reply was cut after a chunk")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_gives_its_status_cookies_and_body() {
        let reply =
            parse(b"HTTP/1.1 201 Created\r\nSet-Cookie: a=1; HttpOnly\r\nset-cookie: b=2\r\n\r\n{\"x\":1}").unwrap();
        assert_eq!(reply.status, 201);
        assert_eq!(reply.cookies(), ["a=1", "b=2"]);
        assert_eq!(reply.json().unwrap()["x"], 1);
    }

    #[test]
    fn chunks_are_joined_and_a_cut_reply_is_an_error() {
        let whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(whole).unwrap().body, "abcde");
        assert!(parse(&whole[..whole.len() - 10]).is_err());
    }
}
