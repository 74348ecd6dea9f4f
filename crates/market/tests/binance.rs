//! Frames of Binance spot, in every form in which they come.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use market::depth::Level;
use market::encode::{Numbers, encode};
use market::exchange::{Exchange, FRAME_BYTES_MAX, FrameError, Message, binance};
use market::instrument::Symbol;
use market::timestamp::Timestamp;
use market::topic::Channel;

const TRADE: &str = r#"{"e":"trade","E":1554076800945,"s":"BNBBTC","t":40756030,"p":"0.00426990","q":"33.82000000","b":1,"a":2,"T":1554076800940,"m":false,"M":true}"#;
const DEPTH: &str = r#"{"e":"depthUpdate","E":1633998514469,"s":"BLZETH","U":27,"u":29,"b":[["0.00006421","0.00000000"]],"a":[["1","2",[]]]}"#;
const BOOK_TICKER: &str =
    r#"{"u":1,"s":"BTCUSDT","b":"8010.00000000","B":"0.14245900","a":"8012.15000000","A":"0.03120100"}"#;

fn received() -> Timestamp {
    Timestamp::parse("2021-10-12T00:28:34.500001Z").unwrap()
}

fn normalise(frame: &str) -> Result<Vec<Message>, FrameError> {
    let mut messages = vec![];
    Exchange::Binance.normalise(frame.as_bytes(), received(), &mut messages)?;
    Ok(messages)
}

/// The one message of a frame; an event as its JSON.
fn one(frame: &str) -> Message {
    let messages = normalise(frame).unwrap();
    let [message] = messages.try_into().unwrap_or_else(|all| panic!("one message, not {all:?}"));
    message
}

fn json(message: &Message) -> String {
    let Message::Event(event) = message else { panic!("no event: {message:?}") };
    String::from_utf8(encode(event, None, Numbers::Json).payload().to_vec()).unwrap()
}

