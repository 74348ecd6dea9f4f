//! Kind `openai-compatible`: everyone who copied OpenAI's chat endpoint (vLLM, Ollama, Groq, DeepSeek, and the
//! compatible endpoints of Anthropic and Google).

use super::{RetryHints, UpstreamError, openai};
use crate::wire::chat::LimitName;

/// The older name, which every copy knows; `max_completion_tokens` is ignored in silence by many.
pub(super) const LIMIT_NAME: LimitName = LimitName::MaxTokens;

pub(super) fn chat_url(base_url: &str) -> String {
    openai::chat_url(base_url)
}

pub(super) fn embeddings_url(base_url: &str) -> String {
    openai::embeddings_url(base_url)
}

pub(super) fn headers(api_key: &str) -> Vec<(&'static str, String)> {
    openai::headers(api_key)
}

pub(super) fn classify(status: u16, hints: RetryHints<'_>, body: &[u8]) -> UpstreamError {
    openai::classify(status, hints, body)
}
