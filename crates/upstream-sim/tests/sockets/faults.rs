//! Every fault does what its name says, and nothing more.

use std::io::Read;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::simulator::{KEY, Reply, Simulator, request};

fn stream(simulator: &Simulator, fault: &str) -> Reply {
    let options =
        json!({ "model": format!("gpt-sim-{fault}"), "stream": true, "stream_options": { "include_usage": true } });
    simulator.chat(&request("tokens=12", options))
}

fn whole(simulator: &Simulator, fault: &str) -> Reply {
    simulator.chat(&request("tokens=12", json!({ "model": format!("gpt-sim-{fault}") })))
}

fn last_outcome(simulator: &Simulator) -> Value {
    let record = simulator.served().pop().unwrap();
    json!([record["outcome"], record["status"], record["sent_tokens"], record["usage_sent"]])
}

#[test]
fn a_status_is_answered_in_openais_envelope() {
    let simulator = Simulator::start();
    for status in [400, 401, 402, 403, 404, 408, 409, 422, 429, 500, 502, 503, 504] {
        for fault in [format!("error-{status}"), status.to_string()] {
            let reply = whole(&simulator, &fault);
            assert_eq!(reply.status, status);
            assert!(reply.json()["error"]["message"].is_string());
            assert_eq!(last_outcome(&simulator), json!(["error", status, 0, false]));
        }
    }
    let limited = stream(&simulator, "429");
    assert_eq!((limited.header("retry-after"), limited.header("retry-after-ms")), (Some("1"), Some("600")));
    let broke = whole(&simulator, "quota");
    assert_eq!((broke.status, &broke.json()["error"]["code"]), (429, &json!("insufficient_quota")));
    assert_eq!(broke.header("retry-after"), None);
}

#[test]
fn a_cut_stream_ends_without_the_end_of_its_body() {
    let simulator = Simulator::start();
    let cut = stream(&simulator, "cut-5");
    assert_eq!((cut.status, cut.whole, cut.contents().len()), (200, false, 5));
    assert_eq!(last_outcome(&simulator), json!(["cut", 200, 5, false]));
    let at_once = stream(&simulator, "cut-0");
    assert_eq!((at_once.status, at_once.whole, at_once.contents().len(), at_once.chunks().len()), (200, false, 0, 1));
    let half = whole(&simulator, "cut-1");
    assert!(!half.whole && !half.body.is_empty() && serde_json::from_slice::<Value>(&half.body).is_err());
}

#[test]
fn an_error_in_the_middle_is_the_last_event() {
    let simulator = Simulator::start();
    let broken = stream(&simulator, "error-mid-3");
    assert!(broken.whole);
    let chunks = broken.chunks();
    assert_eq!((broken.contents().len(), chunks.last().unwrap()["error"]["type"].as_str()), (3, Some("server_error")));
    assert!(!broken.text().contains("[DONE]") && !broken.text().contains("\"finish_reason\":\"stop\""));
    assert_eq!(last_outcome(&simulator), json!(["error", 200, 3, false]));
    assert_eq!(whole(&simulator, "error-mid-3").status, 500);
}

#[test]
fn usage_can_be_missing_or_in_the_last_choice() {
    let simulator = Simulator::start();
    let without = stream(&simulator, "no-usage");
    assert!(without.whole && without.chunks().iter().all(|chunk| chunk["usage"].is_null()));
    assert_eq!(last_outcome(&simulator), json!(["complete", 200, 12, false]));
    assert!(whole(&simulator, "no-usage").json().get("usage").is_none());
    let unasked = request("tokens=12", json!({ "model": "sim-usage-in-last-choice", "stream": true }));
    let last = simulator.chat(&unasked).chunks().pop().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    let usage = &last["usage"];
    assert_eq!(usage["completion_tokens"], 12);
    assert_eq!(usage["prompt_cache_miss_tokens"], usage["prompt_tokens"]);
    assert_eq!(last_outcome(&simulator), json!(["complete", 200, 12, true]));
}

#[test]
fn done_can_be_missing() {
    let simulator = Simulator::start();
    let reply = stream(&simulator, "drop-done");
    assert!(reply.whole && !reply.text().contains("[DONE]"));
    assert_eq!(reply.chunks().last().unwrap()["usage"]["completion_tokens"], 12);
    assert_eq!(last_outcome(&simulator), json!(["cut", 200, 12, true]));
}

