use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use super::exchange::{End, Exchange};
use crate::simulator::PATIENCE;

/// A handshake by hand, of a client that then does nothing of its own.
fn shake_hands(exchange: &Exchange) -> TcpStream {
    let mut stream = TcpStream::connect(&exchange.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let handshake = "GET /ws HTTP/1.1\r\nhost: sim\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\
                     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(handshake.as_bytes()).unwrap();
    stream
}

#[test]
fn every_connection_and_every_subscription_is_counted() {
    let exchange = Exchange::start();
    let mut clients: Vec<_> = (0..20).map(|_| exchange.open("/ws/btcusdt@trade/btcusdt@depth@100ms")).collect();
    clients.iter_mut().for_each(|client| drop(client.next()));
    let stats = exchange.stats();
    assert_eq!((&stats["connections_open"], &stats["connections_max"]), (&json!(20), &json!(20)));
    assert_eq!(stats["streams"], json!({ "btcusdt@trade": 20, "btcusdt@depth@100ms": 20 }));
    assert_eq!(stats["subscriptions"], 40);
    assert!(stats["messages_sent"].as_u64().unwrap() >= 20);
    drop(clients);
    let deadline = Instant::now() + PATIENCE;
    while exchange.stats()["connections_open"] != 0 {
        assert!(Instant::now() < deadline, "connections stay open");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(exchange.stats()["subscriptions"], 0);
    exchange.send("POST", "/sim/binance/reset", &json!(null));
    let stats = exchange.stats();
    assert_eq!((&stats["connections_max"], &stats["messages_sent"]), (&json!(0), &json!(0)));
}

#[test]
fn the_handshake_is_the_rfcs_and_anything_else_is_refused() {
    let exchange = Exchange::start();
    let mut stream = shake_hands(&exchange);
    let mut head = [0; 400];
    let length = stream.read(&mut head).unwrap();
    let head = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    // The example of RFC 6455, section 1.3.
    assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
    assert_eq!(exchange.reply("/ws").status, 400);
    assert_eq!(exchange.try_open("/ws/btcusdt@trade?timeUnit=MICROSECOND").err(), Some(400));
    assert_eq!(exchange.try_open("/elsewhere").err(), Some(404));
}

#[test]
fn a_client_that_answers_pings_stays_and_one_that_does_not_is_closed() {
    let exchange = Exchange::start_with(&["--exchange-ping-ms", "250"]);
    let mut patient = exchange.open("/ws/btcusdt@depth@100ms");
    let mut mute = shake_hands(&exchange);
    let mut bytes = Vec::new();
    let opened = Instant::now();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| patient.collect(Duration::from_millis(2_000)));
        let mut piece = [0; 1_000];
        while opened.elapsed() < PATIENCE {
            match mute.read(&mut piece).unwrap() {
                0 => break,
                length => bytes.extend_from_slice(&piece[..length]),
            }
        }
        // Three unanswered pings, and a second in which a close frame might have been answered.
        assert!((Duration::from_millis(1_000)..Duration::from_millis(3_500)).contains(&opened.elapsed()));
        assert!(reader.join().unwrap().len() > 10);
    });
    assert!(String::from_utf8_lossy(&bytes).ends_with("Pong timeout"));
    assert_eq!(exchange.stats()["connections_open"], 1);
}

#[test]
fn the_301st_connection_within_five_minutes_is_refused() {
    let exchange = Exchange::start();
    for _ in 0..300 {
        drop(exchange.open("/ws"));
    }
    assert_eq!(exchange.try_open("/ws").err(), Some(429));
    exchange.send("POST", "/sim/binance/reset", &json!(null));
    assert!(exchange.try_open("/ws").is_ok());
}

#[test]
fn a_client_that_does_not_read_is_cut_and_the_others_go_on() {
    let exchange = Exchange::start_with(&["--exchange-rate", "5000"]);
    let streams = "btcusdt@bookTicker/btcusdt@trade/btcusdt@aggTrade/ethusdt@bookTicker/ethusdt@trade";
    let slow = exchange.open(&format!("/stream?streams={streams}"));
    let mut quick = exchange.open("/ws/btcusdt@depth@100ms");
    let deadline = Instant::now() + PATIENCE;
    while exchange.stats()["connections_open"] != 1 {
        quick.collect(Duration::from_millis(100));
        assert!(Instant::now() < deadline, "the slow client is still there");
    }
    assert_eq!(quick.next()["e"], "depthUpdate");
    drop(slow);
}

#[test]
fn sigterm_says_goodbye_to_every_client() {
    let exchange = Exchange::start();
    let mut client = exchange.open("/ws/btcusdt@depth@100ms");
    client.next();
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| exchange.terminate());
        assert_eq!(client.end(), End::Closed(1_001, "Server shutdown".to_owned()));
        assert!(ended.join().unwrap());
    });
}
