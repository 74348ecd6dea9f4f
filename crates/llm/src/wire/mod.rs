//! The shapes spoken with clients and OpenAI-like providers.

pub mod chat;
mod delivered;
pub mod doc;
pub mod embeddings;
pub mod error;
mod members;
mod metadata;
pub mod models;
pub mod reply;
pub mod stream;

/// A request that cannot be served as it stands; becomes a 400 in OpenAI's envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RequestError {
    /// The member at fault, as a path such as `routing.quality_min` or `messages[2].role`.
    pub param: Option<String>,
    /// Names the member and the remedy; fit to be shown to the caller.
    pub message: String,
}

impl RequestError {
    pub(crate) fn at(param: impl Into<String>, message: impl Into<String>) -> RequestError {
        RequestError { param: Some(param.into()), message: message.into() }
    }

    pub(crate) fn body(message: impl Into<String>) -> RequestError {
        RequestError { param: None, message: message.into() }
    }
}
