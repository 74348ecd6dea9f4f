//! Failures in OpenAI's envelope, with the status that makes its SDKs raise the class one expects.

use crate::chat::failure::{Failure, Refused};
use crate::clock::new_request_id;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use llm::provider::ErrorClass;
use llm::wire::error::ApiError;
use tenancy::{ApiKeyError, RequestId};

/// What `/v1` answers instead of a reply.
#[derive(Debug, thiserror::Error)]
pub enum V1Error {
    #[error("no usable API key")]
    Key(#[from] KeyError),
    #[error("request failed: {0:?}")]
    Failed(Failure, Option<RequestId>),
    #[error("no such endpoint: {method} {path}")]
    NotFound { method: String, path: String },
    #[error("body cannot be read: {0}")]
    Body(String),
}

#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    #[error("no API key was given: send `Authorization: Bearer tp_live_…`")]
    Missing,
    #[error("the Authorization header must be `Bearer` and the key")]
    NotBearer,
    #[error(transparent)]
    Malformed(#[from] ApiKeyError),
    #[error("the key is well formed but not known here: it belongs to another server, or was never made")]
    Unknown,
    #[error("the key has been revoked")]
    Revoked,
    #[error("the ticket is not one of ours, or is older than a minute")]
    BadTicket,
}

impl From<Failure> for V1Error {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure, None)
    }
}

impl From<Refused> for V1Error {
    fn from(refused: Refused) -> Self {
        Self::Failed(refused.failure, refused.request_id)
    }
}

/// Status, envelope, and milliseconds after which trying again makes sense.
struct Rendered {
    status: u16,
    error: ApiError,
    retry_after_ms: Option<u64>,
    /// Whether an SDK may try again by itself; where it matters and the status alone would mislead it.
    should_retry: Option<bool>,
}

fn error(message: impl Into<String>, type_: &str, param: Option<String>, code: Option<&str>) -> ApiError {
    ApiError { message: message.into(), type_: type_.into(), param, code: code.map(Into::into) }
}

const INVALID: &str = "invalid_request_error";

impl V1Error {
    fn render(&self) -> Rendered {
        let plain = |status, error| Rendered { status, error, retry_after_ms: None, should_retry: None };
        match self {
            Self::Key(why) => {
                plain(401, error(format!("Incorrect API key provided: {why}."), INVALID, None, Some("invalid_api_key")))
            }
            Self::NotFound { method, path } => plain(
                404,
                error(
                    format!("There is no {method} {path}. openapi/gateway.json lists what there is."),
                    INVALID,
                    None,
                    Some("unknown_url"),
                ),
            ),
            Self::Body(why) => {
                plain(400, error(format!("The request body cannot be read: {why}."), INVALID, None, None))
            }
            Self::Failed(failure, _) => render(failure),
        }
    }
}

