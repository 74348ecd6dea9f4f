//! Messages as JSON, and JSON as a WebSocket frame: written once, shared by every subscriber.

use bytes::Bytes;

use crate::depth::Level;
use crate::digits::Digits;
use crate::event::{Body, BookChange, BookTicker, Event, Trade};
use crate::timestamp::Timestamp;
use crate::topic::Numbered;

/// Longest header of an unmasked frame (RFC 6455, 5.2): two bytes and a length of eight.
const FRAME_HEADER_BYTES_MAX: usize = 10;
const FINAL_TEXT_FRAME: u8 = 0x81;

/// How numbers are written; the digits are the exchange's in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Numbers {
    /// `"price":0.00006547`
    Json,
    /// `"price":"0.00006547"`
    String,
}

/// A message written once. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    framed: Bytes,
    header_bytes: usize,
}

impl Encoded {
    /// The JSON alone.
    pub fn payload(&self) -> Bytes {
        self.framed.slice(self.header_bytes..)
    }

    /// The JSON as one unmasked final text frame, to be written to the socket as it is.
    pub fn frame(&self) -> Bytes {
        self.framed.clone()
    }

    /// `write` appends the payload.
    pub(crate) fn build(capacity_bytes: usize, write: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES_MAX + capacity_bytes);
        bytes.resize(FRAME_HEADER_BYTES_MAX, 0);
        write(&mut bytes);
        let (header, header_bytes) = frame_header(bytes.len() - FRAME_HEADER_BYTES_MAX);
        let start = FRAME_HEADER_BYTES_MAX - header_bytes;
        bytes[start..FRAME_HEADER_BYTES_MAX].copy_from_slice(&header[..header_bytes]);
        Self { framed: Bytes::from(bytes).slice(start..), header_bytes }
    }
}

/// With `numbered`: `epoch`, `sequence` and `prevSequence` are added, as the WebSocket protocol has them.
pub fn encode(event: &Event, numbered: Option<Numbered>, numbers: Numbers) -> Encoded {
    Encoded::build(size_hint_bytes(event), |out| write_event(event, numbered, numbers, out))
}

/// `payload` as one unmasked final text frame.
pub fn frame(payload: &[u8]) -> Bytes {
    Encoded::build(payload.len(), |out| out.extend_from_slice(payload)).framed
}

fn frame_header(payload_bytes: usize) -> ([u8; FRAME_HEADER_BYTES_MAX], usize) {
    let mut header = [0; FRAME_HEADER_BYTES_MAX];
    header[0] = FINAL_TEXT_FRAME;
    let length = payload_bytes as u64;
    match length {
        0..126 => {
            header[1] = length as u8;
            (header, 2)
        }
        126..65_536 => {
            header[1] = 126;
            header[2..4].copy_from_slice(&(length as u16).to_be_bytes());
            (header, 4)
        }
        _ => {
            header[1] = 127;
            header[2..10].copy_from_slice(&length.to_be_bytes());
            (header, 10)
        }
    }
}

fn size_hint_bytes(event: &Event) -> usize {
    const FIXED: usize = 320;
    const PER_LEVEL: usize = 52;
    match &event.body {
        Body::BookChange(change) => FIXED + PER_LEVEL * (change.bids.len() + change.asks.len()),
        Body::Trade(_) | Body::BookTicker(_) => FIXED,
    }
}

