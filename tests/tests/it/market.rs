//! Market data: every message in its place, every book the exchange's, whatever the exchange does.

use acceptance::book::Book;
use acceptance::{Exchange, Gateway, GatewayOptions, Scene, Socket, eventually};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Somebody with a key, and an exchange.
pub(crate) struct Market {
    pub(crate) scene: Scene,
    pub(crate) exchange: Exchange,
}

impl Market {
    pub(crate) async fn open() -> Self {
        let exchange = Exchange::start().await;
        let options = exchange.options();
        Self::open_at(exchange, options).await
    }

    pub(crate) async fn open_at(exchange: Exchange, options: GatewayOptions) -> Self {
        Self { scene: Scene::open_with(options).await, exchange }
    }

    /// With the scene's key.
    pub(crate) async fn socket(&self) -> Socket {
        socket(&self.scene.gateway, self.scene.client.key()).await
    }
}

pub(crate) async fn socket(gateway: &Gateway, key: &str) -> Socket {
    Socket::open(&format!("{}/v1/market/ws", gateway.url), Some(key)).await.expect("a key opens a socket")
}

fn numbers(message: &Value) -> [u64; 3] {
    ["epoch", "sequence", "prevSequence"].map(|name| message[name].as_u64().unwrap())
}

/// The exchange's own stream of a symbol's changes: its last update id by the time of the message.
struct Truth {
    socket: Socket,
    update_ids: BTreeMap<String, u64>,
}

impl Truth {
    async fn follow(exchange: &Exchange, symbol: &str) -> Self {
        let stream = format!("{}@depth@100ms", symbol.to_lowercase());
        let mut socket = Socket::open(&format!("{}?streams={stream}", exchange.socket_url()), None).await.unwrap();
        socket.next_message().await;
        Self { socket, update_ids: BTreeMap::new() }
    }

    /// Where the exchange's book stood at the time of this message of ours.
    async fn update_id(&mut self, change: &Value) -> u64 {
        let time = change["timestamp"].as_str().unwrap().to_owned();
        while self.update_ids.last_key_value().is_none_or(|(last, _)| *last < time) {
            let message = self.socket.next_message().await;
            let at = message["data"]["E"].as_i64().unwrap();
            self.update_ids.insert(iso(at), message["data"]["u"].as_u64().unwrap());
        }
        self.update_ids[&time]
    }
}

