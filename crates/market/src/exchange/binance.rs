//! Binance spot.
//!
//! Streams: `<symbol>@trade`, `<symbol>@depth@100ms`, `<symbol>@bookTicker`, raw (`/ws`) or in the combined envelope
//! `{"stream":"btcusdt@trade","data":{…}}` (`/stream`). Trade time is `T`, book time `E`; `bookTicker` and the REST snapshot carry
//! no time, so the receive time stands for it. Times are in milliseconds, in microseconds when the connection asks for it
//! (`?timeUnit=microsecond`). Source: the project's market specification, sections 3 to 5.

mod wire;

use serde::Deserialize;

use self::wire::{Envelope, WireBookTicker, WireDiff, WireInstruments, WireLevel, WireSnapshot, WireSymbol, WireTrade};
use super::{Exchange, FrameError, Message};
use crate::depth::{Diff, Level, Snapshot};
use crate::event::{Body, BookTicker, Event, Side, Trade};
use crate::instrument::{Instrument, Symbol};
use crate::timestamp::Timestamp;
use crate::topic::Channel;

/// Accepts the combined envelope; append `?timeUnit=microsecond` for times in microseconds.
pub const SOCKET_URL: &str = "wss://stream.binance.com/stream";
pub const REST_URL: &str = "https://api.binance.com";
/// The exchange's own limits of a connection.
pub const STREAMS_PER_CONNECTION_MAX: usize = 1024;
pub const CLIENT_FRAMES_PER_SECOND_MAX: u32 = 5;
pub const CONNECTIONS_PER_5_MINUTES_MAX: u32 = 300;
/// The exchange closes a connection after 24 hours.
pub const CONNECTION_AGE_S_MAX: u64 = 86_400;
/// Levels a side in a REST snapshot: the most there are to have, because levels beyond stay unknown until they change.
pub const SNAPSHOT_LEVELS: usize = 5000;
/// Enough of a refusal to understand it in a log line.
const REASON_CHARS_MAX: usize = 256;
/// What such a snapshot costs of the request weight per minute and address.
pub const SNAPSHOT_WEIGHT: u32 = 250;

pub fn stream_names(symbol: &Symbol, channel: Channel) -> Vec<String> {
    let stream = match channel {
        Channel::Trade => "trade",
        Channel::BookChange => "depth@100ms",
        Channel::BookTicker => "bookTicker",
    };
    vec![format!("{}@{stream}", symbol.as_str().to_lowercase())]
}

pub fn subscribe_frame(id: u64, streams: &[String]) -> String {
    client_frame("SUBSCRIBE", id, streams)
}

pub fn unsubscribe_frame(id: u64, streams: &[String]) -> String {
    client_frame("UNSUBSCRIBE", id, streams)
}

fn client_frame(method: &str, id: u64, streams: &[String]) -> String {
    serde_json::json!({ "method": method, "params": streams, "id": id }).to_string()
}

/// Without the permissions of each symbol the answer is a fraction of its size.
pub fn instruments_path() -> String {
    "/api/v3/exchangeInfo?showPermissionSets=false".into()
}

pub fn parse_instruments(body: &[u8]) -> Result<Vec<Symbol>, FrameError> {
    let wire: WireInstruments = read(body)?;
    Ok(wire.symbols.iter().filter_map(|instrument| Symbol::parse(&instrument.symbol).ok()).collect())
}

pub fn snapshot_path(symbol: &Symbol) -> String {
    format!("/api/v3/depth?symbol={}&limit={SNAPSHOT_LEVELS}", percent_encoded(symbol))
}

