//! `GET /v1/market/ws`: from a request to a socket. What a server sends is not masked (RFC 6455, 5.1), so the body of the 101 answer
//! is a stream of frames that were made elsewhere, shared by everybody who gets them.

use super::client_frames::ClientFrames;
use super::relay;
use crate::app::App;
use crate::chat::failure::Failure;
use crate::http::authenticate::Caller;
use crate::http::error::{KeyError, V1Error};
use crate::http::ticket;
use crate::relay::minute::Payer;
use crate::relay::session::{self, Client, Incoming};
use crate::relay::subscriber::Reader;
use actix_http::body::BodyStream;
use actix_http::ws;
use actix_web::web::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use store::api_key::CallerFacts;
use tokio::sync::mpsc;

/// What a client has said and the session has not heard; when full, the socket is not read.
const INCOMING_MAX: usize = 16;

#[derive(Deserialize)]
pub(in crate::http) struct Ticketed {
    ticket: Option<String>,
}

pub(in crate::http) async fn open(
    app: web::Data<App>,
    request: HttpRequest,
    query: web::Query<Ticketed>,
    payload: Payload,
) -> Result<HttpResponse, V1Error> {
    let relay = Arc::clone(relay(&app, &request)?);
    // From before the facts are read, so that no change is missed.
    let changes = app.callers.changes();
    let (payer, facts) = payer(&app, &request, query.into_inner().ticket).await?;
    if app.catalog.load().market_price().is_none() {
        return Err(Failure::NotPriced { name: billing::MARKET.into() }.into());
    }
    if relay.is_draining() {
        return Err(Failure::Unavailable("this server is going away".into()).into());
    }
    let mut response = ws::handshake(request.head()).map_err(|error| Failure::Invalid {
        param: None,
        message: format!("this is the address of a WebSocket: {error}"),
    })?;
    let subscriber = relay.new_subscriber(facts.market_limits.messages_per_second);
    let (said, incoming) = mpsc::channel(INCOMING_MAX);
    let reader = Reader(Arc::clone(&subscriber));
    actix_web::rt::spawn(listen(payload, said));
    let client = Client { payer, facts, changes, subscriber, incoming };
    tokio::spawn(session::run(app.into_inner(), relay, client));
    let frames = stream::unfold(reader, |mut reader| async move {
        let frame = reader.next().await?;
        Some((Ok::<_, Infallible>(frame), reader))
    });
    Ok(response.body(BodyStream::new(frames)).map_into_boxed_body().into())
}

/// By the ticket in the address, or as everywhere by the key in the header.
async fn payer(
    app: &web::Data<App>,
    request: &HttpRequest,
    ticket: Option<String>,
) -> Result<(Payer, CallerFacts), V1Error> {
    let Some(ticket) = ticket else {
        let caller = Caller::extract(request).await?;
        let facts = caller.facts().clone();
        return Ok((Payer::Key(facts.tenant_id, facts.api_key_id), facts));
    };
    let payer = ticket::redeem(app, &ticket).ok_or(KeyError::BadTicket)?;
    match payer.facts(app).await.map_err(Failure::from)? {
        Some(facts) if !facts.revoked => Ok((payer, facts)),
        _ => Err(KeyError::Revoked.into()),
    }
}

/// Until the client closes, or breaks the protocol.
async fn listen(mut payload: Payload, said: mpsc::Sender<Incoming>) {
    let mut frames = ClientFrames::default();
    while let Some(Ok(bytes)) = payload.next().await {
        frames.feed(&bytes);
        while let Some(incoming) = frames.next() {
            let last = matches!(incoming, Incoming::Close(_));
            if said.send(incoming).await.is_err() || last {
                return;
            }
        }
    }
}