/// Appends one JSON object, members in Tardis.dev's order, ours after them.
pub fn write_event(event: &Event, numbered: Option<Numbered>, numbers: Numbers, out: &mut Vec<u8>) {
    put(out, "{\"type\":\"");
    put(out, event.channel().as_str());
    put(out, "\",\"symbol\":\"");
    out.extend_from_slice(event.instrument.symbol.as_bytes());
    put(out, "\",\"exchange\":\"");
    put(out, event.instrument.exchange.as_str());
    put(out, "\"");
    match &event.body {
        Body::Trade(trade) => write_trade(trade, numbers, out),
        Body::BookChange(change) => write_book_change(change, numbers, out),
        Body::BookTicker(ticker) => write_book_ticker(ticker, numbers, out),
    }
    put_time(out, ",\"timestamp\":\"", event.timestamp);
    put_time(out, ",\"localTimestamp\":\"", event.local_timestamp);
    if let Some(numbered) = numbered {
        put_count(out, ",\"epoch\":", numbered.epoch);
        put_count(out, ",\"sequence\":", numbered.sequence);
        put_count(out, ",\"prevSequence\":", numbered.prev_sequence());
    }
    put(out, "}");
}

fn write_trade(trade: &Trade, numbers: Numbers, out: &mut Vec<u8>) {
    put(out, ",\"id\":\"");
    out.extend_from_slice(trade.id.as_bytes());
    put_number(out, "\",\"price\":", &trade.price, numbers);
    put_number(out, ",\"amount\":", &trade.amount, numbers);
    put(out, ",\"side\":\"");
    put(out, trade.side.as_str());
    put(out, "\"");
}

fn write_book_change(change: &BookChange, numbers: Numbers, out: &mut Vec<u8>) {
    put(out, if change.snapshot { ",\"isSnapshot\":true" } else { ",\"isSnapshot\":false" });
    put_levels(out, ",\"bids\":[", &change.bids, numbers);
    put_levels(out, ",\"asks\":[", &change.asks, numbers);
    if let Some(edge) = &change.coverage.bids_down_to {
        put_number(out, ",\"bidsKnownDownTo\":", edge, numbers);
    }
    if let Some(edge) = &change.coverage.asks_up_to {
        put_number(out, ",\"asksKnownUpTo\":", edge, numbers);
    }
}

fn write_book_ticker(ticker: &BookTicker, numbers: Numbers, out: &mut Vec<u8>) {
    put_number(out, ",\"askAmount\":", &ticker.ask_amount, numbers);
    put_number(out, ",\"askPrice\":", &ticker.ask_price, numbers);
    put_number(out, ",\"bidPrice\":", &ticker.bid_price, numbers);
    put_number(out, ",\"bidAmount\":", &ticker.bid_amount, numbers);
}

fn put_levels(out: &mut Vec<u8>, name: &str, levels: &[Level], numbers: Numbers) {
    put(out, name);
    for (at, level) in levels.iter().enumerate() {
        put_number(out, if at == 0 { "{\"price\":" } else { ",{\"price\":" }, level.price.digits(), numbers);
        put_number(out, ",\"amount\":", level.amount(), numbers);
        put(out, "}");
    }
    put(out, "]");
}

fn put_number(out: &mut Vec<u8>, name: &str, digits: &Digits, numbers: Numbers) {
    put(out, name);
    match numbers {
        Numbers::Json => out.extend_from_slice(digits.as_bytes()),
        Numbers::String => {
            put(out, "\"");
            out.extend_from_slice(digits.as_bytes());
            put(out, "\"");
        }
    }
}

pub(crate) fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// `name` ends in the opening quote.
pub(crate) fn put_time(out: &mut Vec<u8>, name: &str, timestamp: Timestamp) {
    put(out, name);
    timestamp.write(out);
    put(out, "\"");
}

