//! `GET /v1/models` and `GET /v1/models/{id}`. The list is a sample: any other name is served as well.

use std::time::Instant;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::error::ApiError;
use super::headers;
use crate::served::Outcome;
use crate::simulator::Simulator;

const LISTED: [&str; 7] = [
    "gpt-4.1",
    "gpt-4.1-mini",
    "gpt-4o",
    "gpt-4o-mini",
    "text-embedding-3-large",
    "text-embedding-3-small",
    "sim-small",
];

/// The day gpt-4.1 was released; the list has no use for seven dates.
const CREATED_AT_S: u64 = 1_744_588_800;

pub(crate) async fn list_models(request: HttpRequest, simulator: Data<Simulator>) -> HttpResponse {
    let models: Vec<Value> = LISTED.iter().map(|id| model(id)).collect();
    answer(&request, &simulator, Ok(json!({ "object": "list", "data": models })))
}

pub(crate) async fn show_model(request: HttpRequest, simulator: Data<Simulator>, id: Path<String>) -> HttpResponse {
    let found = if LISTED.contains(&id.as_str()) { Ok(model(&id)) } else { Err(ApiError::no_such_model(&id)) };
    answer(&request, &simulator, found)
}

fn model(id: &str) -> Value {
    json!({ "id": id, "object": "model", "created": CREATED_AT_S, "owned_by": "system" })
}

fn answer(request: &HttpRequest, simulator: &Simulator, found: Result<Value, ApiError>) -> HttpResponse {
    let arrived = Instant::now();
    let mut visit = simulator.served.arrive("models", headers::client_request_id(request));
    let outcome = headers::authenticate(request).and(found);
    let (mut response, ending) = match &outcome {
        Ok(body) => (HttpResponse::Ok().json(body), Outcome::Complete),
        Err(error) => (error.to_response(), Outcome::Error),
    };
    visit.record.status = response.status().as_u16();
    visit.end(ending);
    headers::stamp(response.headers_mut(), simulator, arrived, 0);
    response
}
