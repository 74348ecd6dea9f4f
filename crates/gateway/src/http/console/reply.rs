//! Answers of the console's API. None may be kept by a cache: they belong to one person.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Serialize;

pub(super) fn ok(body: &impl Serialize) -> HttpResponse {
    start(StatusCode::OK, Vec::new()).json(body)
}

pub(super) fn created(body: &impl Serialize) -> HttpResponse {
    start(StatusCode::CREATED, Vec::new()).json(body)
}

pub(super) fn nothing() -> HttpResponse {
    start(StatusCode::NO_CONTENT, Vec::new()).finish()
}

/// The beginning of an answer that changes the browser's session.
pub(super) fn start(status: StatusCode, cookies: Vec<Cookie<'static>>) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header(("cache-control", "no-store")).insert_header(("x-content-type-options", "nosniff"));
    for cookie in cookies {
        response.cookie(cookie);
    }
    response
}
