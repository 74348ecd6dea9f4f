//! Binance's spot market: REST and WebSocket of the public market data, from seeded books.

mod exchange;
mod feed;

mod rest;
mod sockets;

mod control;

mod book;
mod instrument;
mod market;
mod trades;
mod window;

mod connection;
mod event;
mod request;
mod session;
mod stream;
mod upgrade;

mod info;
mod parameters;
mod rest_error;
mod ticker;
mod weights;

mod decimal;
mod faults;
mod random;

use std::sync::Arc;

use actix_web::web::ServiceConfig;

pub(crate) use exchange::{Exchange, ExchangeOptions};

/// Opens the exchange and lets its books live. To be called on a running actix system.
pub(crate) fn start(options: ExchangeOptions) -> Arc<Exchange> {
    let exchange = Arc::new(Exchange::open(options));
    actix_web::rt::spawn(feed::run(exchange.clone()));
    exchange
}

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config.configure(rest::endpoints).configure(sockets::endpoints).configure(control::endpoints);
}
