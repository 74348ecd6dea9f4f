use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::exchange::{Client, End, Exchange};
use super::kept_book::{Applied, KeptBook, number};

const SNAPSHOT: &str = "/api/v3/depth?symbol=BTCUSDT&limit=5000";

/// A client of the fast depth stream with its first message read.
fn depth_client(exchange: &Exchange) -> (Client, Value) {
    let mut client = exchange.open("/ws/btcusdt@depth@100ms");
    let first = client.next();
    (client, first)
}

/// Pairs of `U` and `u`, from `first` on, until the predicate has seen enough.
fn ranges(client: &mut Client, first: Value, enough: impl Fn(&[(u64, u64)]) -> bool) -> Vec<(u64, u64)> {
    let range = |message: &Value| (number(&message["U"]), number(&message["u"]));
    let mut ranges = vec![range(&first)];
    while !enough(&ranges) {
        assert!(ranges.len() < 50, "the fault does not show: {ranges:?}");
        ranges.push(range(&client.next()));
    }
    ranges
}

fn chained(pair: &[(u64, u64)]) -> bool {
    pair[1].0 == pair[0].1 + 1
}

#[test]
fn a_gap_loses_one_message_of_one_symbol() {
    let exchange = Exchange::start();
    let (mut client, first) = depth_client(&exchange);
    let mut other = exchange.open("/ws/ethusdt@depth@100ms");
    exchange.plant("BTCUSDT", "gap");
    let ranges = ranges(&mut client, first, |ranges| ranges.windows(2).any(|pair| !chained(pair)));
    let [before, after] = ranges[ranges.len() - 2..] else { panic!() };
    assert!(after.0 > before.1 + 1);
    assert_eq!(exchange.get("/sim/binance/faults")["faults"], json!([]));
    for pair in other.collect(Duration::from_millis(700)).windows(2) {
        assert_eq!(number(&pair[1]["U"]), number(&pair[0]["u"]) + 1);
    }
    let mut book = KeptBook::new(&exchange.get(SNAPSHOT));
    for message in client.collect(Duration::from_millis(500)) {
        assert_ne!(book.apply(&message), Applied::Gap);
    }
    book.assert_true(&exchange, "BTCUSDT");
}

#[test]
fn a_repeat_sends_the_same_message_again() {
    let exchange = Exchange::start();
    let (mut client, first) = depth_client(&exchange);
    exchange.plant("*", "repeat");
    let ranges = ranges(&mut client, first, |ranges| ranges.windows(2).any(|pair| !chained(pair)));
    assert_eq!(ranges[ranges.len() - 1], ranges[ranges.len() - 2]);
}

#[test]
fn a_reorder_swaps_two_messages() {
    let exchange = Exchange::start();
    let (mut client, first) = depth_client(&exchange);
    exchange.plant("BTCUSDT", "reorder");
    let broken = |ranges: &[(u64, u64)]| ranges.windows(2).position(|pair| !chained(pair));
    let enough = |ranges: &[(u64, u64)]| broken(ranges).is_some_and(|place| ranges.len() == place + 4);
    let mut ranges = ranges(&mut client, first, enough);
    let place = broken(&ranges).unwrap();
    ranges.swap(place + 1, place + 2);
    assert!(ranges.windows(2).all(chained), "{ranges:?}");
}

#[test]
fn a_stall_holds_everything_back_and_loses_nothing() {
    let exchange = Exchange::start_with(&["--exchange-rate", "200"]);
    let mut client = exchange.open("/stream?streams=btcusdt@depth@100ms/btcusdt@trade/btcusdt@bookTicker");
    let first = std::iter::repeat_with(|| client.next()).find(|message| message["stream"] == "btcusdt@trade").unwrap();
    exchange.plant("BTCUSDT", "stall-800");
    let mut longest = Duration::ZERO;
    let (mut last_update_id, mut last_trade_id) = (None, Some(number(&first["data"]["t"])));
    let mut trades = 0;
    let until = Instant::now() + Duration::from_millis(2_000);
    let mut last = Instant::now();
    while Instant::now() < until {
        let data = client.next()["data"].clone();
        longest = longest.max(last.elapsed());
        last = Instant::now();
        match data["e"].as_str() {
            Some("trade") => {
                let id = number(&data["t"]);
                assert!(last_trade_id.replace(id).is_none_or(|before| id == before + 1));
                trades += 1;
            }
            Some("depthUpdate") => {
                let before = last_update_id.replace(number(&data["u"]));
                assert!(before.is_none_or(|before| number(&data["U"]) == before + 1));
            }
            _ => {}
        }
    }
    assert!(longest >= Duration::from_millis(700) && trades > 20, "{longest:?} {trades}");
}

