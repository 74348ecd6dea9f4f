//! Kind `openai`: OpenAI itself.

use super::{RetryHints, UpstreamError, refusal};
use crate::wire::chat::LimitName;

/// `max_tokens` is refused by OpenAI's reasoning models.
pub(super) const LIMIT_NAME: LimitName = LimitName::MaxCompletionTokens;

pub(super) fn chat_url(base_url: &str) -> String {
    format!("{}/chat/completions", base_url.trim_end_matches('/'))
}

pub(super) fn embeddings_url(base_url: &str) -> String {
    format!("{}/embeddings", base_url.trim_end_matches('/'))
}

pub(super) fn headers(api_key: &str) -> Vec<(&'static str, String)> {
    let mut headers = vec![("content-type", "application/json".to_owned())];
    if !api_key.is_empty() {
        headers.push(("authorization", format!("Bearer {api_key}")));
    }
    headers
}

pub(super) fn classify(status: u16, hints: RetryHints<'_>, body: &[u8]) -> UpstreamError {
    refusal::classify(status, hints, body)
}
