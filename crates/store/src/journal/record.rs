//! What the journal says.

use billing::{CountSource, Price, Reason, Tokens, UsageKind};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tenancy::{ApiKeyId, Environment, RequestId, TenantId, UserId};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// Written before admission. Not synced: an intent that a power cut takes has moved no money yet.
    Intent(Arc<Intent>),
    /// A stream's delivered output so far, at most once a second: what a crash is priced by.
    Progress { request_id: RequestId, output_tokens: u64 },
    /// The request is over and this is what it costs.
    Settlement(Box<Settlement>),
    /// Not admitted, or not needed: nothing was called.
    Release { request_id: RequestId },
}

/// What was asked for and what was set aside for it: everything a peer needs to price the request if this process dies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    pub request_id: RequestId,
    pub tenant_id: TenantId,
    pub api_key_id: ApiKeyId,
    pub user_id: UserId,
    pub environment: Environment,
    pub endpoint: Endpoint,
    /// Records of before there were others have none.
    #[serde(default = "request")]
    pub kind: UsageKind,
    pub streaming: bool,
    pub requested_model: String,
    /// The first candidate, in case nothing more is ever known.
    pub candidate: Served,
    pub currency: String,
    pub fx_quote_id: Uuid,
    pub fx_rate: Decimal,
    /// In the billing currency, already rounded up to 10⁻⁶.
    pub hold: Decimal,
    pub input_tokens: u64,
    /// Pairs given by the caller for cost attribution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<(String, String)>,
}

fn request() -> UsageKind {
    UsageKind::Request
}

/// Who answered, and at which price.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Served {
    pub model: String,
    pub provider: String,
    pub upstream_model: String,
    pub price_id: Uuid,
    pub price: Price,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settlement {
    pub intent: Arc<Intent>,
    pub served: Served,
    pub tokens: Tokens,
    pub cost_usd: Decimal,
    /// What the tenant pays; never more than what was held.
    pub charge: Decimal,
    /// What the operator bears: the exact price less the charge.
    pub overage: Decimal,
    pub ended: Ended,
    /// Made at adoption, when no standing hold may vouch for it: it takes the debit path and is not part of the node's spend.
    #[serde(default)]
    pub estimate: bool,
}

/// How a request ended, as its usage row tells it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub source: CountSource,
    pub reason: Reason,
    /// The HTTP status that the client was given; 0 where nobody knows.
    pub status: u16,
    pub attempts: u16,
    pub latency_ms: u32,
    pub first_byte_ms: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Endpoint {
    #[serde(rename = "chat.completions")]
    ChatCompletions,
    #[serde(rename = "embeddings")]
    Embeddings,
    #[serde(rename = "market.ws")]
    MarketWs,
}

impl Endpoint {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat.completions",
            Self::Embeddings => "embeddings",
            Self::MarketWs => "market.ws",
        }
    }
}
