//! Who reads slowly is told, and slows nobody.

use crate::market::{Market, socket};
use acceptance::book::Book;
use acceptance::{Exchange, eventually};
use serde_json::{Value, json};
use std::time::Duration;

/// A market in turmoil: enough in some seconds to fill what the kernel keeps for one who does not read.
async fn turmoil() -> Market {
    let exchange = Exchange::start_with(&["--exchange-rate", "3000"]).await;
    let options = exchange.options();
    Market::open_at(exchange, options).await
}

const SYMBOLS: [&str; 3] = ["BTCUSDT", "ETHUSDT", "SOLUSDT"];

/// How many more messages somebody who reads gets, while the other does not.
const MESSAGES: u64 = 40;

#[tokio::test]
async fn a_slow_reader_of_books_is_told_and_brought_back_and_slows_nobody() {
    let market = turmoil().await;
    let mut quick = market.socket().await;
    quick.subscribe(&SYMBOLS, &["book_change"]).await;
    let mut slow = market.socket().await;
    slow.subscribe(&SYMBOLS, &["book_change"]).await;
    // Until the relay has left something out, which shows in its count.
    let mut book = Book::default();
    eventually(Duration::from_secs(60), "something is left out for who does not read", async || {
        for _ in 0..MESSAGES {
            let change = quick.next_of("book_change").await;
            if change["symbol"] == "BTCUSDT" {
                book.apply(&change);
            }
        }
        (market.scene.gateway.metric("turnpike_market_lagging_total").await > 0.0).then_some(())
    })
    .await;
    // What waited before comes first; then the truth about what did not.
    let mut copy = Book::default();
    let mut dropped = 0;
    while dropped == 0 {
        let message = slow.next_message().await;
        match message["type"].as_str().unwrap() {
            "book_change" if message["symbol"] == "BTCUSDT" => copy.apply(&message),
            "lagged" if message["topic"] == "binance:book_change:BTCUSDT" => {
                dropped = message["dropped"].as_u64().unwrap()
            }
            _ => {}
        }
    }
    let last_known = copy.sequence;
    let after: Value = loop {
        let message = slow.next_of("book_change").await;
        if message["symbol"] == "BTCUSDT" {
            break message;
        }
    };
    assert_eq!(after["isSnapshot"], true, "a fresh snapshot follows");
    copy.apply(&after);
    assert_eq!(copy.sequence, last_known + dropped, "exactly what was left out was counted");
    while book.sequence < copy.sequence {
        let change = quick.next_of("book_change").await;
        if change["symbol"] == "BTCUSDT" {
            book.apply(&change);
        }
    }
    assert_eq!(book.sequence, copy.sequence);
    assert_eq!(book.levels(), copy.levels());
}

#[tokio::test]
async fn a_slow_reader_of_trades_is_closed_and_resumes_without_a_loss() {
    let market = turmoil().await;
    let key = market.scene.client.key();
    let mut slow = market.socket().await;
    // Books fill what the kernel keeps; they may be left out, trades may not.
    slow.subscribe(&["BTCUSDT"], &["trade"]).await;
    let mut quick = socket(&market.scene.gateway, key).await;
    quick.subscribe(&["BTCUSDT"], &["trade"]).await;
    slow.subscribe(&SYMBOLS, &["book_change"]).await;
    eventually(Duration::from_secs(60), "who does not read trades is closed", async || {
        for _ in 0..MESSAGES {
            quick.next_of("trade").await;
        }
        (market.scene.gateway.metric("turnpike_market_connections").await < 2.0).then_some(())
    })
    .await;
    let mut last = json!(null);
    let code = loop {
        match slow.next().await {
            acceptance::socket::Said::Message(message) if message["type"] == "trade" => last = message,
            acceptance::socket::Said::Message(_) => {}
            acceptance::socket::Said::Closed(code, _) => break code,
        }
    };
    assert_eq!(code, 4408);
    let mut again = market.socket().await;
    let from = json!({ "epoch": last["epoch"], "sequence": last["sequence"] });
    again
        .say(json!({ "op": "subscribe", "id": 1, "exchange": "binance", "symbols": ["BTCUSDT"], "channels": ["trade"], "numbers": "string", "from": from }))
        .await;
    for before in (last["sequence"].as_u64().unwrap()..).take(1_500) {
        let trade = again.next_of("trade").await;
        assert_eq!((trade["prevSequence"].as_u64(), &trade["epoch"]), (Some(before), &last["epoch"]));
    }
}
