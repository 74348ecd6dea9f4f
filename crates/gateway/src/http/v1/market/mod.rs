//! Market data over HTTP: what is served, the present books, and tickets for browsers' sockets.

pub(in crate::http) mod client_frames;
pub(in crate::http) mod socket;

use crate::app::App;
use crate::chat::failure::Failure;
use crate::http::authenticate::Caller;
use crate::http::error::V1Error;
use crate::http::ticket;
use crate::relay::Relay;
use crate::relay::minute::Payer;
use actix_web::{HttpRequest, HttpResponse, web};
use market::encode::{Numbers, encode};
use market::exchange::Exchange;
use market::instrument::{Instrument, Symbol};
use market::topic::{Channel, Topic};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What can be subscribed to.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct ServedExchange {
    #[schema(value_type = String)]
    id: &'static str,
    #[schema(value_type = Vec<String>)]
    channels: Vec<&'static str>,
}

/// Exchanges and their channels.
pub(in crate::http) async fn list_exchanges(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, V1Error> {
    relay(&app, &request)?;
    let exchanges = Exchange::ALL.map(|exchange| ServedExchange {
        id: exchange.as_str(),
        channels: Channel::ALL.iter().map(|channel| channel.as_str()).collect(),
    });
    Ok(HttpResponse::Ok().json(exchanges))
}

/// A book that somebody listens to at this moment, whole, in the form that a subscriber begins with.
pub(in crate::http) async fn get_book(
    app: web::Data<App>,
    _: Caller,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, V1Error> {
    let relay = relay(&app, &request)?;
    let (exchange, symbol) = path.into_inner();
    let unknown = || Failure::BookNotFound { exchange: exchange.clone(), symbol: symbol.clone() };
    let instrument = Instrument {
        exchange: exchange.parse().map_err(|_| unknown())?,
        symbol: Symbol::parse(&symbol).map_err(|_| unknown())?,
    };
    match relay.book(Topic { instrument, channel: Channel::BookChange }).await {
        Some(Ok((event, numbered))) => {
            let book = encode(&event, Some(numbered), Numbers::Json).payload();
            Ok(HttpResponse::Ok()
                .content_type("application/json")
                .insert_header(("cache-control", "no-store"))
                .body(book))
        }
        Some(Err(status)) => Err(Failure::BookNotLive { reason: status.reason.as_str() }.into()),
        None => Err(unknown().into()),
    }
}

/// A ticket for one socket of whoever has the key.
pub(in crate::http) async fn create_ticket(
    app: web::Data<App>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, V1Error> {
    relay(&app, &request)?;
    let payer = Payer::Key(caller.facts().tenant_id, caller.facts().api_key_id);
    Ok(HttpResponse::Created().insert_header(("cache-control", "no-store")).json(ticket::issue(&app, payer)))
}

/// Where market data is not served, its addresses do not exist.
fn relay<'a>(app: &'a App, request: &HttpRequest) -> Result<&'a Arc<Relay>, V1Error> {
    let not_found = || V1Error::NotFound { method: request.method().to_string(), path: request.path().to_owned() };
    app.relay.as_ref().ok_or_else(not_found)
}
