//! The payloads of the streams, members in the exchange's order.
//!
//! Source: <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams> (read 2026-11-24), and
//! recorded messages.

use std::cell::OnceCell;

use serde::Serialize;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::decimal::E8;

/// A payload on its way to the subscribers of one stream; each of its two forms is encoded at most once.
pub(crate) struct Event<'a> {
    stream: &'a str,
    raw: Utf8Bytes,
    combined: OnceCell<Utf8Bytes>,
}

impl<'a> Event<'a> {
    pub(crate) fn new(stream: &'a str, payload: String) -> Self {
        Self { stream, raw: payload.into(), combined: OnceCell::new() }
    }

    pub(crate) fn raw(&self) -> Utf8Bytes {
        self.raw.clone()
    }

    pub(crate) fn combined(&self) -> Utf8Bytes {
        let encode = || format!(r#"{{"stream":"{}","data":{}}}"#, self.stream, self.raw).into();
        self.combined.get_or_init(encode).clone()
    }
}

pub(crate) fn encode(payload: &impl Serialize) -> String {
    serde_json::to_string(payload).expect("strings and numbers always have a JSON form")
}

#[derive(Serialize)]
pub(crate) struct DepthUpdate<'a> {
    #[serde(rename = "e")]
    pub(crate) kind: &'static str,
    #[serde(rename = "E")]
    pub(crate) sent_at_ms: u64,
    #[serde(rename = "s")]
    pub(crate) symbol: &'a str,
    #[serde(rename = "U")]
    pub(crate) first_update_id: u64,
    #[serde(rename = "u")]
    pub(crate) last_update_id: u64,
    #[serde(rename = "b")]
    pub(crate) bids: Vec<(E8, E8)>,
    #[serde(rename = "a")]
    pub(crate) asks: Vec<(E8, E8)>,
}

#[derive(Serialize)]
pub(crate) struct TradeEvent<'a> {
    #[serde(rename = "e")]
    pub(crate) kind: &'static str,
    #[serde(rename = "E")]
    pub(crate) sent_at_ms: u64,
    #[serde(rename = "s")]
    pub(crate) symbol: &'a str,
    #[serde(rename = "t")]
    pub(crate) id: u64,
    #[serde(rename = "p")]
    pub(crate) price: E8,
    #[serde(rename = "q")]
    pub(crate) quantity: E8,
    #[serde(rename = "T")]
    pub(crate) traded_at_ms: u64,
    #[serde(rename = "m")]
    pub(crate) buyer_is_maker: bool,
    #[serde(rename = "M")]
    pub(crate) ignore: bool,
}

#[derive(Serialize)]
pub(crate) struct AggregateTradeEvent<'a> {
    #[serde(rename = "e")]
    pub(crate) kind: &'static str,
    #[serde(rename = "E")]
    pub(crate) sent_at_ms: u64,
    #[serde(rename = "s")]
    pub(crate) symbol: &'a str,
    #[serde(rename = "a")]
    pub(crate) id: u64,
    #[serde(rename = "p")]
    pub(crate) price: E8,
    #[serde(rename = "q")]
    pub(crate) quantity: E8,
    #[serde(rename = "f")]
    pub(crate) first_trade_id: u64,
    #[serde(rename = "l")]
    pub(crate) last_trade_id: u64,
    #[serde(rename = "T")]
    pub(crate) traded_at_ms: u64,
    #[serde(rename = "m")]
    pub(crate) buyer_is_maker: bool,
    #[serde(rename = "M")]
    pub(crate) ignore: bool,
}

#[derive(Serialize)]
pub(crate) struct BookTicker<'a> {
    #[serde(rename = "u")]
    pub(crate) update_id: u64,
    #[serde(rename = "s")]
    pub(crate) symbol: &'a str,
    #[serde(rename = "b")]
    pub(crate) bid: E8,
    #[serde(rename = "B")]
    pub(crate) bid_quantity: E8,
    #[serde(rename = "a")]
    pub(crate) ask: E8,
    #[serde(rename = "A")]
    pub(crate) ask_quantity: E8,
}