fn percent_encoded(symbol: &Symbol) -> String {
    let mut text = String::new();
    for byte in symbol.as_str().bytes() {
        match byte {
            b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

pub fn parse_snapshot(body: &[u8]) -> Result<Snapshot, FrameError> {
    let wire: WireSnapshot = read(body)?;
    Ok(wire.into_snapshot(Some(SNAPSHOT_LEVELS)))
}

/// See [`Exchange::normalise`].
pub fn normalise(frame: &[u8], local_timestamp: Timestamp, messages: &mut Vec<Message>) -> Result<(), FrameError> {
    let message = match split_envelope(frame) {
        Some((stream, data)) => read_stream(stream, data, local_timestamp)?,
        None => {
            let envelope: Envelope = read(frame)?;
            match (&envelope.stream, envelope.data) {
                (Some(stream), Some(data)) => read_stream(stream, data.get().as_bytes(), local_timestamp)?,
                _ => read_unwrapped(&envelope, frame, local_timestamp)?,
            }
        }
    };
    messages.extend(message);
    Ok(())
}

/// Stream and data of an envelope in the exact form that the exchange writes, found without parsing it: the inner object is then
/// parsed once. Whatever looks different goes the long way.
fn split_envelope(frame: &[u8]) -> Option<(&str, &[u8])> {
    let rest = frame.strip_prefix(b"{\"stream\":\"")?;
    let stream = &rest[..memchr::memchr(b'"', rest)?];
    let data = rest[stream.len()..].strip_prefix(b"\",\"data\":")?.strip_suffix(b"}")?;
    // With a backslash the quote may not have been the end. A second member after data makes the data unreadable as one value.
    if memchr::memchr(b'\\', stream).is_some() || has_second_member(data) {
        return None;
    }
    Some((std::str::from_utf8(stream).ok()?, data))
}

/// An object followed by anything more; cheap to see, because every object we read has no brace inside.
fn has_second_member(data: &[u8]) -> bool {
    memchr::memchr(b'}', data).is_none_or(|at| at + 1 != data.len())
}

fn read_stream(stream: &str, data: &[u8], local_timestamp: Timestamp) -> Result<Option<Message>, FrameError> {
    let Some((symbol, kind)) = stream.split_once('@') else { return Ok(None) };
    match kind {
        "trade" => read_trade(data, local_timestamp).map(Some),
        "bookTicker" => read_book_ticker(data, local_timestamp).map(Some),
        "depth" | "depth@100ms" | "depth@1000ms" | "depth@0ms" => read_diff(data).map(Some),
        "depthSnapshot" => {
            let wire: WireSnapshot = read(data)?;
            let symbol = Symbol::parse(symbol).map_err(unreadable)?;
            let instrument = Instrument { exchange: Exchange::Binance, symbol };
            Ok(Some(Message::Snapshot(instrument, wire.into_snapshot(None))))
        }
        _ => Ok(None),
    }
}

/// Answers to client frames, and the frames of raw streams.
fn read_unwrapped(
    envelope: &Envelope,
    frame: &[u8],
    local_timestamp: Timestamp,
) -> Result<Option<Message>, FrameError> {
    if let Some(error) = &envelope.error {
        let id = envelope.id.as_ref().and_then(|id| id.get().parse().ok());
        return Ok(Some(Message::Refused {
            id,
            code: error.code,
            reason: error.msg.chars().take(REASON_CHARS_MAX).collect(),
        }));
    }
    match envelope.event.as_deref() {
        Some("trade") => return read_trade(frame, local_timestamp).map(Some),
        Some("depthUpdate") => return read_diff(frame).map(Some),
        Some(_) => return Ok(None),
        None => {}
    }
    if let Some(id) = envelope.id.as_ref().and_then(|id| id.get().parse().ok()) {
        return Ok(Some(Message::Accepted { id }));
    }
    if envelope.best_ask_amount {
        return read_book_ticker(frame, local_timestamp).map(Some);
    }
    Ok(None)
}

fn read_trade(data: &[u8], local_timestamp: Timestamp) -> Result<Message, FrameError> {
    let wire: WireTrade = read(data)?;
    let body = Body::Trade(Trade {
        id: wire.id,
        price: wire.price,
        amount: wire.amount,
        side: if wire.buyer_is_maker { Side::Sell } else { Side::Buy },
    });
    event(wire.symbol, Timestamp::from_unix_ms_or_us(wire.trade_time)?, local_timestamp, body)
}

fn read_book_ticker(data: &[u8], local_timestamp: Timestamp) -> Result<Message, FrameError> {
    let wire: WireBookTicker = read(data)?;
    let body = Body::BookTicker(BookTicker {
        ask_price: wire.ask_price,
        ask_amount: wire.ask_amount,
        bid_price: wire.bid_price,
        bid_amount: wire.bid_amount,
    });
    event(wire.symbol, local_timestamp, local_timestamp, body)
}

fn event(
    symbol: WireSymbol,
    timestamp: Timestamp,
    local_timestamp: Timestamp,
    body: Body,
) -> Result<Message, FrameError> {
    let instrument = Instrument { exchange: Exchange::Binance, symbol: symbol.0 };
    Ok(Message::Event(Event { instrument, timestamp, local_timestamp, body }))
}

fn read_diff(data: &[u8]) -> Result<Message, FrameError> {
    let wire: WireDiff = read(data)?;
    let (first, last) = (wire.first_update_id, wire.last_update_id);
    if first > last {
        return Err(FrameError::BackwardIds { exchange: Exchange::Binance, first, last });
    }
    Ok(Message::Diff(Diff {
        symbol: wire.symbol.0,
        first_update_id: first,
        last_update_id: last,
        timestamp: Timestamp::from_unix_ms_or_us(wire.event_time)?,
        bids: levels(wire.bids),
        asks: levels(wire.asks),
    }))
}

fn levels(wire: Vec<WireLevel>) -> Vec<Level> {
    wire.into_iter().map(|level| level.0).collect()
}

fn read<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, FrameError> {
    serde_json::from_slice(json).map_err(unreadable)
}

fn unreadable(reason: impl std::fmt::Display) -> FrameError {
    FrameError::Unreadable { exchange: Exchange::Binance, reason: reason.to_string() }
}
