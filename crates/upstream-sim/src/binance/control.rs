//! `/sim/binance/…`: how a test or a person steers the exchange and learns the truth. Neither counted nor limited.

use actix_web::web::{Data, Json, Query, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::json;

use super::exchange::Exchange;
use super::faults::FaultOrder;

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config
        .route("/sim/binance/book", web::get().to(show_book))
        .route("/sim/binance/faults", web::get().to(list_faults))
        .route("/sim/binance/faults", web::post().to(set_fault))
        .route("/sim/binance/faults", web::delete().to(clear_faults))
        .route("/sim/binance/stats", web::get().to(show_stats))
        .route("/sim/binance/reset", web::post().to(reset));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookAsked {
    symbol: String,
    /// Without it, the newest.
    update_id: Option<u64>,
}

async fn show_book(exchange: Data<Exchange>, asked: Query<BookAsked>) -> HttpResponse {
    let Some(market) = exchange.market(&asked.symbol) else {
        return not_found(format!("no symbol {:?}", asked.symbol));
    };
    let depth = match asked.update_id {
        None => market.depth(usize::MAX),
        Some(update_id) => match market.depth_at(update_id, usize::MAX) {
            Some(depth) => depth,
            None => return not_found(format!("the book at update id {update_id} is to come, or no longer held")),
        },
    };
    HttpResponse::Ok().json(depth)
}

fn not_found(message: String) -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": message }))
}

async fn list_faults(exchange: Data<Exchange>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "faults": exchange.faults.orders() }))
}

async fn set_fault(exchange: Data<Exchange>, order: Json<FaultOrder>) -> HttpResponse {
    let order = order.into_inner();
    if order.symbol != "*" && exchange.market(&order.symbol).is_none() {
        return not_found(format!("no symbol {:?}", order.symbol));
    }
    let fault = order.fault.clone();
    if exchange.faults.set(order) {
        HttpResponse::NoContent().finish()
    } else {
        let message = format!("unknown fault {fault:?}: see the fault table in the README");
        HttpResponse::BadRequest().json(json!({ "error": message }))
    }
}

async fn clear_faults(exchange: Data<Exchange>) -> HttpResponse {
    exchange.clear_faults();
    HttpResponse::NoContent().finish()
}

async fn show_stats(exchange: Data<Exchange>) -> HttpResponse {
    HttpResponse::Ok().json(exchange.stats())
}

async fn reset(exchange: Data<Exchange>) -> HttpResponse {
    exchange.reset();
    HttpResponse::NoContent().finish()
}
