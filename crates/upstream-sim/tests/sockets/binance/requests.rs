use std::time::Duration;

use serde_json::{Value, json};

use super::exchange::{End, Exchange};

#[test]
fn streams_come_and_go_as_asked() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws");
    assert_eq!(client.ask("LIST_SUBSCRIPTIONS", json!([]))["result"], json!([]));
    let names = json!(["btcusdt@depth@100ms", "ethusdt@depth@100ms"]);
    assert_eq!(client.ask("SUBSCRIBE", names.clone()), json!({ "result": null, "id": 7 }));
    let symbols = |messages: Vec<Value>| {
        let mut symbols: Vec<_> = messages.iter().map(|message| message["s"].as_str().unwrap().to_owned()).collect();
        symbols.sort();
        symbols.dedup();
        symbols
    };
    assert_eq!(symbols(client.collect(Duration::from_millis(400))), ["BTCUSDT", "ETHUSDT"]);
    assert_eq!(client.ask("LIST_SUBSCRIPTIONS", json!([]))["result"], names);
    assert_eq!(client.ask("UNSUBSCRIBE", json!(["btcusdt@depth@100ms"]))["result"], Value::Null);
    assert_eq!(symbols(client.collect(Duration::from_millis(400))), ["ETHUSDT"]);
    assert_eq!(exchange.stats()["streams"], json!({ "ethusdt@depth@100ms": 1 }));
}

#[test]
fn payloads_are_wrapped_on_combined_streams_and_on_request() {
    let exchange = Exchange::start();
    let mut raw = exchange.open("/ws/btcusdt@depth@100ms/ethusdt@depth@100ms");
    assert_eq!(raw.next()["e"], "depthUpdate");
    assert_eq!(raw.ask("GET_PROPERTY", json!(["combined"]))["result"], false);
    raw.ask("SET_PROPERTY", json!(["combined", true]));
    assert_eq!(raw.ask("GET_PROPERTY", json!(["combined"]))["result"], true);
    assert!(raw.next()["stream"].as_str().unwrap().ends_with("@depth@100ms"));
    let mut combined = exchange.open("/stream?streams=btcusdt@depth@100ms");
    let message = combined.next();
    assert_eq!((&message["stream"], &message["data"]["s"]), (&json!("btcusdt@depth@100ms"), &json!("BTCUSDT")));
    assert_eq!(message.as_object().unwrap().len(), 2);
}

#[test]
fn unknown_and_upper_case_streams_are_accepted_and_stay_silent() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws/BTCUSDT@depth@100ms/nosuchusdt@trade");
    let answer = client.ask("SUBSCRIBE", json!(["btcusdt@nonsense", "BTCUSDT@trade"]));
    assert_eq!(answer, json!({ "result": null, "id": 7 }));
    assert!(client.is_silent(Duration::from_millis(600)));
    let stats = exchange.stats();
    assert_eq!((&stats["silent_streams"], &stats["subscriptions"]), (&json!(4), &json!(0)));
}

#[test]
fn what_cannot_be_understood_is_answered_with_an_error() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws");
    client.say("{");
    assert_eq!(client.next()["error"]["code"], 3);
    let answer = client.ask("subscribe", json!([]));
    assert_eq!(answer["error"]["code"], 2);
    client.say(r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1.5}"#);
    assert_eq!(client.next()["error"]["code"], 2);
    assert_eq!(exchange.stats()["subscriptions"], 0);
}

#[test]
fn the_1025th_stream_is_refused_and_none_of_its_request_is_added() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws");
    let names = |range: std::ops::Range<u32>| range.map(|number| format!("sym{number}usdt@trade")).collect::<Vec<_>>();
    assert_eq!(client.ask("SUBSCRIBE", json!(names(0..1_023)))["result"], Value::Null);
    let error = json!({ "code": 4, "msg": "Too many subscriptions" });
    assert_eq!(client.ask("SUBSCRIBE", json!(names(1_023..1_025)))["error"], error);
    assert_eq!(client.ask("SUBSCRIBE", json!(names(1_022..1_024)))["result"], Value::Null);
    assert_eq!(client.ask("LIST_SUBSCRIPTIONS", json!([]))["result"].as_array().unwrap().len(), 1_024);
    let mut other = exchange.open(&format!("/stream?streams={}", names(0..1_025).join("/")));
    assert_eq!(other.end(), End::Closed(1_008, "Too many subscriptions".to_owned()));
}

#[test]
fn the_sixth_message_in_a_second_ends_the_connection() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws");
    for _ in 0..5 {
        client.ask("LIST_SUBSCRIPTIONS", json!([]));
    }
    std::thread::sleep(Duration::from_millis(1_100));
    for _ in 0..5 {
        client.ask("LIST_SUBSCRIPTIONS", json!([]));
    }
    client.say(r#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#);
    assert_eq!(client.end(), End::Closed(1_008, "Too many requests".to_owned()));
    assert_eq!(exchange.stats()["client_messages"], 11);
}
