use serde_json::json;

use super::exchange::Exchange;

#[test]
fn the_exchange_says_what_it_lists() {
    let exchange = Exchange::start_with(&["--exchange-symbols", "12"]);
    let info = exchange.get("/api/v3/exchangeInfo");
    let symbols: Vec<_> = info["symbols"].as_array().unwrap().iter().map(|symbol| symbol["symbol"].clone()).collect();
    assert_eq!((symbols.len(), &symbols[0], &symbols[14]), (15, &json!("BTCUSDT"), &json!("SYM011USDT")));
    assert_eq!(info["rateLimits"][0]["limit"], 6_000);
    let one = exchange.get("/api/v3/exchangeInfo?symbols=%5B%22SOLUSDT%22%5D");
    let [symbol] = one["symbols"].as_array().unwrap().as_slice() else { panic!("{one}") };
    assert_eq!((&symbol["baseAsset"], &symbol["filters"][0]["tickSize"]), (&json!("SOL"), &json!("0.01000000")));
    let ticker = exchange.get("/api/v3/ticker/24hr?symbol=ETHUSDT");
    assert_eq!((&ticker["symbol"], &ticker["openPrice"]), (&json!("ETHUSDT"), &json!("3200.00000000")));
    assert_eq!(exchange.get("/api/v3/ticker/24hr").as_array().unwrap().len(), 15);
    assert!(exchange.get("/api/v3/time")["serverTime"].as_u64().unwrap() > 1_700_000_000_000);
    assert_eq!(exchange.get("/api/v3/ping"), json!({}));
}

#[test]
fn a_snapshot_holds_as_many_levels_as_asked_for() {
    let exchange = Exchange::start();
    for (limit, held) in [("", 100), ("&limit=5", 5), ("&limit=1000", 1_000)] {
        let depth = exchange.get(&format!("/api/v3/depth?symbol=BTCUSDT{limit}"));
        assert_eq!([&depth["bids"], &depth["asks"]].map(|side| side.as_array().unwrap().len()), [held, held]);
    }
    let whole = exchange.get("/api/v3/depth?symbol=BTCUSDT&limit=5000");
    assert!(whole["bids"].as_array().unwrap().len() > 1_000);
    assert!(exchange.reply("/api/v3/depth?symbol=BTCUSDT").text().starts_with(r#"{"lastUpdateId":"#));
    assert_eq!(exchange.stats()["snapshots"], 5);
}

#[test]
fn requests_that_are_wrong_are_refused_in_the_exchanges_words() {
    let exchange = Exchange::start();
    for (query, code) in [
        ("", -1102),
        ("?symbol=", -1102),
        ("?symbol=btcusdt", -1100),
        ("?symbol=NOSUCHUSDT", -1121),
        ("?symbol=BTCUSDT&limit=0", -1130),
        ("?symbol=BTCUSDT&limit=x", -1100),
        ("?symbol=BTCUSDT&depth=5", -1104),
    ] {
        let reply = exchange.reply(&format!("/api/v3/depth{query}"));
        assert_eq!((reply.status, &reply.json()["code"]), (400, &json!(code)), "{query}");
    }
    assert_eq!(exchange.stats()["rest_refused"], 0);
}

#[test]
fn weight_adds_up_to_a_429_that_says_how_long_to_wait() {
    let exchange = Exchange::start_with(&["--exchange-weight-limit", "300"]);
    let used = |path: &str| {
        let reply = exchange.reply(path);
        (reply.status, reply.header("x-mbx-used-weight-1m").unwrap().to_owned())
    };
    assert_eq!(used("/api/v3/depth?symbol=BTCUSDT&limit=100"), (200, "5".to_owned()));
    assert_eq!(used("/api/v3/depth?symbol=BTCUSDT&limit=5000"), (200, "255".to_owned()));
    assert_eq!(used("/api/v3/depth?symbol=BTCUSDT&limit=500"), (200, "280".to_owned()));
    assert_eq!(used("/api/v3/exchangeInfo"), (200, "300".to_owned()));
    let refused = exchange.reply("/api/v3/ping");
    assert_eq!((refused.status, &refused.json()["code"]), (429, &json!(-1003)));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    for _ in 0..20 {
        exchange.reply("/api/v3/ping");
    }
    let banned = exchange.reply("/api/v3/ping");
    assert_eq!((banned.status, banned.header("retry-after")), (418, Some("120")));
    assert_eq!(exchange.stats()["rest_refused"], 22);
    exchange.send("POST", "/sim/binance/reset", &json!(null));
    assert_eq!(exchange.reply("/api/v3/ping").status, 200);
}
