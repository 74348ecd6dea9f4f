//! What the flow hands back, whatever carries it to the client.

use bytes::Bytes;
use llm::route::Candidate;
use store::redis::admit::Granted;
use tenancy::{Limits, RequestId};
use tokio::sync::mpsc;

#[derive(Debug)]
pub struct Reply {
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

#[derive(Debug)]
pub enum Body {
    Whole(Bytes),
    /// Ends when the request is settled, or the reader goes away.
    Stream(mpsc::Receiver<Bytes>),
}

/// Headers of every admitted request: its id, and OpenAI's about limits.
pub fn limit_headers(request_id: RequestId, limits: Limits, granted: &Granted) -> Vec<(&'static str, String)> {
    vec![
        ("x-request-id", request_id.to_string()),
        ("x-ratelimit-limit-requests", limits.requests_per_minute.to_string()),
        ("x-ratelimit-limit-tokens", limits.tokens_per_minute.to_string()),
        ("x-ratelimit-remaining-requests", granted.requests_remaining.to_string()),
        ("x-ratelimit-remaining-tokens", granted.tokens_remaining.to_string()),
        ("x-ratelimit-reset-requests", format!("{}ms", granted.reset_ms)),
        ("x-ratelimit-reset-tokens", format!("{}ms", granted.reset_ms)),
    ]
}

/// Headers that name who answers.
pub fn served_headers(candidate: &Candidate) -> [(&'static str, String); 2] {
    [("x-turnpike-provider", candidate.provider.clone()), ("x-turnpike-model", candidate.model.id.clone())]
}
