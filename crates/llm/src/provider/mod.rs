//! How each kind of provider is addressed and how its refusals are understood.
use std::fmt;
use std::str::FromStr;

use crate::wire::chat::LimitName;

mod compatible;
mod openai;
mod refusal;

/// A provider's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    OpenAi,
    OpenAiCompatible,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown provider kind `{0}`: use openai, openai-compatible or deepseek")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Kind, UnknownKind> {
        match name {
            "openai" => Ok(Kind::OpenAi),
            // DeepSeek speaks the compatible dialect; its own usage names are read everywhere.
            "openai-compatible" | "deepseek" => Ok(Kind::OpenAiCompatible),
            other => Err(UnknownKind(other.to_owned())),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Kind::OpenAi => "openai",
            Kind::OpenAiCompatible => "openai-compatible",
        })
    }
}

/// What a refusal means for the caller, for us and for the next candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The request itself is at fault; no other candidate is asked.
    BadRequest,
    /// The operator's credential was refused.
    Auth,
    /// The provider does not know the model.
    NotFound,
    /// The operator's account with the provider is empty or capped.
    Money,
    /// The provider limits the operator's rate.
    Rate,
    /// The provider has no capacity at the moment.
    Overload,
    /// The provider failed.
    Server,
}

/// The headers of a refusal that speak about trying again, as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct RetryHints<'a> {
    pub retry_after_ms: Option<&'a str>,
    pub retry_after: Option<&'a str>,
    pub should_retry: Option<&'a str>,
}

/// A provider's refusal, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    pub class: ErrorClass,
    /// Whether the next candidate of the plan may be tried.
    pub try_next: bool,
    pub retry_after_ms: Option<u64>,
    /// Fit to be shown to the tenant: the provider's own words only where they speak of the request.
    pub message: String,
    pub param: Option<String>,
    pub code: Option<String>,
    pub status: u16,
    /// The provider's own words, for the log only: they may name the operator's account.
    pub detail: String,
}

/// Where chat completions go; `base_url` may end in a slash.
pub fn chat_url(kind: Kind, base_url: &str) -> String {
    match kind {
        Kind::OpenAi => openai::chat_url(base_url),
        Kind::OpenAiCompatible => compatible::chat_url(base_url),
    }
}

/// Where embeddings go; `base_url` may end in a slash.
pub fn embeddings_url(kind: Kind, base_url: &str) -> String {
    match kind {
        Kind::OpenAi => openai::embeddings_url(base_url),
        Kind::OpenAiCompatible => compatible::embeddings_url(base_url),
    }
}

/// The headers of every call, names in lower case. An empty `api_key` sends no credential, which local
/// servers such as Ollama expect.
pub fn headers(kind: Kind, api_key: &str) -> Vec<(&'static str, String)> {
    match kind {
        Kind::OpenAi => openai::headers(api_key),
        Kind::OpenAiCompatible => compatible::headers(api_key),
    }
}

/// The member that bounds the output for this kind.
pub fn limit_name(kind: Kind) -> LimitName {
    match kind {
        Kind::OpenAi => openai::LIMIT_NAME,
        Kind::OpenAiCompatible => compatible::LIMIT_NAME,
    }
}

/// Understands an answer whose status is not 2xx. Never fails: a body that says nothing is judged by its status.
pub fn classify(kind: Kind, status: u16, hints: RetryHints<'_>, body: &[u8]) -> UpstreamError {
    match kind {
        Kind::OpenAi => openai::classify(status, hints, body),
        Kind::OpenAiCompatible => compatible::classify(status, hints, body),
    }
}
