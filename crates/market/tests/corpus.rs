//! The recorded messages beside the checkout become the messages they must become.
//!
//! The corpus is not part of the repository; without it these tests say so and pass.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use std::path::{Path, PathBuf};

use market::exchange::Exchange;
use market::normalize::{Mode, Options, Session};
use market::timestamp::Timestamp;
use serde_json::Value;

fn cases(file: &str) -> Option<Vec<Value>> {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../../shared/data/market", file].iter().collect();
    read(&path).or_else(|| {
        println!("skipped: there is no {}", path.display());
        None
    })
}

fn read(path: &Path) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn run(case: &Value, mode: Mode) -> Vec<Value> {
    let mapper_date = case["mapper_date"].as_str().unwrap().parse().unwrap();
    let mut session = Session::new(Options { exchange: Exchange::Binance, channels: vec![], mapper_date, mode });
    let mut printed = vec![];
    for (at, message) in case["raw_messages"].as_array().unwrap().iter().enumerate() {
        let local_timestamp = case["local_timestamps"].get(at).unwrap_or(&case["local_timestamp"]);
        let line = serde_json::json!({"local_timestamp": local_timestamp, "message": message}).to_string();
        session.feed_line(&line, &mut printed).unwrap();
    }
    printed.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Numbers by value, moments by instant, members of ours ignored.
fn same(expected: &Value, printed: &Value) -> bool {
    match (expected, printed) {
        (Value::Object(expected), Value::Object(printed)) => {
            expected.iter().all(
                |(name, value)| if value.is_null() { true } else { printed.get(name).is_some_and(|p| same(value, p)) },
            )
        }
        (Value::Array(expected), Value::Array(printed)) => {
            expected.len() == printed.len() && expected.iter().zip(printed).all(|(e, p)| same(e, p))
        }
        (Value::Number(expected), Value::Number(printed)) => expected.as_f64() == printed.as_f64(),
        (Value::String(expected), Value::String(printed)) if expected != printed => {
            let moments = (Timestamp::parse(expected), Timestamp::parse(printed));
            matches!(moments, (Ok(expected), Ok(printed)) if expected == printed)
        }
        _ => expected == printed,
    }
}

fn has_tag(case: &Value, tag: &str) -> bool {
    case["tags"].as_array().unwrap().iter().any(|t| t == tag)
}

#[test]
fn recorded_messages_become_the_messages_they_must_become() {
    for case in cases("binance.jsonl").unwrap_or_default() {
        let expected = &case["expected"];
        let printed = Value::Array(run(&case, Mode::Plain));
        assert!(same(expected, &printed), "{}:\nexpected {expected}\nprinted {printed}", case["name"]);
        if !has_tag(&case, "seq_gap") && !has_tag(&case, "orphan_delta") {
            assert_eq!(Value::Array(run(&case, Mode::Strict)), printed, "{}: strict differs", case["name"]);
        }
    }
}

#[test]
fn a_recorded_book_stops_at_the_message_that_was_taken_out() {
    for case in cases("gaps/binance.jsonl").unwrap_or_default() {
        let printed = run(&case, Mode::Strict);
        let (changes, others): (Vec<_>, Vec<_>) = printed.into_iter().partition(|line| line["type"] == "book_change");
        assert!(same(&case["expected"], &Value::Array(changes)), "{}", case["name"]);
        let stale = others.iter().filter(|line| line["type"] == "book_status" && line["status"] == "stale").count();
        assert_eq!(stale, 1, "{}: {others:?}", case["name"]);
    }
}
