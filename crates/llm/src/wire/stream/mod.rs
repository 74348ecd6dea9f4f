//! A streamed chat completion: the provider's chunks on their way to the client.
//!
//! Chunks are not parsed. One scan finds the few places that matter; what lies between is copied as it came.

use super::reply::{self, Enrichment};
use crate::json;
use crate::sse::{Event, SseDecoder};
use crate::usage::Usage;
use chunk::{Chunk, Head, Progress};

mod chunk;

/// Why a stream cannot go on. What came before the failing event is in `out` already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// The provider reported an error in the stream, or ended a choice with an error; `raw` is its event's data.
    #[error("the provider ended the stream with an error")]
    Provider { raw: String },
    #[error("the provider sent an event larger than 4 MiB")]
    TooLarge,
    #[error("the provider sent an event that is not JSON")]
    NotJson,
}

/// One stream. Feed it what arrives, send on what it appends, and end it with [`ChatStream::finish`] or, after an
/// error that comes too late to fail over, with [`error_event`]. After an error it must not be fed again.
#[derive(Debug)]
pub struct ChatStream {
    decoder: SseDecoder,
    /// The catalogue's id as a JSON string.
    model: Vec<u8>,
    client_wants_usage: bool,
    choices: u64,
    head: Head,
    progress: Progress,
    done: bool,
    /// `id` and `created` of the first chunk with choices, as written, for a usage chunk that we must make ourselves.
    id: Vec<u8>,
    created: Vec<u8>,
    /// The last usage, as written; empty if none came.
    usage: Vec<u8>,
    /// The provider's usage chunk, which is sent last.
    usage_chunk: Vec<u8>,
    assumed: Option<Usage>,
}

impl ChatStream {
    /// `model` is the catalogue's id, which every chunk will name.
    pub fn new(model: String, client_wants_usage: bool) -> ChatStream {
        ChatStream {
            decoder: SseDecoder::new(),
            model: json::quoted(&model),
            client_wants_usage,
            choices: 1,
            head: Head::default(),
            progress: Progress::new(),
            done: false,
            id: Vec::new(),
            created: Vec::new(),
            usage: Vec::new(),
            usage_chunk: Vec::new(),
            assumed: None,
        }
    }

    /// How many choices were asked for (`n`), and so must finish; 1 unless said.
    pub fn with_choices(mut self, choices: u64) -> ChatStream {
        self.choices = choices;
        self
    }

    /// Takes in what arrived and appends what the client is to get, which may be nothing. Held back until
    /// [`ChatStream::finish`]: the usage chunk, usage inside other chunks, and `[DONE]`. Comments are dropped.
    pub fn push(&mut self, upstream: &[u8], out: &mut Vec<u8>) -> Result<(), StreamError> {
        // The decoder is taken out so that its events can be read while the rest of `self` changes.
        let mut decoder = std::mem::take(&mut self.decoder);
        decoder.push(upstream);
        let mut result = Ok(());
        while let Some(event) = decoder.next_event() {
            result = self.read(event, out);
            if result.is_err() {
                break;
            }
        }
        if result.is_ok() && decoder.overflowed() {
            result = Err(StreamError::TooLarge);
        }
        self.decoder = decoder;
        result
    }

    /// The provider closed its side: reads a last event that lacks its blank line, which would be lost otherwise.
    /// Half an event is dropped; [`ChatStream::finished`] then tells that the stream was cut.
    pub fn end(&mut self, out: &mut Vec<u8>) -> Result<(), StreamError> {
        match self.push(b"\n\n", out) {
            Err(StreamError::NotJson) => Ok(()),
            result => result,
        }
    }

    /// Whether any content has been appended to an `out`: from then on no other candidate may answer. A role,
    /// an empty delta, usage and comments do not commit.
    pub fn committed(&self) -> bool {
        self.progress.committed
    }

    /// What the provider counted; `None` if it did not, or not yet.
    pub fn usage(&self) -> Option<Usage> {
        Usage::parse(&self.usage)
    }

    /// Shows `usage` in the usage chunk if the provider counted nothing: the estimate that is charged.
    pub fn assume_usage(&mut self, usage: Usage) {
        self.assumed = Some(usage);
    }

    /// Whether the answer is whole: `[DONE]` came, or every choice has its finish reason. A stream that ends
    /// before was cut.
    pub fn finished(&self) -> bool {
        self.done || self.progress.finished_choices() >= self.choices
    }

    /// Whether `[DONE]` came; nothing after it is read.
    pub fn done_seen(&self) -> bool {
        self.done
    }

    /// Tokens of the content appended so far, closest guess, reasoning and tool calls included.
    pub fn delivered_output_tokens(&self) -> u64 {
        self.progress.output.tokens()
    }