fn in_envelopes(stream: &str, data: &str) -> [String; 5] {
    [
        data.to_owned(),
        format!(r#"{{"stream":"{stream}","data":{data}}}"#),
        format!(r#"{{"stream":"{stream}","generated":true,"data":{data}}}"#),
        format!(r#"{{ "data": {data}, "stream": "{stream}" }}"#),
        format!(r#"{{"stream":"{stream}","data":{data},"extra":{{"data":1}}}}"#),
    ]
}

#[test]
fn a_trade_reads_the_same_in_every_envelope() {
    for frame in in_envelopes("bnbbtc@trade", TRADE) {
        assert_eq!(
            json(&one(&frame)),
            r#"{"type":"trade","symbol":"BNBBTC","exchange":"binance","id":"40756030","price":0.00426990,"amount":33.82000000,"side":"buy","timestamp":"2019-04-01T00:00:00.940Z","localTimestamp":"2021-10-12T00:28:34.500001Z"}"#,
            "{frame}"
        );
    }
    assert!(json(&one(&TRADE.replace("\"m\":false", "\"m\":true"))).contains("\"side\":\"sell\""));
}

#[test]
fn times_in_microseconds_keep_them() {
    assert!(json(&one(&TRADE.replace("1554076800940", "1554076800940123"))).contains("2019-04-01T00:00:00.940123Z"));
}

#[test]
fn a_best_price_has_no_time_of_its_own() {
    for frame in in_envelopes("btcusdt@bookTicker", BOOK_TICKER) {
        assert_eq!(
            json(&one(&frame)),
            r#"{"type":"book_ticker","symbol":"BTCUSDT","exchange":"binance","askAmount":0.03120100,"askPrice":8012.15000000,"bidPrice":8010.00000000,"bidAmount":0.14245900,"timestamp":"2021-10-12T00:28:34.500001Z","localTimestamp":"2021-10-12T00:28:34.500001Z"}"#
        );
    }
}

#[test]
fn a_difference_keeps_ids_digits_and_event_time() {
    for frame in in_envelopes("blzeth@depth@100ms", DEPTH) {
        let Message::Diff(diff) = one(&frame) else { panic!("a difference") };
        assert_eq!((diff.symbol.as_str(), diff.first_update_id, diff.last_update_id), ("BLZETH", 27, 29));
        assert_eq!(diff.timestamp.to_string(), "2021-10-12T00:28:34.469Z");
        let shown = |levels: &[Level]| {
            levels.iter().map(|l| format!("{}x{}", l.price.digits(), l.amount())).collect::<Vec<_>>()
        };
        assert_eq!(shown(&diff.bids), ["0.00006421x0.00000000"]);
        assert_eq!(shown(&diff.asks), ["1x2"]);
    }
}

#[test]
fn a_rest_snapshot_says_how_far_it_was_asked_to_go() {
    let snapshot = binance::parse_snapshot(br#"{"lastUpdateId":5,"bids":[["1.0","2"]],"asks":[]}"#).unwrap();
    assert_eq!((snapshot.update_id, snapshot.bids.len(), snapshot.levels_max), (5, 1, Some(binance::SNAPSHOT_LEVELS)));
    let empty = binance::parse_snapshot(br#"{"lastUpdateId":-1,"bids":[],"asks":[]}"#).unwrap();
    assert_eq!(empty.update_id, 0);
    assert!(binance::parse_snapshot(br#"{"code":-1003,"msg":"Too many requests"}"#).is_err());
}

#[test]
fn answers_to_our_frames_are_told_apart() {
    assert_eq!(one(r#"{"result":null,"id":7}"#), Message::Accepted { id: 7 });
    assert_eq!(
        one(r#"{"error":{"code":2,"msg":"Invalid request"},"id":8}"#),
        Message::Refused { id: Some(8), code: 2, reason: "Invalid request".into() }
    );
    assert_eq!(
        one(r#"{"error":{"code":3,"msg":"Invalid JSON"},"id":null}"#),
        Message::Refused { id: None, code: 3, reason: "Invalid JSON".into() }
    );
}

#[test]
fn streams_without_meaning_for_us_say_nothing() {
    for frame in [
        r#"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","s":"BTCUSDT"}}"#,
        r#"{"stream":"btcusdt@kline_1m","data":{"e":"kline","k":{"t":1}}}"#,
        r#"{"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":1,"bids":[],"asks":[]}}"#,
        r#"{"e":"24hrTicker","s":"BTCUSDT"}"#,
        r#"{"stream":"!ticker@arr","data":[]}"#,
        r#"{}"#,
    ] {
        assert_eq!(normalise(frame), Ok(vec![]), "{frame}");
    }
}

#[test]
fn a_bad_frame_is_refused_whole() {
    for frame in [
        "",
        "[]",
        "pong",
        r#"{"stream":"bnbbtc@trade","data":{"s":"BNBBTC"}}"#,
        r#"{"stream":"bnbbtc@trade","data":}"#,
        &TRADE.replace("\"0.00426990\"", "\"NaN\""),
        &TRADE.replace("\"0.00426990\"", "0.00426990"),
        &TRADE.replace("BNBBTC", "BN\\\"BTC"),
        &TRADE.replace("1554076800940", "-5"),
        &TRADE.replace("40756030", "\"a\\\"b\""),
        &DEPTH.replace("0.00006421", "-0.1e"),
        &DEPTH.replace("\"0.00000000\"", "\"-1\""),
        &DEPTH.replace(",\"0.00000000\"", ""),
        &DEPTH.replace("\"U\":27", "\"U\":-27"),
    ] {
        assert!(normalise(frame).is_err(), "{frame}");
    }
    assert_eq!(
        normalise(&DEPTH.replace("\"u\":29", "\"u\":26")),
        Err(FrameError::BackwardIds { exchange: Exchange::Binance, first: 27, last: 26 })
    );
    let huge = " ".repeat(FRAME_BYTES_MAX + 1);
    assert!(matches!(normalise(&huge), Err(FrameError::TooLarge { .. })));
}

#[test]
fn subscriptions_are_written_as_the_exchange_reads_them() {
    let symbol = Symbol::parse("BTCUSDT").unwrap();
    let streams: Vec<String> =
        Channel::ALL.iter().flat_map(|channel| binance::stream_names(&symbol, *channel)).collect();
    assert_eq!(streams, ["btcusdt@trade", "btcusdt@depth@100ms", "btcusdt@bookTicker"]);
    let frame = |text: String| serde_json::from_str::<serde_json::Value>(&text).unwrap();
    assert_eq!(
        frame(binance::subscribe_frame(3, &streams[..1])),
        serde_json::json!({"method": "SUBSCRIBE", "params": ["btcusdt@trade"], "id": 3})
    );
    assert_eq!(frame(binance::unsubscribe_frame(4, &streams))["method"], "UNSUBSCRIBE");
    assert_eq!(binance::snapshot_path(&symbol), "/api/v3/depth?symbol=BTCUSDT&limit=5000");
    let chinese = Symbol::parse("币USDT").unwrap();
    assert_eq!(binance::snapshot_path(&chinese), "/api/v3/depth?symbol=%E5%B8%81USDT&limit=5000");
}

#[test]
fn what_is_listed_is_read_whatever_else_stands_there() {
    let body = r#"{"timezone":"UTC","symbols":[{"symbol":"ETHBTC","status":"TRADING","filters":[]},{"symbol":"\u5e01USDT"},{"symbol":"A B"}]}"#;
    let symbols = binance::parse_instruments(body.as_bytes()).unwrap();
    assert_eq!(symbols.iter().map(|symbol| symbol.as_str()).collect::<Vec<_>>(), ["ETHBTC", "币USDT"]);
    assert!(binance::parse_instruments(b"{}").is_err());
    assert!(binance::parse_instruments(b"<html>").is_err());
}
