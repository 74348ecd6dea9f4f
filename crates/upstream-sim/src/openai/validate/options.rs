//! The plain members of a chat request: limits, sampling, streaming, and who asks.

use serde_json::Value;

use super::members::{Members, array_too_long, empty_array, wrong_type};
use crate::openai::error::ApiError;

/// Of every model here; also the longest answer that `tokens=N` can ask for.
pub(crate) const OUTPUT_TOKENS_LIMIT: u64 = 128_000;

/// How long an answer may be, and how many there are.
pub(crate) struct Limits {
    pub(crate) choices: usize,
    pub(crate) max_tokens: u64,
    pub(crate) stop: Vec<String>,
    /// Thought before the answer: part of the completion, never shown.
    pub(crate) reasoning_tokens: u64,
}

pub(super) fn parse_limits(request: &Members<'_>) -> Result<Limits, ApiError> {
    let most = request.integer("max_tokens", 1..=i64::MAX)?;
    let most_completion = request.integer("max_completion_tokens", 1..=i64::MAX)?;
    if most.is_some() && most_completion.is_some() {
        return Err(ApiError::invalid(
            "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
        )
        .param("max_tokens")
        .code("invalid_parameter_combination"));
    }
    let max_tokens = most.or(most_completion).map_or(OUTPUT_TOKENS_LIMIT, i64::unsigned_abs);
    if max_tokens > OUTPUT_TOKENS_LIMIT {
        let name = if most.is_some() { "max_tokens" } else { "max_completion_tokens" };
        return Err(ApiError::invalid(format!(
            "{name} is too large: {max_tokens}. This model supports at most {OUTPUT_TOKENS_LIMIT} completion tokens, \
             whereas you provided {max_tokens}."
        ))
        .param(name)
        .code("invalid_value"));
    }
    let choices = request.integer("n", 1..=128)?.unwrap_or(1);
    Ok(Limits {
        choices: usize::try_from(choices).expect("n is at most 128"),
        max_tokens,
        stop: parse_stop(request)?,
        reasoning_tokens: parse_reasoning(request)?,
    })
}

fn parse_stop(request: &Members<'_>) -> Result<Vec<String>, ApiError> {
    let list = match request.get("stop") {
        None => return Ok(Vec::new()),
        Some(Value::String(stop)) => return Ok(vec![stop.clone()]),
        Some(Value::Array(list)) => list,
        Some(other) => {
            return Err(wrong_type("stop", "one of a string or array of strings", other));
        }
    };
    if list.is_empty() {
        return Err(empty_array("stop".into()));
    }
    if list.len() > 4 {
        return Err(array_too_long("stop".into(), 4, list.len()));
    }
    let read = |(place, value): (usize, &Value)| match value.as_str() {
        Some(stop) => Ok(stop.to_owned()),
        None => Err(wrong_type(&format!("stop[{place}]"), "a string", value)),
    };
    list.iter().enumerate().map(read).collect()
}

/// Fixed amounts, so that a bill can be foretold.
fn parse_reasoning(request: &Members<'_>) -> Result<u64, ApiError> {
    let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    Ok(match request.one_of("reasoning_effort", &efforts)? {
        None | Some("none" | "minimal") => 0,
        Some("low") => 16,
        Some("medium") => 64,
        Some("high") => 256,
        Some(_) => 1_024,
    })
}

/// Whether to stream, and whether to end the stream with its usage.
pub(super) fn parse_stream(request: &Members<'_>) -> Result<(bool, bool), ApiError> {
    let stream = request.boolean("stream")?.unwrap_or(false);
    let Some(options) = request.object("stream_options")? else {
        return Ok((stream, false));
    };
    if !stream {
        return Err(ApiError::invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
            .param("stream_options"));
    }
    options.refuse_unknown(&["include_usage", "include_obfuscation"])?;
    options.boolean("include_obfuscation")?;
    Ok((stream, options.boolean("include_usage")?.unwrap_or(false)))
}

