//! What `/sim/served` and `/sim/stats` say is what happened, also to clients that left.

use std::io::Read;
use std::time::Duration;

use serde_json::json;

use crate::simulator::{CHAT, KEY, Simulator, request};

#[test]
fn every_request_has_one_record_that_agrees_with_its_reply() {
    let simulator = Simulator::start();
    let body = request("tokens=20", json!({ "reasoning_effort": "low" })).to_string();
    let headers = [KEY, ("x-client-request-id", "req-1")];
    let reply = simulator.send("POST", CHAT, &headers, body.as_bytes()).json();
    simulator.chat(&request("tokens=5", json!({ "stream": true })));
    simulator.chat(&request("hi", json!({ "n": 0 })));
    let served = simulator.served();
    assert_eq!(served.len(), 3);
    let first = &served[0];
    assert_eq!((&first["id"], &first["client_request_id"]), (&reply["id"], &json!("req-1")));
    assert_eq!(first["prompt_tokens"], reply["usage"]["prompt_tokens"]);
    assert_eq!(first["completion_tokens"], reply["usage"]["completion_tokens"]);
    assert_eq!((&first["completion_tokens"], &first["sent_tokens"]), (&json!(36), &json!(20)));
    assert_eq!((&first["outcome"], &first["concurrent"]), (&json!("complete"), &json!(1)));
    let stats = simulator.get("/sim/stats");
    assert_eq!((&stats["requests"], &stats["complete"], &stats["errors"]), (&json!(3), &json!(2), &json!(1)));
    assert_eq!(stats["tokens"]["completion"], 41);
    assert_eq!(simulator.send("POST", "/sim/reset", &[], b"").status, 204);
    assert!(simulator.served().is_empty());
    assert_eq!(simulator.get("/sim/stats")["requests"], 0);
}

#[test]
fn a_client_that_leaves_a_stream_is_recorded_with_what_was_sent() {
    let simulator = Simulator::start();
    let body = request("tokens=1000", json!({ "model": "sim-slow-chunk-20", "stream": true }));
    let mut open = simulator.open_chat(&body);
    let mut read = Vec::new();
    while String::from_utf8_lossy(&read).matches("\"content\"").count() < 4 {
        let mut piece = [0; 4096];
        let length = open.read(&mut piece).unwrap();
        read.extend_from_slice(&piece[..length]);
    }
    drop(open);
    let record = simulator.served().pop().unwrap();
    assert_eq!((&record["outcome"], &record["completion_tokens"]), (&json!("client_gone"), &json!(1000)));
    let sent = record["sent_tokens"].as_u64().unwrap();
    assert!((3..20).contains(&sent), "{sent}");
    assert_eq!(simulator.get("/sim/stats")["client_gone"], 1);
}

#[test]
fn a_client_that_stops_reading_a_fast_stream_is_not_recorded_as_complete() {
    let simulator = Simulator::start();
    let body = request("tokens=100000", json!({ "stream": true }));
    let mut open = simulator.open_chat(&body);
    open.read_exact(&mut [0; 1000]).unwrap();
    drop(open);
    let record = simulator.served().pop().unwrap();
    assert_eq!(record["outcome"], "client_gone");
    assert!(record["sent_tokens"].as_u64().unwrap() < 100_000);
}

#[test]
fn a_client_that_leaves_before_a_slow_answer_is_recorded() {
    let simulator = Simulator::start();
    let open = simulator.open_chat(&request("hi", json!({ "model": "sim-slow-first-60000" })));
    while simulator.get("/sim/stats")["in_flight"] == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(open);
    let record = simulator.served().pop().unwrap();
    assert_eq!((&record["outcome"], &record["status"]), (&json!("client_gone"), &json!(0)));
}

#[test]
fn the_most_requests_at_once_are_counted() {
    let simulator = Simulator::start();
    let open: Vec<_> = (0..5).map(|_| simulator.open_chat(&request("hi", json!({ "model": "sim-hang" })))).collect();
    while simulator.get("/sim/stats")["in_flight"] != 5 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(open);
    let mut concurrent: Vec<_> = simulator.served().iter().map(|record| record["concurrent"].as_u64()).collect();
    concurrent.sort();
    assert_eq!(concurrent, [1, 2, 3, 4, 5].map(Some));
    assert_eq!(simulator.get("/sim/stats")["max_in_flight"], 5);
}
