//! Between the dialect that the client speaks and the one that the candidate does. Today both are OpenAI's: bytes are passed through,
//! less what is ours.

use super::route::Stop;
use bytes::Bytes;
use llm::estimate::request_input_tokens;
use llm::provider::{chat_url, embeddings_url, limit_name};
use llm::usage::Usage;
use llm::wire::chat::ChatRequest;
use llm::wire::embeddings::EmbeddingsRequest;
use llm::wire::reply::{reply_output_estimate, reply_usage};
use store::journal::Endpoint;

/// What was asked, in any of the inbound shapes.
#[derive(Debug)]
pub enum Request {
    Chat(Box<ChatRequest>),
    Embeddings(Box<EmbeddingsRequest>),
}

/// A call ready to be sent.
#[derive(Debug)]
pub struct Outgoing {
    pub url: String,
    pub body: Bytes,
}

impl Request {
    pub fn model(&self) -> &str {
        match self {
            Self::Chat(r) => &r.model,
            Self::Embeddings(r) => &r.model,
        }
    }

    /// Vectors of another model mean something else, so embeddings never fall back to one.
    pub fn fallback_models(&self) -> &[String] {
        match self {
            Self::Chat(r) => &r.fallback_models,
            Self::Embeddings(_) => &[],
        }
    }

    pub fn asked_strategy(&self) -> Option<&str> {
        match self {
            Self::Chat(r) => r.routing.strategy.as_deref(),
            Self::Embeddings(_) => None,
        }
    }

    pub fn endpoint(&self) -> Endpoint {
        match self {
            Self::Chat(_) => Endpoint::ChatCompletions,
            Self::Embeddings(_) => Endpoint::Embeddings,
        }
    }

    pub fn is_streaming(&self) -> bool {
        matches!(self, Self::Chat(r) if r.streaming)
    }

    pub fn metadata(&self) -> &[(String, String)] {
        match self {
            Self::Chat(r) => &r.metadata,
            Self::Embeddings(r) => &r.metadata,
        }
    }

    /// An upper bound for what will be read, by estimate.
    pub fn input_tokens(&self) -> u64 {
        match self {
            Self::Chat(r) => request_input_tokens(r),
            Self::Embeddings(r) => r.input_tokens_estimate,
        }
    }

    /// The output limit that the client gave, per choice. Never changed.
    pub fn explicit_limit(&self) -> Option<u64> {
        match self {
            Self::Chat(r) => r.output_limit.map(|l| l.tokens),
            Self::Embeddings(_) => Some(0),
        }
    }

    pub fn choices(&self) -> u64 {
        match self {
            Self::Chat(r) => r.choices,
            Self::Embeddings(_) => 1,
        }
    }

    /// The call for one candidate. `bound` is the output limit that we add because the client gave none.
    pub fn outgoing(&self, stop: &Stop, bound: Option<u64>) -> Outgoing {
        let (candidate, base) = (&stop.candidate, &stop.upstream.base_url);
        match self {
            Self::Chat(r) => Outgoing {
                url: chat_url(candidate.kind, base),
                body: r
                    .upstream_body(&candidate.upstream_model, bound.map(|tokens| (limit_name(candidate.kind), tokens)))
                    .into(),
            },
            Self::Embeddings(r) => Outgoing {
                url: embeddings_url(candidate.kind, base),
                body: r.upstream_body(&candidate.upstream_model).into(),
            },
        }
    }

    /// What a whole reply used: as the provider counted, or by estimate if it did not say.
    pub fn whole_usage(&self, body: &[u8]) -> Counted {
        reply_usage(body).map_or_else(|| self.estimated(reply_output_estimate(body)), Counted::Provider)
    }

    /// What was used as far as we can tell, when the provider did not say.
    pub fn estimated(&self, output_tokens: u64) -> Counted {
        Counted::Estimated(Usage {
            prompt_tokens: self.input_tokens(),
            completion_tokens: output_tokens,
            ..Usage::default()
        })
    }
}

/// A usage, and who counted it.
#[derive(Debug, Clone, Copy)]
pub enum Counted {
    Provider(Usage),
    Estimated(Usage),
    /// Nothing was delivered, so nothing is paid.
    Nothing,
}