pub(super) fn parse_seed(request: &Members<'_>) -> Result<u64, ApiError> {
    Ok(request.integer("seed", i64::MIN..=i64::MAX)?.unwrap_or(0).cast_unsigned())
}

pub(super) fn parse_service_tier(request: &Members<'_>) -> Result<String, ApiError> {
    let tiers = ["auto", "default", "flex", "scale", "priority", "fast"];
    let tier = request.one_of("service_tier", &tiers)?.filter(|tier| *tier != "auto");
    Ok(tier.unwrap_or("default").to_owned())
}

/// Members that steer a real model's choice of words; here they are checked and change nothing.
pub(super) fn check_sampling(request: &Members<'_>) -> Result<(), ApiError> {
    request.decimal("temperature", 0.0..=2.0)?;
    request.decimal("top_p", 0.0..=1.0)?;
    request.decimal("frequency_penalty", -2.0..=2.0)?;
    request.decimal("presence_penalty", -2.0..=2.0)?;
    request.one_of("verbosity", &["low", "medium", "high"])?;
    if let Some(bias) = request.object("logit_bias")? {
        for token in bias.names() {
            bias.decimal(token, -100.0..=100.0)?;
        }
    }
    if let Some(prediction) = request.object("prediction")? {
        prediction.refuse_unknown(&["type", "content"])?;
        prediction.one_of("type", &["content"])?.ok_or_else(|| prediction.missing("type"))?;
        prediction.required("content")?;
    }
    Ok(())
}

/// Members that say who asks and what is kept.
pub(super) fn check_identity(request: &Members<'_>) -> Result<(), ApiError> {
    request.string("user")?;
    request.short_string("safety_identifier", 64)?;
    request.string("prompt_cache_key")?;
    request.one_of("prompt_cache_retention", &["in_memory", "24h"])?;
    request.object("prompt_cache_options")?;
    let stored = request.boolean("store")?.unwrap_or(false);
    let Some(metadata) = request.object("metadata")? else {
        return Ok(());
    };
    if !stored {
        return Err(
            ApiError::invalid("The 'metadata' parameter is only allowed when 'store' is enabled.").param("metadata")
        );
    }
    if metadata.len() > 16 {
        return Err(ApiError::invalid(format!(
            "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object \
             with {} properties instead.",
            metadata.len()
        ))
        .param("metadata")
        .code("object_above_max_properties"));
    }
    for name in metadata.names() {
        if name.chars().count() > 64 {
            return Err(ApiError::invalid(format!(
                "Invalid 'metadata': property name '{name}' is too long. Expected a property name with maximum length 64."
            ))
            .param("metadata")
            .code("property_name_above_max_length"));
        }
        metadata
            .short_string(name, 512)?
            .ok_or_else(|| wrong_type(&metadata.path_of(name), "a string", &Value::Null))?;
    }
    Ok(())
}

/// What some of OpenAI's models do and these do not, refused in the words it uses for its own that do not.
pub(super) fn refuse_unsupported(request: &Members<'_>) -> Result<(), ApiError> {
    let asks_top_logprobs = request.integer("top_logprobs", 0..=20)?.is_some();
    let asks_logprobs = request.boolean("logprobs")?.unwrap_or(false);
    if asks_top_logprobs && !asks_logprobs {
        return Err(ApiError::invalid("The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.")
            .param("top_logprobs"));
    }
    for (place, modality) in request.array("modalities")?.into_iter().flatten().enumerate() {
        if modality.as_str() != Some("text") {
            return Err(ApiError::invalid("This model does not support the requested modalities.")
                .param(format!("modalities[{place}]"))
                .code("invalid_value"));
        }
    }
    let unsupported = ["audio", "function_call", "functions", "moderation", "web_search_options"];
    let asked = unsupported.into_iter().find(|name| request.get(name).is_some());
    let Some(name) = asked.or(asks_logprobs.then_some("logprobs")) else {
        return Ok(());
    };
    Err(ApiError::invalid(format!("Unsupported parameter: '{name}' is not supported with this model."))
        .param(name)
        .code("unsupported_parameter"))
}
