//! `/ws` and `/stream`: where WebSocket clients come in.

use std::time::Instant;

use actix_web::web::{Data, Path, Payload, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::exchange::Exchange;
use super::session;
use super::upgrade::upgrade;

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config
        .route("/ws", web::get().to(open_raw_without_streams))
        .route("/ws/{streams:.*}", web::get().to(open_raw))
        .route("/stream", web::get().to(open_combined));
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    streams: String,
    #[serde(rename = "timeUnit")]
    time_unit: Option<String>,
}

async fn open_raw_without_streams(
    request: HttpRequest,
    exchange: Data<Exchange>,
    options: Query<Options>,
    payload: Payload,
) -> HttpResponse {
    open(&request, exchange, payload, Streams { names: String::new(), combined: false }, options.into_inner())
}

async fn open_raw(
    request: HttpRequest,
    exchange: Data<Exchange>,
    names: Path<String>,
    options: Query<Options>,
    payload: Payload,
) -> HttpResponse {
    open(&request, exchange, payload, Streams { names: names.into_inner(), combined: false }, options.into_inner())
}

async fn open_combined(
    request: HttpRequest,
    exchange: Data<Exchange>,
    options: Query<Options>,
    payload: Payload,
) -> HttpResponse {
    let mut options = options.into_inner();
    let names = std::mem::take(&mut options.streams);
    open(&request, exchange, payload, Streams { names, combined: true }, options)
}

struct Streams {
    /// Joined with `/`.
    names: String,
    combined: bool,
}

fn open(
    request: &HttpRequest,
    exchange: Data<Exchange>,
    payload: Payload,
    streams: Streams,
    options: Options,
) -> HttpResponse {
    if options.time_unit.is_some_and(|unit| !unit.eq_ignore_ascii_case("millisecond")) {
        return HttpResponse::BadRequest().json(json!({ "error": "this simulator sends milliseconds only" }));
    }
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
    if !exchange.weights.may_connect(address, Instant::now()) {
        return HttpResponse::TooManyRequests().finish();
    }
    let Some((response, socket)) = upgrade(request, payload) else {
        return HttpResponse::BadRequest().finish();
    };
    let names = streams.names.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    actix_web::rt::spawn(session::run(exchange.into_inner(), socket, names, streams.combined));
    response
}
