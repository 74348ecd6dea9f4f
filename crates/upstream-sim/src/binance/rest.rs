//! `/api/v3/…`: the public half of the REST API that market data needs.
//!
//! Source: <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/market-data-endpoints> (read 2026-11-24).

use std::time::{Duration, Instant};

use actix_web::web::{Data, Query, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Value, json};

use super::exchange::Exchange;
use super::faults::{Fault, Place};
use super::info::exchange_info;
use super::market::Market;
use super::parameters::Parameters;
use super::rest_error::RestError;
use super::ticker::day_ticker;
use crate::simulator::unix_time_ms;

/// As the query has them, in its order.
type Pairs = Query<Vec<(String, String)>>;

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config
        .route("/api/v3/ping", web::get().to(ping))
        .route("/api/v3/time", web::get().to(time))
        .route("/api/v3/exchangeInfo", web::get().to(show_exchange_info))
        .route("/api/v3/depth", web::get().to(show_depth))
        .route("/api/v3/trades", web::get().to(list_trades))
        .route("/api/v3/ticker/24hr", web::get().to(show_day_ticker));
}

async fn ping(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    answer(&request, &exchange, pairs, 1, |parameters| {
        parameters.only(&[])?;
        Ok(json!({}))
    })
}

async fn time(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    answer(&request, &exchange, pairs, 1, |parameters| {
        parameters.only(&[])?;
        Ok(json!({ "serverTime": unix_time_ms() }))
    })
}

async fn show_exchange_info(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    answer(&request, &exchange, pairs, 20, |parameters| {
        parameters.only(&["symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"])?;
        Ok(exchange_info(&exchange, parameters.markets(&exchange)?))
    })
}

async fn show_depth(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    let weight = match Parameters(&pairs).get("limit").and_then(|limit| limit.parse::<usize>().ok()) {
        None | Some(..=100) => 5,
        Some(101..=500) => 25,
        Some(501..=1_000) => 50,
        Some(_) => 250,
    };
    let mut late = None;
    let response = answer(&request, &exchange, pairs, weight, |parameters| {
        parameters.only(&["symbol", "limit", "symbolStatus"])?;
        let market = parameters.market(&exchange)?;
        let limit = parameters.limit(100)?.min(5_000);
        let fault = exchange.faults.take(Place::Snapshot, &market.instrument.symbol);
        exchange.counts.snapshot();
        let depth = match fault {
            Some(Fault::OldSnapshot) => market.old_depth(limit),
            _ => market.depth(limit),
        };
        if let Some(Fault::LateSnapshotMs(milliseconds)) = fault {
            late = Some(Duration::from_millis(milliseconds));
        }
        Ok(depth)
    });
    if let Some(late) = late {
        tokio::time::sleep(late).await;
    }
    response
}

async fn list_trades(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    answer(&request, &exchange, pairs, 25, |parameters| {
        parameters.only(&["symbol", "limit"])?;
        let market = parameters.market(&exchange)?;
        let limit = parameters.limit(500)?.min(1_000);
        let trade = |trade: super::trades::Trade| {
            json!({
                "id": trade.id,
                "price": trade.price,
                "qty": trade.quantity,
                "quoteQty": super::decimal::E8(trade.price.times(trade.quantity) as u64),
                "time": trade.traded_at_ms,
                "isBuyerMaker": trade.buyer_is_maker,
                "isBestMatch": true,
            })
        };
        Ok(market.newest_trades(limit).into_iter().map(trade).collect::<Vec<_>>())
    })
}

async fn show_day_ticker(request: HttpRequest, exchange: Data<Exchange>, pairs: Pairs) -> HttpResponse {
    let weight = match Parameters(&pairs).symbols_asked() {
        Some(..=20) => 2,
        Some(21..=100) => 40,
        _ => 80,
    };
    answer(&request, &exchange, pairs, weight, |parameters| {
        parameters.only(&["symbol", "symbols", "type", "symbolStatus"])?;
        let tickers: Vec<Value> = parameters.markets(&exchange)?.into_iter().map(day_ticker).collect();
        match (parameters.get("symbol"), tickers) {
            (Some(_), mut tickers) => Ok(tickers.remove(0)),
            (None, tickers) => Ok(Value::Array(tickers)),
        }
    })
}

/// Charges the weight, asks for the answer, and renders either it or what was wrong.
fn answer<B: Serialize>(
    request: &HttpRequest,
    exchange: &Exchange,
    pairs: Pairs,
    weight: u32,
    ask: impl FnOnce(Parameters<'_>) -> Result<B, RestError>,
) -> HttpResponse {
    exchange.counts.request();
    let parameters = Parameters(&pairs);
    let address = request.peer_addr().map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |address| address.ip());
    let (used, allowed) = exchange.weights.charge(address, weight, Instant::now());
    let limited = || exchange.faults.take(Place::Request, parameters.get("symbol").unwrap_or("*")).is_some();
    let outcome = match allowed {
        Err(refusal) => Err(RestError::refused(refusal, exchange.weights.limit_per_minute)),
        Ok(()) if limited() => Err(RestError::limited_by_fault(exchange.weights.limit_per_minute)),
        Ok(()) => ask(parameters),
    };
    let mut response = match outcome {
        Ok(body) => HttpResponse::Ok().json(body),
        Err(error) => {
            exchange.counts.refusal(&error);
            error.to_response()
        }
    };
    for name in ["x-mbx-used-weight", "x-mbx-used-weight-1m"] {
        response.headers_mut().insert(actix_web::http::header::HeaderName::from_static(name), used.into());
    }
    response
}

impl Parameters<'_> {
    fn market<'a>(&self, exchange: &'a Exchange) -> Result<&'a Market, RestError> {
        exchange.market(self.symbol()?).ok_or_else(RestError::invalid_symbol)
    }

    /// Those asked for, or all.
    fn markets<'a>(&self, exchange: &'a Exchange) -> Result<Vec<&'a Market>, RestError> {
        let Some(symbols) = self.symbols()? else {
            return Ok(exchange.markets.iter().collect());
        };
        symbols.iter().map(|symbol| exchange.market(symbol).ok_or_else(RestError::invalid_symbol)).collect()
    }
}
