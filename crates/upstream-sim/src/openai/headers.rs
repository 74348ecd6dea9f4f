//! Headers read from a request and set on every reply.

use std::time::Instant;

use actix_web::HttpRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use super::error::ApiError;
use crate::simulator::Simulator;

/// The limits told in `x-ratelimit-*`. They are told, not kept: a limit is reached by the fault `429`.
const REQUEST_LIMIT: u64 = 10_000;
const TOKEN_LIMIT: u64 = 30_000_000;

/// Any bearer token but `bad` is a good key.
pub(crate) fn authenticate(request: &HttpRequest) -> Result<(), ApiError> {
    let authorization = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match authorization.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim) {
        None | Some("") => Err(ApiError::no_key()),
        Some("bad") => Err(ApiError::wrong_key("bad")),
        Some(_) => Ok(()),
    }
}

pub(crate) fn client_request_id(request: &HttpRequest) -> Option<String> {
    let value = request.headers().get("x-client-request-id")?;
    value.to_str().ok().map(str::to_owned)
}

/// Names the request and tells the limits, as OpenAI does on each reply, an error or not.
pub(crate) fn stamp(headers: &mut HeaderMap, simulator: &Simulator, arrived: Instant, prompt_tokens: u64) {
    let mut set = |name: &'static str, value: HeaderValue| {
        headers.insert(HeaderName::from_static(name), value);
    };
    let request_id = simulator.unique_id("req_", 32);
    set("x-request-id", HeaderValue::from_str(&request_id).expect("ids are letters and digits"));
    set("openai-processing-ms", HeaderValue::from(u64::try_from(arrived.elapsed().as_millis()).unwrap_or(u64::MAX)));
    set("openai-organization", HeaderValue::from_static("org-sim"));
    set("openai-version", HeaderValue::from_static("2020-10-01"));
    set("x-ratelimit-limit-requests", HeaderValue::from(REQUEST_LIMIT));
    set("x-ratelimit-limit-tokens", HeaderValue::from(TOKEN_LIMIT));
    set("x-ratelimit-remaining-requests", HeaderValue::from(REQUEST_LIMIT - 1));
    set("x-ratelimit-remaining-tokens", HeaderValue::from(TOKEN_LIMIT.saturating_sub(prompt_tokens)));
    set("x-ratelimit-reset-requests", HeaderValue::from_static("6ms"));
    set("x-ratelimit-reset-tokens", HeaderValue::from_static("0s"));
}
