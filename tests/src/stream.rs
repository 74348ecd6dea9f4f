//! A stream of server-sent events, read as slowly as a test likes.

use crate::answer::Answer;
use serde_json::Value;

/// Dropped, the connection is closed.
#[derive(Debug)]
pub struct Stream {
    /// Head of the answer; its body is what was read so far.
    pub head: Answer,
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl Stream {
    /// Of a response whose status is 200.
    pub async fn of(response: reqwest::Response) -> Self {
        let head = Answer {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: bytes::Bytes::new(),
        };
        if head.status == 200 {
            return Self { head, response, unread: Vec::new() };
        }
        panic!("a stream was expected, not {}: {}", head.status, response.text().await.unwrap_or_default());
    }

    /// The data of the next event; none at the end, or where the connection broke.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = self.unread.drain(..end + 2).collect();
                let event = String::from_utf8(event).expect("events are text");
                match event.trim_end().strip_prefix("data: ") {
                    Some(data) => return Some(data.to_owned()),
                    None => continue, // a comment
                }
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.unread.extend_from_slice(&bytes),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    /// Reads on until some content has come.
    pub async fn until_content(&mut self) -> String {
        loop {
            let event = self.next().await.expect("content comes before the end");
            if let Some(text) = content(&event) {
                return text;
            }
        }
    }

    /// All events that are still to come.
    pub async fn rest(mut self) -> Vec<String> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

/// The text in an event, if there is any.
pub fn content(event: &str) -> Option<String> {
    let chunk: Value = serde_json::from_str(event).ok()?;
    let text = chunk["choices"][0]["delta"]["content"].as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text of all events together.
pub fn text(events: &[String]) -> String {
    events.iter().filter_map(|event| content(event)).collect()
}

/// The chunk that carries the usage, if one came.
pub fn usage_chunk(events: &[String]) -> Option<Value> {
    let chunks = events.iter().filter_map(|event| serde_json::from_str::<Value>(event).ok());
    chunks.into_iter().find(|chunk| chunk["usage"].is_object())
}
