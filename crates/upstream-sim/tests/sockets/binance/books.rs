use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::kept_book::{Applied, KeptBook, number};
use crate::simulator::PATIENCE;

const SNAPSHOT: &str = "/api/v3/depth?symbol=BTCUSDT&limit=5000";

#[test]
fn a_kept_book_is_the_truth_at_every_update_id() {
    let exchange = Exchange::start();
    for stream in ["btcusdt@depth@100ms", "btcusdt@depth"] {
        let mut client = exchange.open(&format!("/ws/{stream}"));
        let buffered = [client.next()];
        let mut book = KeptBook::new(&exchange.get(SNAPSHOT));
        for message in buffered.into_iter().chain(client.collect(Duration::from_millis(2_500))) {
            assert_ne!(book.apply(&message), Applied::Gap);
            if book.update_id >= number(&message["u"]) {
                book.assert_true(&exchange, "BTCUSDT");
            }
        }
    }
}

#[test]
fn depth_messages_chain_and_say_what_they_are() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws/ethusdt@depth@100ms");
    let messages = client.collect(Duration::from_millis(1_500));
    assert!((10..=16).contains(&messages.len()), "{}", messages.len());
    for pair in messages.windows(2) {
        assert_eq!(number(&pair[1]["U"]), number(&pair[0]["u"]) + 1);
        assert!(pair[1]["E"].as_u64() >= pair[0]["E"].as_u64());
    }
    assert_eq!((&messages[0]["e"], &messages[0]["s"]), (&json!("depthUpdate"), &json!("ETHUSDT")));
    let names: Vec<_> = messages[0].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["E", "U", "a", "b", "e", "s", "u"]);
    let deletes = |message: &Value| message["b"].to_string().contains("\"0.00000000\"");
    assert!(messages.iter().any(deletes), "no level was deleted");
}

#[test]
fn a_snapshot_may_fall_inside_a_message() {
    let exchange = Exchange::start_with(&["--exchange-rate", "200"]);
    let mut client = exchange.open("/ws/btcusdt@depth@100ms");
    let inside = (0..50).any(|_| {
        client.next();
        std::thread::sleep(Duration::from_millis(30));
        let update_id = number(&exchange.get("/api/v3/depth?symbol=BTCUSDT&limit=5")["lastUpdateId"]);
        let message = client.next();
        number(&message["U"]) <= update_id && update_id < number(&message["u"])
    });
    assert!(inside);
}

#[test]
fn the_same_seed_gives_the_same_books_and_another_does_not() {
    let start = |seed| Exchange::start_with(&["--exchange-seed", seed, "--exchange-symbols", "2"]);
    let (one, twin, other) = (start("5"), start("5"), start("6"));
    let newest = one.get("/sim/binance/book?symbol=SYM001USDT");
    let path = format!("/sim/binance/book?symbol=SYM001USDT&update_id={}", newest["lastUpdateId"]);
    let deadline = std::time::Instant::now() + PATIENCE;
    let twin_book = loop {
        let reply = twin.reply(&path);
        if reply.status == 200 {
            break reply.json();
        }
        assert!(std::time::Instant::now() < deadline, "the twin never gets there");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(twin_book, newest);
    assert_ne!(other.get("/sim/binance/book?symbol=SYM001USDT")["bids"], newest["bids"]);
}

#[test]
fn trade_ids_rise_by_one_and_aggregates_cover_each_once() {
    let exchange = Exchange::start_with(&["--exchange-rate", "200"]);
    let mut client = exchange.open("/stream?streams=btcusdt@trade/btcusdt@aggTrade");
    let (mut trades, mut aggregates) = (Vec::new(), Vec::new());
    for message in client.collect(Duration::from_millis(1_500)) {
        let kept = if message["stream"] == "btcusdt@trade" { &mut trades } else { &mut aggregates };
        kept.push(message["data"].clone());
    }
    assert!(trades.len() > aggregates.len() && aggregates.len() > 10, "{} {}", trades.len(), aggregates.len());
    for pair in trades.windows(2) {
        assert_eq!(number(&pair[1]["t"]), number(&pair[0]["t"]) + 1);
    }
    for pair in aggregates.windows(2) {
        assert_eq!(number(&pair[1]["f"]), number(&pair[0]["l"]) + 1);
        assert_eq!(number(&pair[1]["a"]), number(&pair[0]["a"]) + 1);
    }
    let ids: Vec<_> = trades.iter().map(|trade| number(&trade["t"])).collect();
    for aggregate in &aggregates[1..aggregates.len() - 1] {
        let units = |value: &Value| value.as_str().unwrap().replace('.', "").parse::<u64>().unwrap();
        let covered = number(&aggregate["f"])..=number(&aggregate["l"]);
        let parts = trades.iter().filter(|trade| covered.contains(&number(&trade["t"])));
        assert!(ids.contains(covered.start()) && ids.contains(covered.end()));
        assert!(parts.clone().all(|trade| trade["p"] == aggregate["p"] && trade["m"] == aggregate["m"]));
        assert_eq!(parts.map(|trade| units(&trade["q"])).sum::<u64>(), units(&aggregate["q"]));
    }
    let newest = exchange.get("/api/v3/trades?symbol=BTCUSDT&limit=1000");
    let found = newest.as_array().unwrap().iter().find(|trade| trade["id"] == trades[0]["t"]).unwrap();
    assert_eq!((&found["price"], &found["qty"]), (&trades[0]["p"], &trades[0]["q"]));
}

#[test]
fn best_prices_are_those_of_the_book_at_their_update_id() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws/solusdt@bookTicker");
    for _ in 0..15 {
        let ticker = client.next();
        let truth = exchange.get(&format!("/sim/binance/book?symbol=SOLUSDT&update_id={}", ticker["u"]));
        assert_eq!(json!([ticker["b"], ticker["B"]]), truth["bids"][0]);
        assert_eq!(json!([ticker["a"], ticker["A"]]), truth["asks"][0]);
        assert!(ticker.get("e").is_none());
    }
}