    /// Appends the usage chunk, if the client asked for it, and `[DONE]`. The chunk is the provider's own or made
    /// from its usage or the assumed one, and carries cost, latency and routing.
    pub fn finish(&mut self, enrichment: &Enrichment<'_>, out: &mut Vec<u8>) {
        if self.client_wants_usage {
            let chunk = match self.usage_chunk.is_empty() {
                true => self.made_usage_chunk(),
                false => std::mem::take(&mut self.usage_chunk),
            };
            let usage = self.shown_usage();
            out.extend_from_slice(b"data: ");
            let start = out.len();
            reply::append_rewritten(&chunk, enrichment, Some(&usage), out)
                .expect("a held chunk was scanned as an object, and a made one is one");
            one_line(&mut out[start..]);
            out.extend_from_slice(b"\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn read(&mut self, event: Event<'_>, out: &mut Vec<u8>) -> Result<(), StreamError> {
        if self.done || event.data.is_empty() {
            return Ok(());
        }
        if event.data == b"[DONE]" {
            self.done = true;
            return Ok(());
        }
        let provider = || StreamError::Provider { raw: String::from_utf8_lossy(event.data).into_owned() };
        if event.event == b"error" {
            return Err(provider());
        }
        // What is counted in a chunk that turns out to be an error was not delivered.
        let before = self.progress.clone();
        let chunk = match chunk::scan(event.data, &mut self.head, &mut self.progress) {
            Ok(chunk) if !chunk.failed => chunk,
            Ok(_) => {
                self.progress = before;
                return Err(provider());
            }
            Err(_) => {
                self.progress = before;
                return Err(StreamError::NotJson);
            }
        };
        self.relay(event.data, &chunk, out);
        Ok(())
    }

    fn relay(&mut self, data: &[u8], chunk: &Chunk, out: &mut Vec<u8>) {
        if self.id.is_empty() && chunk.has_choices {
            self.id.extend_from_slice(chunk.id.clone().map(|id| &data[id]).unwrap_or_default());
            self.created.extend_from_slice(chunk.created.clone().map(|at| &data[at]).unwrap_or_default());
        }
        let usage = chunk.usage.as_ref().map(|usage| (usage, &data[usage.value.clone()]));
        let mut cut = 0..0;
        if let Some((place, usage)) = usage {
            let counted = usage != b"null";
            if counted {
                self.usage.clear();
                self.usage.extend_from_slice(usage);
                if !chunk.has_choices {
                    self.usage_chunk.clear();
                    self.usage_chunk.extend_from_slice(data);
                    return;
                }
            }
            if counted || !self.client_wants_usage {
                cut = place.with_comma.clone();
            }
        }
        out.reserve(data.len() + self.model.len() + 8);
        out.extend_from_slice(b"data: ");
        let start = out.len();
        let model = chunk.model.clone().unwrap_or(cut.end..cut.end);
        let named: &[u8] = if chunk.model.is_some() { &self.model } else { b"" };
        let (first, second) =
            if model.start < cut.start { ((model, named), (cut, &b""[..])) } else { ((cut, &b""[..]), (model, named)) };
        out.extend_from_slice(&data[..first.0.start]);
        out.extend_from_slice(first.1);
        out.extend_from_slice(&data[first.0.end..second.0.start]);
        out.extend_from_slice(second.1);
        out.extend_from_slice(&data[second.0.end..]);
        one_line(&mut out[start..]);
        out.extend_from_slice(b"\n\n");
    }

    fn made_usage_chunk(&self) -> Vec<u8> {
        let id = if self.id.is_empty() { &b"\"\""[..] } else { &self.id };
        let created = if self.created.is_empty() { &b"0"[..] } else { &self.created };
        [
            br#"{"id":"#,
            id,
            br#","object":"chat.completion.chunk","created":"#,
            created,
            br#","model":"","choices":[],"usage":null}"#,
        ]
        .concat()
    }

    fn shown_usage(&self) -> Vec<u8> {
        match self.assumed.filter(|_| self.usage().is_none()) {
            None if self.usage.is_empty() => b"null".to_vec(),
            None => self.usage.clone(),
            Some(assumed) => format!(
                r#"{{"prompt_tokens":{},"completion_tokens":{},"total_tokens":{}}}"#,
                assumed.prompt_tokens,
                assumed.completion_tokens,
                assumed.prompt_tokens + assumed.completion_tokens
            )
            .into_bytes(),
        }
    }
}

/// An event of several data lines holds line feeds between its JSON tokens; on one line they are spaces.
fn one_line(data: &mut [u8]) {
    while let Some(at) = memchr::memchr2(b'\n', b'\r', data) {
        data[at] = b' ';
    }
}

/// The last event of a stream that broke after content was sent: it is never followed by `[DONE]`.
pub fn error_event(message: &str, type_: &str, code: Option<&str>) -> Vec<u8> {
    let error = super::error::ApiError {
        message: message.to_owned(),
        type_: type_.to_owned(),
        param: None,
        code: code.map(str::to_owned),
    };
    [b"data: ", &error.to_body()[..], b"\n\n"].concat()
}