/// Milliseconds since 1970 as our messages have them.
fn iso(unix_ms: i64) -> String {
    let time = sqlx::types::chrono::DateTime::from_timestamp_millis(unix_ms).unwrap();
    time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[tokio::test]
async fn trades_come_whole_in_order_and_numbered_from_one() {
    let market = Market::open().await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    let mut before: Option<Value> = None;
    for place in 1..=30 {
        let trade = socket.next_of("trade").await;
        assert_eq!(numbers(&trade)[1..], [place, place - 1]);
        let id = |trade: &Value| trade["id"].as_str().unwrap().parse::<u64>().unwrap();
        if let Some(before) = before {
            assert_eq!((id(&trade), &trade["epoch"]), (id(&before) + 1, &before["epoch"]));
        }
        assert!(trade["price"].as_str().unwrap().contains('.'), "numbers were asked for as text: {trade}");
        before = Some(trade);
    }
    let heartbeat = socket.next_of("heartbeat").await;
    assert!(heartbeat["lagMs"]["binance"].as_u64().unwrap() < 5_000, "{heartbeat}");
}

#[tokio::test]
async fn a_book_made_from_our_messages_is_the_exchanges_book_at_every_change() {
    let market = Market::open().await;
    let mut truth = Truth::follow(&market.exchange, "BTCUSDT").await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT"], &["book_change"]).await;
    let mut book = Book::default();
    for place in 0..20 {
        let change = socket.next_of("book_change").await;
        assert_eq!(change["isSnapshot"], place == 0, "{place}");
        book.apply(&change);
        // The snapshot has no time of the exchange's; each change after it has.
        if place > 0 {
            let update_id = truth.update_id(&change).await;
            assert_eq!(book.levels(), market.exchange.book("BTCUSDT", update_id).await, "{place}");
        }
    }
}

#[tokio::test]
async fn a_gap_brings_back_its_own_symbol_and_touches_no_other() {
    let market = Market::open().await;
    let mut truth = Truth::follow(&market.exchange, "BTCUSDT").await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT", "ETHUSDT"], &["book_change"]).await;
    let mut books: BTreeMap<&str, Book> = BTreeMap::from([("BTCUSDT", Book::default()), ("ETHUSDT", Book::default())]);
    let mut told: Vec<String> = vec![];
    let mut changes_after = 0;
    let mut broken = false;
    while changes_after < 5 {
        let message = socket.next_message().await;
        let symbol = message["symbol"].as_str().unwrap_or_default().to_owned();
        match message["type"].as_str().unwrap() {
            "book_change" => {
                let book = books.get_mut(symbol.as_str()).unwrap();
                book.apply(&message);
                if told.last().is_some_and(|told| told == "live aligned")
                    && symbol == "BTCUSDT"
                    && message["isSnapshot"] == false
                {
                    let update_id = truth.update_id(&message).await;
                    assert_eq!(book.levels(), market.exchange.book("BTCUSDT", update_id).await);
                    changes_after += 1;
                }
            }
            "book_status" if broken => {
                assert_eq!(symbol, "BTCUSDT", "no other symbol is touched: {message}");
                let known = books["BTCUSDT"].sequence;
                told.push(format!("{} {}", message["status"].as_str().unwrap(), message["reason"].as_str().unwrap()));
                assert_eq!(message["lastSequence"], known, "{message}");
            }
            _ => {}
        }
        if !broken && books.values().all(|book| book.sequence >= 3) {
            broken = true;
            market.exchange.break_symbol("BTCUSDT", "gap").await;
        }
    }
    assert_eq!(told, ["stale gap", "resyncing snapshot_requested", "live aligned"]);
    let epoch = books["BTCUSDT"].epoch;
    assert!(books["BTCUSDT"].sequence > 3 && epoch > 0, "numbers go on across a gap");
    assert_eq!(market.exchange.stats().await["snapshots"], 3, "one for each book, and one more");
}

#[tokio::test]
async fn a_lost_connection_is_told_and_every_book_comes_back() {
    let market = Market::open().await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT", "ETHUSDT"], &["book_change"]).await;
    let mut live = 0;
    while live < 2 {
        live += usize::from(socket.next_of("book_status").await["status"] == "live");
    }
    market.exchange.break_symbol("*", "disconnect").await;
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while told.values().filter(|told| told.last().is_some_and(|status| status == "live")).count() < 2 {
        let status = socket.next_of("book_status").await;
        let text = |name: &str| status[name].as_str().unwrap().to_owned();
        told.entry(text("symbol")).or_default().push(text("status"));
    }
    for told in told.values() {
        assert_eq!(*told, ["stale", "resyncing", "live"]);
    }
    assert_eq!(market.exchange.stats().await["connections_open"], 1);
}

#[tokio::test]
async fn who_comes_late_begins_with_a_snapshot_that_the_next_change_follows() {
    let market = Market::open().await;
    let mut first = market.socket().await;
    first.subscribe(&["BTCUSDT"], &["book_change"]).await;
    let mut early = Book::default();
    for _ in 0..5 {
        early.apply(&first.next_of("book_change").await);
    }
    let mut second = market.socket().await;
    second.ask_for(&["BTCUSDT"], &["book_change"]).await;
    second.next_of("subscribed").await;
    let snapshot = second.next_message().await;
    assert_eq!((&snapshot["type"], &snapshot["isSnapshot"]), (&json!("book_change"), &json!(true)));
    let mut late = Book::default();
    late.apply(&snapshot);
    assert_eq!(late.epoch, early.epoch);
    late.apply(&second.next_of("book_change").await);
    while early.sequence < late.sequence {
        early.apply(&first.next_of("book_change").await);
    }
    assert_eq!(early.levels(), late.levels());
    assert_eq!(market.exchange.stats().await["snapshots"], 1, "the exchange was asked once");
    let book = market.scene.client.get("/v1/market/books/binance/BTCUSDT").await.expect(200);
    assert!(book["sequence"].as_u64().unwrap() >= late.sequence && book["isSnapshot"] == true);
}

#[tokio::test]
async fn twenty_clients_are_one_connection_to_the_exchange_and_the_last_ends_it() {
    let market = Market::open().await;
    let mut sockets = vec![];
    for _ in 0..4 {
        let key = market.scene.gateway.sign_up().await.create_key().await.1;
        for _ in 0..5 {
            let mut socket = socket(&market.scene.gateway, &key).await;
            socket.subscribe(&["BTCUSDT"], &["trade"]).await;
            sockets.push(socket);
        }
    }
    let mut seen = vec![];
    for socket in &mut sockets {
        seen.push(socket.next_of("trade").await["id"].clone());
    }
    let stats = market.exchange.stats().await;
    assert_eq!((&stats["connections_max"], &stats["subscriptions"]), (&json!(1), &json!(1)), "{stats}");
    drop(sockets);
    eventually(Duration::from_secs(20), "an exchange that nobody listens to is left", async || {
        (market.exchange.stats().await["connections_open"] == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_in_words_and_the_socket_goes_on() {
    let market = Market::open().await;
    let mut socket = market.socket().await;
    let subscribe = |more: Value| {
        let mut message =
            json!({ "op": "subscribe", "id": 7, "exchange": "binance", "symbols": ["BTCUSDT"], "channels": ["trade"] });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        message
    };
    for (message, code, param) in [
        (subscribe(json!({ "symbols": ["BTCUSDT", "NOSUCH"] })), "unknown_symbol", "symbols"),
        (subscribe(json!({ "channels": ["gossip"] })), "unknown_channel", "channels"),
        (subscribe(json!({ "exchange": "mtgox" })), "unknown_exchange", "exchange"),
        (subscribe(json!({ "from": { "epoch": 1, "sequence": 1 } })), "too_old", "from"),
        (json!({ "op": "shout", "id": 7 }), "invalid_request", "op"),
    ] {
        socket.say(message).await;
        let error = socket.next_of("error").await;
        assert_eq!(
            (&error["code"], &error["param"], &error["id"]),
            (&json!(code), &json!(param), &json!(7)),
            "{error}"
        );
    }
    socket.say(json!({ "op": "ping", "id": 8 })).await;
    assert_eq!(socket.next_of("pong").await["id"], 8);
    let stats = market.exchange.stats().await;
    assert_eq!(
        (&stats["connections_opened"], &stats["silent_streams"]),
        (&json!(0), &json!(0)),
        "all or nothing: {stats}"
    );
}

#[tokio::test]
async fn after_an_unsubscribe_nothing_more_of_the_topic_comes() {
    let market = Market::open().await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT", "ETHUSDT"], &["trade"]).await;
    socket.next_of("trade").await;
    socket.say(json!({ "op": "unsubscribe", "id": 2, "exchange": "binance", "symbols": ["BTCUSDT"], "channels": ["trade"] })).await;
    let answer = socket.next_of("unsubscribed").await;
    assert_eq!((&answer["id"], &answer["topics"]), (&json!(2), &json!(["binance:trade:BTCUSDT"])));
    for _ in 0..20 {
        assert_eq!(socket.next_of("trade").await["symbol"], "ETHUSDT");
    }
}

#[tokio::test]
async fn only_a_key_or_a_ticket_of_ours_opens_a_socket() {
    let market = Market::open().await;
    let url = format!("{}/v1/market/ws", market.scene.gateway.url);
    assert_eq!(Socket::open(&url, None).await.unwrap_err(), 401);
    assert_eq!(Socket::open(&url, Some(&format!("tp_live_{}", "a".repeat(40)))).await.unwrap_err(), 401);
    assert_eq!(Socket::open(&format!("{url}?ticket=00"), None).await.unwrap_err(), 401);
    let issued = [
        market.scene.owner.post("/api/market/tickets", json!({})).await.expect(201),
        market.scene.client.post("/v1/market/tickets", json!({})).await.expect(201),
    ];
    for ticket in issued {
        let ticket = ticket["ticket"].as_str().unwrap();
        let mut socket = Socket::open(&format!("{url}?ticket={ticket}"), None).await.unwrap();
        socket.subscribe(&["BTCUSDT"], &["trade"]).await;
        socket.next_of("trade").await;
        let forged = format!("{}{}", &ticket[..ticket.len() - 1], if ticket.ends_with('0') { '1' } else { '0' });
        assert_eq!(Socket::open(&format!("{url}?ticket={forged}"), None).await.unwrap_err(), 401);
    }
    assert_eq!(market.scene.client.get("/v1/market/ws").await.error(400)["type"], "invalid_request_error");
    let served = market.scene.client.get("/v1/market/exchanges").await.expect(200);
    assert_eq!(served[0]["id"], "binance");
}

#[tokio::test]
async fn a_gateway_that_goes_says_so_and_settles() {
    let mut market = Market::open().await;
    let mut socket = market.socket().await;
    socket.subscribe(&["BTCUSDT"], &["trade"]).await;
    let ended = tokio::join!(socket.end(), market.scene.gateway.terminate());
    assert_eq!(ended.0.1, 1001);
    assert!(ended.1.success());
    let rows = market.scene.stage.database.usage_rows(1).await;
    assert_eq!(rows[0].reason, "completed");
}

#[tokio::test]
async fn without_market_data_its_addresses_do_not_exist() {
    let scene = Scene::open_with(GatewayOptions::default().with("market_enabled", "false")).await;
    assert_eq!(scene.client.get("/v1/market/exchanges").await.error(404)["code"], "unknown_url");
    scene.owner.post("/api/market/tickets", json!({})).await.expect(404);
}
