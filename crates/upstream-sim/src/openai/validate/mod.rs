//! What OpenAI accepts and what it refuses, in its words. A `ChatRequest` can only be had from here.

mod members;
mod messages;
mod options;
mod response_format;
mod tools;

pub(crate) use members::{Members, array_too_long, empty_array, wrong_type};
pub(crate) use messages::Conversation;
pub(crate) use options::{Limits, OUTPUT_TOKENS_LIMIT};
pub(crate) use response_format::ResponseFormat;
pub(crate) use tools::{ToolChoice, Tools};

use serde_json::Value;

use super::error::ApiError;
use super::tokens;

/// All of `CompletionCreateParams`, the ones refused further down included.
const KNOWN: [&str; 37] = [
    "messages",
    "model",
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "metadata",
    "modalities",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// gpt-4.1's, for every model.
const CONTEXT_TOKENS: u64 = 1_047_576;

/// OpenAI's published rule of thumb: each message costs three tokens beside its text, and the answer's start three more.
const TOKENS_PER_MESSAGE: u64 = 3;
const TOKENS_FOR_REPLY: u64 = 3;

/// A request that OpenAI would serve.
pub(crate) struct ChatRequest {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) seed: u64,
    pub(crate) service_tier: String,
    pub(crate) conversation: Conversation,
    pub(crate) limits: Limits,
    pub(crate) tools: Tools,
    pub(crate) response_format: ResponseFormat,
    pub(crate) prompt_tokens: u64,
}

impl ChatRequest {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ApiError> {
        let body: Value = serde_json::from_slice(body).map_err(|_| ApiError::not_json())?;
        let request = Members::top(&body)?;
        request.refuse_unknown_arguments(&KNOWN)?;
        let model = request.model()?;
        let conversation = messages::parse(&request)?;
        let tools = tools::parse(&request)?;
        let response_format = response_format::parse(&request, &conversation)?;
        let (stream, include_usage) = options::parse_stream(&request)?;
        let limits = options::parse_limits(&request)?;
        options::check_sampling(&request)?;
        options::check_identity(&request)?;
        options::refuse_unsupported(&request)?;
        let prompt_tokens = conversation.messages * TOKENS_PER_MESSAGE
            + conversation.tokens
            + tools.tokens
            + response_format.tokens()
            + TOKENS_FOR_REPLY;
        if prompt_tokens > CONTEXT_TOKENS {
            return Err(too_long(prompt_tokens));
        }
        Ok(Self {
            model: model.to_owned(),
            stream,
            include_usage,
            seed: options::parse_seed(&request)?,
            service_tier: options::parse_service_tier(&request)?,
            conversation,
            limits,
            tools,
            response_format,
            prompt_tokens,
        })
    }
}

fn too_long(prompt_tokens: u64) -> ApiError {
    ApiError::invalid(format!(
        "This model's maximum context length is {CONTEXT_TOKENS} tokens. However, your messages resulted in \
         {prompt_tokens} tokens. Please reduce the length of the messages."
    ))
    .param("messages")
    .code("context_length_exceeded")
}

/// Tokens of a value by its JSON text: how schemas are counted.
fn count_json(value: &Value) -> u64 {
    tokens::count(&value.to_string())
}
