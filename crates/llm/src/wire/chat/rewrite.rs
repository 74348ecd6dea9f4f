//! What the provider is sent.

use super::{ChatRequest, LimitName};
use crate::json::{self, Edit};

/// Room for what is added: the model's name, `stream_options`, an output limit, braces of a system message.
const ADDED_BYTES: usize = 256;

const INCLUDE_USAGE: &[u8] = br#"{"include_usage":true}"#;

impl ChatRequest {
    /// The body for the provider: order and bytes of all members are kept, except that
    /// - `model` is the offer's name for the model;
    /// - a stream is asked for its usage, whatever the client wants, because it is billed by it;
    /// - `add_limit` bounds the output of a client that gave no bound itself;
    /// - our own members (`routing`, `models`, `complexity`) leave, `metadata` too unless `store` is true;
    /// - `system` becomes the first message.
    pub fn upstream_body(&self, upstream_model: &str, add_limit: Option<(LimitName, u64)>) -> Vec<u8> {
        let body = &self.body[..];
        let model = json::quoted(upstream_model);
        let stream_options = self.stream_options();
        let system = self.system_message();
        let messages = self.member("messages").map(after_bracket).unwrap_or_default();
        let appended = self.appended(add_limit);
        let mut out = Vec::with_capacity(body.len() + upstream_model.len() + ADDED_BYTES);
        json::rewrite(body, &self.members, &appended, &mut out, |name| match name {
            b"model" => Edit::Value([&model, b"", b""]),
            b"messages" if !system.is_empty() => Edit::Value([b"[", &system, messages]),
            b"stream_options" if self.streaming => Edit::Value([&stream_options, b"", b""]),
            b"routing" | b"models" | b"system" | b"complexity" => Edit::Drop,
            b"metadata" if !self.store => Edit::Drop,
            // A limit of null is no limit, and would stand beside ours under the same name.
            name if add_limit.is_some_and(|(limit, _)| limit.as_str().as_bytes() == name) => Edit::Drop,
            _ => Edit::Keep,
        });
        out
    }

    /// `stream_options` with the usage asked for; its other members are kept.
    fn stream_options(&self) -> Vec<u8> {
        let Some(given) = self.member("stream_options").filter(|value| *value != b"null") else {
            return INCLUDE_USAGE.to_vec();
        };
        let found: Vec<_> = json::members(given).filter_map(Result::ok).collect();
        let mut out = Vec::with_capacity(given.len() + INCLUDE_USAGE.len());
        json::rewrite(given, &found, br#""include_usage":true"#, &mut out, |name| match name {
            b"include_usage" => Edit::Drop,
            _ => Edit::Keep,
        });
        out
    }

    /// The `system` member as a message, with the comma that parts it from the next; empty without one.
    fn system_message(&self) -> Vec<u8> {
        match self.member("system").filter(|value| *value != b"null") {
            Some(text) => [br#"{"role":"system","content":"#, text, b"},"].concat(),
            None => Vec::new(),
        }
    }

    fn appended(&self, add_limit: Option<(LimitName, u64)>) -> Vec<u8> {
        let mut members = Vec::new();
        if self.streaming && self.member("stream_options").is_none() {
            members.extend_from_slice(br#""stream_options":"#);
            members.extend_from_slice(INCLUDE_USAGE);
        }
        if let Some((name, tokens)) = add_limit {
            let comma = if members.is_empty() { "" } else { "," };
            members.extend_from_slice(format!(r#"{comma}"{}":{tokens}"#, name.as_str()).as_bytes());
        }
        members
    }
}

fn after_bracket(array: &[u8]) -> &[u8] {
    array.strip_prefix(b"[").unwrap_or(array)
}
