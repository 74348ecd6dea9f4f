//! `POST /v1/chat/completions`.

use super::render::{client_request_id, render};
use crate::app::App;
use crate::chat;
use crate::chat::failure::Failure;
use crate::http::authenticate::Caller;
use crate::http::error::V1Error;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use llm::wire::chat::ChatRequest;

pub(in crate::http) async fn create(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, V1Error> {
    let body = body.map_err(|e| V1Error::Body(e.to_string()))?;
    let routing = request.headers().get("x-turnpike-routing").and_then(|v| v.to_str().ok());
    let chat =
        ChatRequest::parse(body, routing).map_err(|e| Failure::Invalid { param: e.param, message: e.message })?;
    let reply = chat::complete(&app.into_inner(), caller, chat).await?;
    Ok(render(reply, client_request_id(&request).as_deref()))
}
