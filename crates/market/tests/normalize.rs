//! `turnpike normalize`, line by line.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use market::exchange::Exchange;
use market::normalize::{LineError, MapperDate, Mode, Options, Session};
use market::topic::Channel;
use serde_json::{Value, json};

fn session(mode: Mode, mapper_date: &str, channels: &[Channel]) -> Session {
    let mapper_date: MapperDate = mapper_date.parse().unwrap();
    Session::new(Options { exchange: Exchange::Binance, channels: channels.to_vec(), mapper_date, mode })
}

fn feed(session: &mut Session, message: Value) -> Vec<Value> {
    let line = json!({"local_timestamp": "2021-10-12T00:28:34.465Z", "message": message}).to_string();
    let mut printed = vec![];
    session.feed_line(&line, &mut printed).unwrap();
    printed.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn depth(first: u64, last: u64) -> Value {
    json!({"stream": "btcusdt@depth", "data": {"e": "depthUpdate", "E": 1633998514469u64, "s": "BTCUSDT", "U": first, "u": last, "b": [["1", "2"]], "a": []}})
}

fn snapshot(id: u64) -> Value {
    json!({"stream": "btcusdt@depthSnapshot", "generated": true, "data": {"lastUpdateId": id, "bids": [["1", "1"]], "asks": []}})
}

/// `snapshot`, `delta`, or the status.
fn kinds(printed: &[Value]) -> Vec<String> {
    let kind = |line: &Value| match line["type"].as_str().unwrap() {
        "book_status" => line["status"].as_str().unwrap().to_owned(),
        "book_change" if line["isSnapshot"] == true => "snapshot".to_owned(),
        "book_change" => "delta".to_owned(),
        other => other.to_owned(),
    };
    printed.iter().map(kind).collect()
}

fn run(session: &mut Session, messages: Vec<Value>) -> Vec<String> {
    messages.into_iter().flat_map(|message| kinds(&feed(session, message))).collect()
}

#[test]
fn strict_says_that_a_book_broke_and_goes_on_only_from_a_snapshot_that_joins() {
    let mut session = session(Mode::Strict, "realtime", &[]);
    let messages =
        vec![snapshot(10), depth(11, 12), depth(15, 16), depth(17, 18), snapshot(9), snapshot(16), depth(19, 19)];
    assert_eq!(run(&mut session, messages), ["snapshot", "delta", "stale", "resyncing", "snapshot", "live", "delta"]);
}

#[test]
fn a_status_names_the_updates_that_are_lost() {
    let mut session = session(Mode::Strict, "realtime", &[]);
    run(&mut session, vec![snapshot(10), depth(11, 12)]);
    let printed = feed(&mut session, depth(15, 16));
    assert_eq!((&printed[0]["lostUpdateIds"], &printed[0]["lastSequence"]), (&json!([13, 14]), &json!(2)));
}

#[test]
fn plain_maps_what_comes_once_the_first_difference_has_joined() {
    let messages = || vec![snapshot(10), depth(9, 10), depth(11, 12), depth(15, 16), depth(11, 12), snapshot(20)];
    assert_eq!(run(&mut session(Mode::Plain, "realtime", &[]), messages()), ["snapshot", "delta", "delta", "delta"]);
}

#[test]
fn plain_refuses_a_snapshot_that_nothing_joins_unless_the_recording_is_old() {
    for messages in [vec![snapshot(10), depth(12, 13), depth(14, 15)], vec![depth(12, 13), snapshot(10), depth(14, 15)]]
    {
        let printed = run(&mut session(Mode::Plain, "realtime", &[]), messages.clone());
        assert!(printed.ends_with(&["stale".into()]) && !printed.contains(&"delta".into()), "{printed:?}");
        let forgiven = run(&mut session(Mode::Plain, "2020-01-01", &[]), messages);
        assert!(forgiven.contains(&"snapshot".into()) && forgiven.ends_with(&["delta".into()]), "{forgiven:?}");
    }
}

#[test]
fn only_the_wanted_kinds_are_printed() {
    let mut session = session(Mode::Plain, "", &[Channel::Trade]);
    let trade =
        json!({"stream": "btcusdt@trade", "data": {"s": "BTCUSDT", "t": 1, "p": "1", "q": "2", "T": 1, "m": true}});
    assert_eq!(run(&mut session, vec![snapshot(1), trade, depth(2, 2)]), ["trade"]);
}

#[test]
fn a_bad_line_is_reported_and_the_next_one_is_read() {
    let mut session = session(Mode::Plain, "realtime", &[]);
    let mut printed = vec![];
    let mut feed_line = |line: &str| session.feed_line(line, &mut printed);
    assert!(matches!(feed_line("no json"), Err(LineError::Malformed(_))));
    assert!(matches!(feed_line(r#"{"local_timestamp":"now","message":{}}"#), Err(LineError::LocalTimestamp(_))));
    assert!(matches!(
        feed_line(r#"{"local_timestamp":"2021-10-12T00:28:34Z","message":{"e":"trade"}}"#),
        Err(LineError::Frame(_))
    ));
    assert!(feed_line("  ").is_ok());
    assert!(printed.is_empty());
    assert_eq!(session.quarantine().count(), 1);
    assert_eq!(run(&mut session, vec![snapshot(1)]), ["snapshot"]);
}
