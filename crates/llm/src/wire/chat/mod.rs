//! `POST /v1/chat/completions`, the request.
//!
//! The body stays the bytes that came. Parsing reads only what routing, admission and billing need; everything
//! else reaches the provider as it was written.

use bytes::Bytes;

pub use super::RequestError;
use super::members::{Read, RequestMembers};
use super::metadata;
use crate::json::{self, Cursor, JsonError, Member};

mod rewrite;
mod routing;

pub use routing::{FALLBACK_MODELS_MAX, RoutingOptions};

/// OpenAI's bound on `n`.
pub const CHOICES_MAX: u64 = 128;

/// What a client may say about a prompt's difficulty (`complexity`).
const COMPLEXITIES: [&str; 4] = ["simple", "moderate", "complex", "creative"];

/// The two names under which a request may bound its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitName {
    MaxTokens,
    MaxCompletionTokens,
}

impl LimitName {
    pub fn as_str(self) -> &'static str {
        match self {
            LimitName::MaxTokens => "max_tokens",
            LimitName::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

/// The output bound that the client itself gave; it is never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimit {
    pub name: LimitName,
    pub tokens: u64,
}

/// A request that may be served: one JSON object with a model and messages, its other members read where they matter.
#[derive(Debug, Clone)]
pub struct ChatRequest {
    body: Bytes,
    /// Top-level members of `body`, in order, each name once and without escapes.
    members: Vec<Member>,
    /// As the client named it: an id, an alias or a policy.
    pub model: String,
    pub streaming: bool,
    /// Whether the client asked for the usage chunk (`stream_options.include_usage`).
    pub include_usage: bool,
    pub output_limit: Option<OutputLimit>,
    /// `n`: how many answers are wanted and paid for.
    pub choices: u64,
    /// `store: true`: the provider keeps the request, and takes `metadata`.
    store: bool,
    pub routing: RoutingOptions,
    /// From `models` or `routing.fallback_models`, in order.
    pub fallback_models: Vec<String>,
    pub metadata: Vec<(String, String)>,
}

impl ChatRequest {
    /// `routing_header` is the value of `x-turnpike-routing`; a `routing` member of the body replaces it.
    pub fn parse(body: Bytes, routing_header: Option<&str>) -> Result<ChatRequest, RequestError> {
        let found = RequestMembers::of(&body)?;
        let model = found.model()?;
        check_messages(found.required("messages", "give the conversation as an array of messages")?)?;
        if let Some(system) = found.get("system") {
            system.string()?;
        }
        if let Some(complexity) = found.get("complexity") {
            complexity.one_of(&COMPLEXITIES)?;
        }
        let streaming = found.get("stream").map(Read::boolean).transpose()?.unwrap_or(false);
        let routing = match (found.get("routing"), routing_header) {
            (Some(routing), _) => RoutingOptions::parse(routing)?,
            (None, Some(header)) => RoutingOptions::parse_header(header)?,
            (None, None) => RoutingOptions::default(),
        };
        Ok(ChatRequest {
            model,
            streaming,
            include_usage: include_usage(&found, streaming)?,
            output_limit: output_limit(&found)?,
            choices: found.get("n").map(|n| n.integer(1..=CHOICES_MAX)).transpose()?.unwrap_or(1),
            store: found.get("store").map(Read::boolean).transpose()?.unwrap_or(false),
            fallback_models: fallback_models(&found, &routing)?,
            metadata: found.get("metadata").map(metadata::parse).transpose()?.unwrap_or_default(),
            routing,
            members: found.into_found(),
            body,
        })
    }

    /// The body as it came.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The raw value of a top-level member.
    pub(crate) fn member(&self, name: &str) -> Option<&[u8]> {
        let member = self.members.iter().find(|member| &self.body[member.key.clone()] == name.as_bytes())?;
        Some(&self.body[member.value.clone()])
    }
}

fn check_messages(messages: Read<'_>) -> Result<(), RequestError> {
    let wrong = |message: String| RequestError::at("messages", message);
    let mut cursor = Cursor::new(messages.value);
    let mut more = cursor
        .enter_array()
        .map_err(|_| wrong("`messages` must be an array of objects with a `role` and a `content`".into()))?;
    if !more {
        return Err(wrong("`messages` is empty: give at least one message".into()));
    }
    let mut index = 0_usize;
    while more {
        let role = role_of(&mut cursor).map_err(|_| {
            RequestError::at(
                format!("messages[{index}]"),
                format!("`messages[{index}]` must be an object with a `role`"),
            )
        })?;
        let named = role.and_then(json::string).is_some_and(|role| !role.is_empty());
        if !named {
            let param = format!("messages[{index}].role");
            let message = format!("`{param}` must be a string such as `user`, `assistant`, `system` or `tool`");
            return Err(RequestError::at(param, message));
        }
        index += 1;
        more = cursor.next_element().map_err(|_| wrong("`messages` is not a well-formed array".into()))?;
    }
    Ok(())
}

/// Passes one message; the raw value of its `role`.
fn role_of<'t>(cursor: &mut Cursor<'t>) -> Result<Option<&'t [u8]>, JsonError> {
    let mut role = None;
    let mut key = cursor.enter_object()?;
    while let Some(name) = key {
        let value = cursor.skip_value()?;
        if cursor.text(name) == b"role" {
            role = Some(cursor.text(value));
        }
        key = cursor.next_key()?;
    }
    Ok(role)
}

fn include_usage(found: &RequestMembers<'_>, streaming: bool) -> Result<bool, RequestError> {
    let Some(options) = found.get("stream_options") else { return Ok(false) };
    if !streaming {
        return Err(RequestError::at(
            "stream_options",
            "`stream_options` is only allowed with `stream: true`: remove one or set the other",
        ));
    }
    let mut wanted = false;
    for option in options.members()? {
        if option.name == "stream_options.include_usage" && !option.is_null() {
            wanted = option.boolean()?;
        }
    }
    Ok(wanted)
}

fn output_limit(found: &RequestMembers<'_>) -> Result<Option<OutputLimit>, RequestError> {
    let limit = |name: LimitName| -> Result<Option<OutputLimit>, RequestError> {
        let Some(value) = found.get(name.as_str()) else { return Ok(None) };
        Ok(Some(OutputLimit { name, tokens: value.integer(1..=u64::from(u32::MAX))? }))
    };
    match (limit(LimitName::MaxCompletionTokens)?, limit(LimitName::MaxTokens)?) {
        (Some(new), Some(old)) if new.tokens != old.tokens => {
            Err(RequestError::at("max_tokens", "`max_tokens` and `max_completion_tokens` differ: give one of them"))
        }
        (new, old) => Ok(new.or(old)),
    }
}

fn fallback_models(found: &RequestMembers<'_>, routing: &RoutingOptions) -> Result<Vec<String>, RequestError> {
    let Some(models) = found.get("models") else { return Ok(routing.fallback_models.clone()) };
    let models = models.strings(FALLBACK_MODELS_MAX)?;
    if !routing.fallback_models.is_empty() && !models.is_empty() {
        return Err(RequestError::at("models", "give either `models` or `routing.fallback_models`, not both"));
    }
    Ok(if models.is_empty() { routing.fallback_models.clone() } else { models })
}
