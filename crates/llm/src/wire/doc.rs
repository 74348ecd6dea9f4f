//! Shapes for the API description alone. Nothing is parsed into these types: bodies stay bytes, and members that
//! are not listed here pass as well.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A chat completion in OpenAI's dialect. Members not listed reach the provider as they are.
#[derive(Serialize, ToSchema)]
pub struct ChatCompletionRequest {
    /// A model's id or alias.
    #[schema(example = "gpt-4.1-mini")]
    pub model: String,
    #[schema(min_items = 1)]
    pub messages: Vec<ChatMessage>,
    /// Answer as server-sent events.
    pub stream: Option<bool>,
    pub stream_options: Option<StreamOptions>,
    /// Upper bound of output tokens, reasoning included.
    #[schema(minimum = 1)]
    pub max_completion_tokens: Option<u64>,
    /// The older name of `max_completion_tokens`.
    #[schema(minimum = 1)]
    pub max_tokens: Option<u64>,
    /// How many answers are wanted.
    #[schema(minimum = 1, maximum = 128)]
    pub n: Option<u64>,
    /// Becomes the first system message.
    pub system: Option<String>,
    /// `simple`, `moderate`, `complex` or `creative`.
    pub complexity: Option<String>,
    /// Labels for cost attribution: at most 16 pairs of 64 and 512 characters.
    pub metadata: Option<BTreeMap<String, String>>,
    pub routing: Option<RoutingRequest>,
    /// OpenRouter's name for `routing.fallback_models`.
    #[schema(max_items = 16)]
    pub models: Option<Vec<String>>,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// One message; `content` is a string or an array of parts.
#[derive(Serialize, ToSchema)]
pub struct ChatMessage {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    pub role: String,
    pub content: Option<Value>,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub struct StreamOptions {
    /// Send a last chunk with usage, cost and routing.
    pub include_usage: Option<bool>,
}

/// How the model is chosen; also taken as JSON in the header `x-turnpike-routing`. Unknown members are refused.
#[derive(Serialize, ToSchema)]
pub struct RoutingRequest {
    pub strategy: Option<String>,
    pub fallback_strategy: Option<String>,
    /// Models that are tried, in order, when the first fails before its first content byte.
    #[schema(max_items = 16)]
    pub fallback_models: Option<Vec<String>>,
    /// USD per million output tokens.
    pub max_cost_per_mtok: Option<f64>,
    pub latency_budget_ms: Option<u64>,
    #[schema(minimum = 0, maximum = 1)]
    pub quality_min: Option<f64>,
    pub sticky_key: Option<String>,
}

/// The provider's reply with our members. Members not listed are the provider's own.
#[derive(Serialize, ToSchema)]
pub struct ChatCompletionReply {
    pub id: String,
    #[schema(example = "chat.completion")]
    pub object: String,
    pub created: i64,
    /// The catalogue's id of the model that answered.
    pub model: String,
    pub choices: Vec<Value>,
    pub usage: Option<UsageReply>,
    /// The charge in USD.
    pub cost_usd: f64,
    pub latency_ms: u64,
    pub routing: RoutingReply,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

#[derive(Serialize, ToSchema)]
pub struct UsageReply {
    pub prompt_tokens: u64,
    pub completion_tokens: Option<u64>,
    pub total_tokens: u64,
    /// The charge in USD.
    pub cost: f64,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// What was chosen and why.
#[derive(Serialize, ToSchema)]
pub struct RoutingReply {
    pub strategy: String,
    pub provider: String,
    /// Candidates that were called.
    pub attempts: u32,
    pub policy: Option<String>,
    pub reason: String,
    /// The output bound that was set for a request without one.
    pub max_tokens: Option<u64>,
}

/// Embeddings in OpenAI's dialect. Members not listed reach the provider as they are.
#[derive(Serialize, ToSchema)]
pub struct EmbeddingsRequestBody {
    #[schema(example = "text-embedding-3-small")]
    pub model: String,
    /// A string, an array of strings, an array of tokens, or an array of those.
    pub input: Value,
    pub metadata: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// The provider's reply with our members.
#[derive(Serialize, ToSchema)]
pub struct EmbeddingsReply {
    #[schema(example = "list")]
    pub object: String,
    pub data: Vec<Value>,
    pub model: String,
    pub usage: UsageReply,
    /// The charge in USD.
    pub cost_usd: f64,
    pub latency_ms: u64,
    pub routing: RoutingReply,
}
