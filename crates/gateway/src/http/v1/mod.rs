//! The data plane, in OpenAI's dialect.

pub(super) mod chat;
pub(super) mod embeddings;
pub(super) mod market;
pub(super) mod models;
mod render;

use super::error::V1Error;
use actix_web::{HttpRequest, HttpResponse};

pub(super) async fn not_found(request: HttpRequest) -> Result<HttpResponse, V1Error> {
    Err(V1Error::NotFound { method: request.method().to_string(), path: request.path().to_owned() })
}