fn render(failure: &Failure) -> Rendered {
    let plain = |status, error| Rendered { status, error, retry_after_ms: None, should_retry: None };
    let later = |status, error, ms| Rendered { status, error, retry_after_ms: Some(ms), should_retry: None };
    match failure {
        Failure::Invalid { param, message } => plain(400, error(message, INVALID, param.clone(), None)),
        Failure::ModelNotFound { name, closest } => {
            let near = if closest.is_empty() {
                String::new()
            } else {
                format!(" The closest names are {}.", closest.join(", "))
            };
            plain(
                404,
                error(
                    format!("The model `{name}` does not exist.{near}"),
                    INVALID,
                    Some("model".into()),
                    Some("model_not_found"),
                ),
            )
        }
        Failure::ModelNotPermitted { name, by } => plain(
            403,
            error(
                format!("The model `{name}` is not included in {by}."),
                INVALID,
                Some("model".into()),
                Some("model_not_in_plan"),
            ),
        ),
        Failure::WrongMode { name, mode } => plain(
            400,
            error(
                format!("The model `{name}` is for {mode:?}: it cannot be used at this endpoint."),
                INVALID,
                Some("model".into()),
                Some("model_not_supported"),
            ),
        ),
        Failure::NotPriced { name } => plain(
            503,
            error(
                format!("The model `{name}` has no price in force, so it is not served."),
                "api_error",
                Some("model".into()),
                Some("model_not_priced"),
            ),
        ),
        Failure::BookNotFound { exchange, symbol } => plain(
            404,
            error(
                format!("The book of `{symbol}` at `{exchange}` is not kept at this moment: subscribe to it."),
                INVALID,
                Some("symbol".into()),
                Some("book_not_found"),
            ),
        ),
        Failure::BookNotLive { reason } => later(
            409,
            error(format!("The book is not live ({reason}): try again."), INVALID, None, Some("book_not_live")),
            1_000,
        ),
        Failure::KeyRevoked => plain(
            401,
            error(
                format!("Incorrect API key provided: {}.", KeyError::Revoked),
                INVALID,
                None,
                Some("invalid_api_key"),
            ),
        ),
        Failure::NoSandbox => plain(
            503,
            error(
                "Test keys are served by a simulated provider, and none is configured here (sandbox.url).",
                "api_error",
                None,
                Some("sandbox_not_configured"),
            ),
        ),
        Failure::NoUpstream { name } => plain(
            503,
            error(
                format!("No provider of the model `{name}` is configured on this server."),
                "api_error",
                Some("model".into()),
                Some("provider_not_configured"),
            ),
        ),
        Failure::Suspended => plain(
            403,
            error(
                "This organisation is suspended: its owner knows more.",
                "permission_error",
                None,
                Some("organization_suspended"),
            ),
        ),
        Failure::RequestsPerMinute { limit, retry_after_ms } => later(
            429,
            error(
                format!("Rate limit reached: {limit} requests per minute."),
                "rate_limit_error",
                None,
                Some("rate_limit_exceeded"),
            ),
            *retry_after_ms,
        ),
        Failure::TokensPerMinute { limit, retry_after_ms } => later(
            429,
            error(
                format!(
                    "Rate limit reached: {limit} tokens per minute, of which this request may need more than are left."
                ),
                "rate_limit_error",
                None,
                Some("rate_limit_exceeded"),
            ),
            *retry_after_ms,
        ),
        Failure::Concurrency { limit } => later(
            429,
            error(
                format!("Rate limit reached: {limit} requests at once."),
                "rate_limit_error",
                None,
                Some("rate_limit_exceeded"),
            ),
            1_000,
        ),
        Failure::Balance { available, needed, fits } => {
            let missing = needed.amount() - available.amount();
            let remedy = match fits {
                Some(tokens) if *tokens > 0 => format!(" An output limit of {tokens} tokens would fit."),
                _ => String::new(),
            };
            let message = format!(
                "The balance does not cover this request: it may cost up to {} {currency}, {} {currency} is available, {missing} {currency} is missing.{remedy}",
                needed.amount(),
                available.amount(),
                currency = needed.currency()
            );
            Rendered {
                status: 402,
                error: error(message, "insufficient_quota", None, Some("insufficient_quota")),
                retry_after_ms: None,
                should_retry: Some(false),
            }
        }
        Failure::Unavailable(reason) => {
            tracing::error!(reason = %reason, "request refused, because the gateway cannot account for it just now");
            later(
                503,
                error(
                    "The gateway cannot account for requests just now: try again. Nothing was charged.",
                    "api_error",
                    None,
                    Some("service_unavailable"),
                ),
                1_000,
            )
        }
        Failure::Upstream(upstream) => render_upstream(upstream),
        Failure::Unreachable(reason) => {
            tracing::warn!(reason = %reason, "no provider could be reached");
            plain(
                502,
                error("No provider of this model could be reached.", "api_error", None, Some("provider_unreachable")),
            )
        }
        Failure::Deadline { waited_ms } => plain(
            504,
            error(format!("The provider did not answer within {waited_ms} ms."), "api_error", None, Some("timeout")),
        ),
        Failure::Malformed(reason) => plain(
            502,
            error(
                format!("The provider's answer could not be used: {reason}."),
                "api_error",
                None,
                Some("provider_malformed"),
            ),
        ),
    }
}

/// A provider's refusal of the operator's credential or account is our failure, never the caller's.
fn render_upstream(upstream: &llm::provider::UpstreamError) -> Rendered {
    let (status, type_) = match upstream.class {
        ErrorClass::BadRequest => (if (400..500).contains(&upstream.status) { upstream.status } else { 400 }, INVALID),
        ErrorClass::NotFound => (404, INVALID),
        ErrorClass::Rate => (429, "rate_limit_error"),
        ErrorClass::Overload => (503, "api_error"),
        ErrorClass::Auth | ErrorClass::Money | ErrorClass::Server => (502, "api_error"),
    };
    let error = ApiError {
        message: upstream.message.clone(),
        type_: type_.into(),
        param: upstream.param.clone(),
        code: upstream.code.clone(),
    };
    Rendered { status, error, retry_after_ms: upstream.retry_after_ms, should_retry: None }
}

impl ResponseError for V1Error {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.render().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let rendered = self.render();
        let mut response =
            HttpResponse::build(StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        response.content_type("application/json");
        // Every answer has an id of ours; one that was never admitted has it for the log only.
        let request_id = if let Self::Failed(_, Some(id)) = self { *id } else { new_request_id() };
        response.insert_header(("x-request-id", request_id.to_string()));
        if let Some(ms) = rendered.retry_after_ms {
            response
                .insert_header(("retry-after", ms.div_ceil(1000).max(1).to_string()))
                .insert_header(("retry-after-ms", ms.to_string()));
        }
        if let Some(retry) = rendered.should_retry {
            response.insert_header(("x-should-retry", retry.to_string()));
        }
        response.body(rendered.error.to_body())
    }
}
