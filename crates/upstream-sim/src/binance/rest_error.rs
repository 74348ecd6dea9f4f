//! Why a REST request is refused, in the exchange's words.
//!
//! Source: <https://developers.binance.com/docs/binance-spot-api-docs/errors> (read 2026-11-24).

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::json;

use super::weights::Refusal;

#[derive(Debug)]
pub(crate) struct RestError {
    status: StatusCode,
    code: i32,
    message: String,
    retry_after_s: Option<u64>,
}

impl RestError {
    pub(crate) fn refused(refusal: Refusal, limit: u32) -> Self {
        match refusal {
            Refusal::Limited { retry_after_s } => Self::limited(retry_after_s, limit),
            Refusal::Banned { retry_after_s } => Self {
                status: StatusCode::IM_A_TEAPOT,
                code: -1003,
                message: "Way too much request weight used; IP banned. \
                          Please use WebSocket Streams for live updates to avoid bans."
                    .to_owned(),
                retry_after_s: Some(retry_after_s),
            },
        }
    }

    /// A second is enough to see whether a client waits, and short enough for a test.
    pub(crate) fn limited_by_fault(limit: u32) -> Self {
        Self::limited(1, limit)
    }

    fn limited(retry_after_s: u64, limit: u32) -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: -1003,
            message: format!(
                "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. \
                 Please use WebSocket Streams for live updates to avoid polling the API."
            ),
            retry_after_s: Some(retry_after_s),
        }
    }

    pub(crate) fn invalid_symbol() -> Self {
        Self::bad_request(-1121, "Invalid symbol.".to_owned())
    }

    pub(crate) fn missing(name: &str) -> Self {
        let message = format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed.");
        Self::bad_request(-1102, message)
    }

    pub(crate) fn illegal(name: &str, range: &str) -> Self {
        Self::bad_request(-1100, format!("Illegal characters found in parameter '{name}'; legal range is '{range}'."))
    }

    pub(crate) fn invalid(name: &str) -> Self {
        Self::bad_request(-1130, format!("Data sent for parameter '{name}' is not valid."))
    }

    pub(crate) fn unread_parameters(read: usize, sent: usize) -> Self {
        let message = format!(
            "Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}' parameter(s)."
        );
        Self::bad_request(-1104, message)
    }

    fn bad_request(code: i32, message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message, retry_after_s: None }
    }

    pub(crate) fn is_about_speed(&self) -> bool {
        self.retry_after_s.is_some()
    }

    pub(crate) fn to_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(json!({ "code": self.code, "msg": self.message }))
    }
}