pub(crate) fn put_count(out: &mut Vec<u8>, name: &str, mut count: u64) {
    put(out, name);
    let mut text = [0; 20];
    let mut at = text.len();
    loop {
        at -= 1;
        text[at] = b'0' + (count % 10) as u8;
        count /= 10;
        if count == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Coverage, Side, TradeId};
    use crate::exchange::Exchange;
    use crate::instrument::{Instrument, Symbol};

    fn digits(text: &str) -> Digits {
        Digits::parse(text).unwrap()
    }

    fn event(body: Body) -> Event {
        Event {
            instrument: Instrument { exchange: Exchange::Binance, symbol: Symbol::parse("BTCUSDT").unwrap() },
            timestamp: Timestamp::parse("2021-10-12T00:28:34.469Z").unwrap(),
            local_timestamp: Timestamp::parse("2021-10-12T00:28:34.470123Z").unwrap(),
            body,
        }
    }

    fn text(event: &Event, numbered: Option<Numbered>, numbers: Numbers) -> String {
        String::from_utf8(encode(event, numbered, numbers).payload().to_vec()).unwrap()
    }

    #[test]
    fn a_trade_keeps_every_digit() {
        let trade = Trade {
            id: TradeId::parse("42").unwrap(),
            price: digits("0.10"),
            amount: digits("1e-8"),
            side: Side::Sell,
        };
        let event = event(Body::Trade(trade));
        assert_eq!(
            text(&event, None, Numbers::Json),
            r#"{"type":"trade","symbol":"BTCUSDT","exchange":"binance","id":"42","price":0.10,"amount":1e-8,"side":"sell","timestamp":"2021-10-12T00:28:34.469Z","localTimestamp":"2021-10-12T00:28:34.470123Z"}"#
        );
        assert_eq!(
            text(&event, Some(Numbered { epoch: 3, sequence: 1 }), Numbers::String),
            r#"{"type":"trade","symbol":"BTCUSDT","exchange":"binance","id":"42","price":"0.10","amount":"1e-8","side":"sell","timestamp":"2021-10-12T00:28:34.469Z","localTimestamp":"2021-10-12T00:28:34.470123Z","epoch":3,"sequence":1,"prevSequence":0}"#
        );
    }

    #[test]
    fn a_snapshot_says_where_knowledge_of_the_book_ends() {
        let level = |price, amount| Level::new(digits(price), digits(amount)).unwrap();
        let change = BookChange {
            snapshot: true,
            bids: vec![level("9.0", "1"), level("8.0", "2")],
            asks: vec![],
            coverage: Coverage { bids_down_to: Some(digits("8.0")), asks_up_to: None },
        };
        assert_eq!(
            text(&event(Body::BookChange(change)), Some(Numbered { epoch: 1, sequence: 10 }), Numbers::Json),
            r#"{"type":"book_change","symbol":"BTCUSDT","exchange":"binance","isSnapshot":true,"bids":[{"price":9.0,"amount":1},{"price":8.0,"amount":2}],"asks":[],"bidsKnownDownTo":8.0,"timestamp":"2021-10-12T00:28:34.469Z","localTimestamp":"2021-10-12T00:28:34.470123Z","epoch":1,"sequence":10,"prevSequence":9}"#
        );
    }

    #[test]
    fn a_frame_has_the_shortest_header_that_tells_its_length() {
        for (length, header) in [
            (0, vec![0x81, 0]),
            (125, vec![0x81, 125]),
            (126, vec![0x81, 126, 0, 126]),
            (65_535, vec![0x81, 126, 0xff, 0xff]),
            (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let payload = vec![b'x'; length];
            assert_eq!(frame(&payload), [header, payload].concat(), "{length}");
        }
    }

    #[test]
    fn frame_and_payload_are_the_same_bytes_of_one_allocation() {
        let encoded = Encoded::build(0, |out| put(out, "{}"));
        assert_eq!(
            (encoded.payload(), encoded.frame()),
            (Bytes::from_static(b"{}"), Bytes::from_static(b"\x81\x02{}"))
        );
        assert_eq!(encoded.payload().as_ptr(), encoded.frame()[2..].as_ptr());
    }

    #[test]
    fn counts_are_written_whole() {
        for count in [0, 9, 10, 1234567890, u64::MAX] {
            let mut out = vec![];
            put_count(&mut out, "", count);
            assert_eq!(String::from_utf8(out).unwrap(), count.to_string());
        }
    }
}