#[test]
fn clearing_the_faults_ends_a_stall() {
    let exchange = Exchange::start();
    let (mut client, _) = depth_client(&exchange);
    exchange.plant("BTCUSDT", "stall-60000");
    assert!((0..20).any(|_| client.is_silent(Duration::from_millis(300))));
    exchange.send("DELETE", "/sim/binance/faults", &json!(null));
    assert_eq!(client.next()["e"], "depthUpdate");
}

#[test]
fn an_oversized_message_is_valid_and_of_the_same_effect() {
    let exchange = Exchange::start();
    let (mut client, first) = depth_client(&exchange);
    let mut book = KeptBook::new(&exchange.get(SNAPSHOT));
    book.apply(&first);
    exchange.plant("BTCUSDT", "oversized");
    let mut longest = 0;
    while longest < 8 << 20 {
        let text = client.read().unwrap();
        longest = longest.max(text.len());
        assert_ne!(book.apply(&serde_json::from_str(&text).unwrap()), Applied::Gap);
    }
    assert!(longest < 12 << 20, "{longest}");
    book.assert_true(&exchange, "BTCUSDT");
}

#[test]
fn a_disconnect_ends_those_who_listen_to_the_symbol_without_a_word() {
    let exchange = Exchange::start();
    let (mut client, _) = depth_client(&exchange);
    let mut other = exchange.open("/ws/ethusdt@depth@100ms");
    exchange.plant("BTCUSDT", "disconnect");
    assert_eq!(client.end(), End::Cut);
    other.next();
    exchange.plant("*", "disconnect");
    assert_eq!(other.end(), End::Cut);
    let (mut again, _) = depth_client(&exchange);
    again.next();
}

#[test]
fn the_end_of_24_hours_is_announced_and_closed() {
    let exchange = Exchange::start();
    let mut raw = exchange.open("/ws/btcusdt@nothing");
    let mut combined = exchange.open("/stream?streams=btcusdt@nothing");
    exchange.plant("*", "close-24h");
    assert_eq!(raw.next()["e"], "serverShutdown");
    let message = combined.next();
    assert_eq!((&message["stream"], &message["data"]["e"]), (&json!("!serverShutdown"), &json!("serverShutdown")));
    for mut client in [raw, combined] {
        assert_eq!(client.end(), End::Closed(1_001, "Server shutdown".to_owned()));
    }
}

#[test]
fn a_late_snapshot_is_of_the_time_it_was_asked_for() {
    let exchange = Exchange::start();
    exchange.plant("BTCUSDT", "late-snapshot-600");
    let asked = Instant::now();
    let before = number(&exchange.get("/sim/binance/book?symbol=BTCUSDT")["lastUpdateId"]);
    let snapshot = exchange.get(SNAPSHOT);
    assert!(asked.elapsed() >= Duration::from_millis(600));
    let now = number(&exchange.get("/sim/binance/book?symbol=BTCUSDT")["lastUpdateId"]);
    let update_id = number(&snapshot["lastUpdateId"]);
    assert!(update_id - before < now - update_id, "{before} {update_id} {now}");
}

#[test]
fn an_old_snapshot_is_true_but_older_than_the_stream() {
    let exchange = Exchange::start();
    let (_client, first) = depth_client(&exchange);
    exchange.plant("BTCUSDT", "old-snapshot");
    let mut book = KeptBook::new(&exchange.get(SNAPSHOT));
    book.assert_true(&exchange, "BTCUSDT");
    assert_eq!(book.apply(&first), Applied::Gap);
    assert_eq!(KeptBook::new(&exchange.get(SNAPSHOT)).apply(&first), Applied::Dropped);
}

#[test]
fn a_429_hits_the_symbol_it_was_planted_for() {
    let exchange = Exchange::start();
    exchange.plant("BTCUSDT", "rest-429");
    assert_eq!(exchange.reply("/api/v3/depth?symbol=ETHUSDT").status, 200);
    let refused = exchange.reply("/api/v3/depth?symbol=BTCUSDT");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(exchange.reply("/api/v3/depth?symbol=BTCUSDT").status, 200);
    exchange.plant("*", "rest-429");
    assert_eq!(exchange.reply("/api/v3/exchangeInfo").status, 429);
}

#[test]
fn faults_that_cannot_be_are_refused() {
    let exchange = Exchange::start();
    let set = |order: Value| exchange.send("POST", "/sim/binance/faults", &order).status;
    assert_eq!(set(json!({ "symbol": "BTCUSDT", "fault": "explode" })), 400);
    assert_eq!(set(json!({ "symbol": "NOSUCHUSDT", "fault": "gap" })), 404);
    assert_eq!(set(json!({ "symbol": "BTCUSDT", "fault": "gap", "every": 2 })), 400);
    assert_eq!(exchange.reply("/sim/binance/book?symbol=NOSUCHUSDT").status, 404);
    assert_eq!(exchange.reply("/sim/binance/book?symbol=BTCUSDT&update_id=1").status, 404);
}
