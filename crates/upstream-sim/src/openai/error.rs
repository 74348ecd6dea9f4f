//! OpenAI's error envelope, and the errors that do not depend on an endpoint.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use crate::faults::Refusal;

/// What the 429 fault asks a client to wait; the seconds are the milliseconds rounded up, as OpenAI sends both.
const RETRY_AFTER_MS: u64 = 600;

#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    kind: &'static str,
    message: String,
    param: Option<String>,
    code: Option<&'static str>,
    retry_after_ms: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), param: None, code: None, retry_after_ms: None }
    }

    /// A 400: the request itself is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", message)
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn not_json() -> Self {
        Self::invalid(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP \
             library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
        )
    }

    pub(crate) fn no_key() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "invalid_request_error",
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer \
             auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    }

    pub(crate) fn wrong_key(key: &str) -> Self {
        let message = format!("Incorrect API key provided: {key}. You can find your API key at your provider's page.");
        Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", message).code("invalid_api_key")
    }

    pub(crate) fn no_such_model(model: &str) -> Self {
        let message = format!("The model '{model}' does not exist or you do not have access to it.");
        Self::new(StatusCode::NOT_FOUND, "invalid_request_error", message).param("model").code("model_not_found")
    }

    /// What a stream that breaks tells in its last event, and the body of a 500.
    pub(crate) fn server() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "server_error",
            "The server had an error while processing your request. Sorry about that!",
        )
    }

    pub(crate) fn of_refusal(refusal: Refusal, model: &str) -> Self {
        let status = match refusal {
            Refusal::Quota => return Self::out_of_quota(),
            // `Fault::parse` admits 400..=599 only.
            Refusal::Status(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        match status.as_u16() {
            400 => Self::invalid("Invalid request (simulated).").code("invalid_value"),
            401 => Self::wrong_key("sim-****"),
            402 => {
                Self::new(status, "insufficient_quota", "Your account has no credit left.").code("insufficient_quota")
            }
            403 => Self::new(status, "invalid_request_error", "Country, region, or territory not supported")
                .code("unsupported_country_region_territory"),
            404 => Self::no_such_model(model),
            429 => Self::too_fast(model),
            503 => {
                Self::new(status, "service_unavailable", "The engine is currently overloaded, please try again later")
                    .code("server_is_overloaded")
            }
            500 => Self::server(),
            _ if status.is_client_error() => {
                Self::new(status, "invalid_request_error", "The request was refused (simulated).")
            }
            _ => Self::new(status, "server_error", "The server failed (simulated)."),
        }
    }

    fn too_fast(model: &str) -> Self {
        let message = format!(
            "Rate limit reached for {model} in organization org-sim on requests per min (RPM): Limit 10000, Used 10000, \
             Requested 1. Please try again in {RETRY_AFTER_MS}ms."
        );
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", message).code("rate_limit_exceeded");
        error.retry_after_ms = Some(RETRY_AFTER_MS);
        error
    }

    fn out_of_quota() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details.",
        )
        .code("insufficient_quota")
    }

    pub(crate) fn envelope(&self) -> Value {
        json!({ "error": {
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        } })
    }

    /// The reply, without the headers that name the request.
    pub(crate) fn to_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(retry_after_ms) = self.retry_after_ms {
            response.insert_header(("retry-after", retry_after_ms.div_ceil(1_000).to_string()));
            response.insert_header(("retry-after-ms", retry_after_ms.to_string()));
        }
        response.json(self.envelope())
    }
}

pub(crate) async fn unknown_url(request: HttpRequest) -> HttpResponse {
    let message = format!("Invalid URL ({} {})", request.method(), request.path());
    ApiError::new(StatusCode::NOT_FOUND, "invalid_request_error", message).to_response()
}

pub(crate) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    let message = format!(
        "Not allowed to {} on {}. (HINT: Perhaps you meant to use a different HTTP method?)",
        request.method(),
        request.path()
    );
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "invalid_request_error", message)
        .code("method_not_supported")
        .to_response()
}
