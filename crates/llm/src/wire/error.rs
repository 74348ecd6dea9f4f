//! OpenAI's error envelope.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, in the shape that OpenAI's client libraries turn into exceptions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiError {
    /// Says what happened and what to do about it.
    pub message: String,
    /// The class of the error, such as `invalid_request_error` or `rate_limit_error`.
    #[serde(rename = "type")]
    pub type_: String,
    /// The request member at fault, if one is.
    pub param: Option<String>,
    /// A word for programs, such as `model_not_found`.
    pub code: Option<String>,
}

/// The body of every refused request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorEnvelope {
    pub error: ApiError,
}

impl ApiError {
    /// The whole body. All four members are always there, `null` where they say nothing, because some
    /// clients index them.
    pub fn to_body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            error: &'a ApiError,
        }
        serde_json::to_vec(&Borrowed { error: self }).expect("a struct of strings always serialises")
    }
}