#[test]
fn garbage_is_no_json() {
    let simulator = Simulator::start();
    let reply = whole(&simulator, "garbage");
    assert!(reply.status == 200 && serde_json::from_slice::<Value>(&reply.body).is_err());
    let broken = stream(&simulator, "garbage").text();
    assert!(broken.contains("<html>") && !broken.contains("[DONE]"));
    assert_eq!(last_outcome(&simulator), json!(["error", 200, 1, false]));
}

#[test]
fn a_reset_connection_has_not_one_byte() {
    let simulator = Simulator::start();
    let reply = stream(&simulator, "reset");
    assert_eq!((reply.status, reply.head.len(), reply.body.len()), (0, 0, 0));
    assert_eq!(last_outcome(&simulator), json!(["cut", 0, 0, false]));
}

#[test]
fn a_hung_request_is_never_answered() {
    let simulator = Simulator::start();
    let mut open = simulator.open_chat(&request("hi", json!({ "model": "sim-hang" })));
    open.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(open.read(&mut [0; 1]).is_err());
    assert_eq!(simulator.get("/sim/stats")["in_flight"], 1);
    drop(open);
    assert_eq!(last_outcome(&simulator), json!(["hung", 0, 0, false]));
}

#[test]
fn delays_come_where_they_are_asked_for() {
    let simulator = Simulator::start();
    let started = Instant::now();
    assert_eq!(stream(&simulator, "slow-chunk-20").contents().len(), 12);
    assert!(started.elapsed() >= Duration::from_millis(11 * 20));
    let started = Instant::now();
    let body = request("tokens=12", json!({ "model": "sim-slow-first-150", "stream": true }));
    let mut open = simulator.open_chat(&body);
    open.read_exact(&mut [0; 1]).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(150));
}

#[test]
fn writes_can_be_one_or_very_many_without_changing_the_stream() {
    let simulator = Simulator::start();
    let plain = stream(&simulator, "").contents();
    assert_eq!(plain.len(), 12);
    for fault in ["one-write", "byte-split"] {
        let reply = stream(&simulator, fault);
        assert!(reply.whole);
        assert_eq!((reply.contents(), reply.events().last().unwrap().as_str()), (plain.clone(), "[DONE]"));
        assert_eq!(last_outcome(&simulator), json!(["complete", 200, 12, true]));
    }
    assert!(whole(&simulator, "byte-split").json()["usage"].is_object());
    let reads = |fault: &str| {
        let body = request("tokens=12", json!({ "model": format!("sim-{fault}"), "stream": true }));
        let mut open = simulator.open_chat(&body);
        let mut piece = [0; 1 << 20];
        std::iter::from_fn(|| open.read(&mut piece).ok().filter(|length| *length > 0)).count()
    };
    assert_eq!(reads("one-write"), 1);
    assert!(reads("byte-split") > 50, "{}", reads("byte-split"));
}

#[test]
fn a_fault_can_be_set_from_outside_for_some_requests_or_until_deleted() {
    let simulator = Simulator::start();
    let set = |order: Value| simulator.send("POST", "/sim/faults", &[], order.to_string().as_bytes()).status;
    let status = |model: &str| simulator.chat(&request("hi", json!({ "model": model }))).status;
    assert_eq!(set(json!({ "model": "*", "fault": "error-503", "times": 1 })), 204);
    assert_eq!((status("any"), status("any")), (503, 200));
    assert_eq!(set(json!({ "model": "a", "fault": "429", "times": null })), 204);
    assert_eq!((status("a"), status("b"), status("a")), (429, 200, 429));
    assert_eq!(simulator.get("/sim/faults")["faults"][0]["fault"], "429");
    assert_eq!(simulator.send("DELETE", "/sim/faults", &[], b"").status, 204);
    assert_eq!(status("a"), 200);
    assert_eq!(set(json!({ "model": "a", "fault": "explode" })), 400);
    set(json!({ "model": "*", "fault": "error-500", "times": 1 }));
    let body = json!({ "model": "e", "input": "x" }).to_string();
    assert_eq!(simulator.send("POST", "/v1/embeddings", &[KEY], body.as_bytes()).status, 500);
}
