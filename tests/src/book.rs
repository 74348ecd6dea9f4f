//! A subscriber's copy of one symbol's book, which believes nothing that does not follow.

use serde_json::Value;
use std::collections::BTreeMap;

/// Made from messages with `"numbers": "string"`.
#[derive(Debug, Default)]
pub struct Book {
    pub epoch: u64,
    pub sequence: u64,
    /// By price as a number, so that they are in order; with the digits as they came.
    sides: [BTreeMap<u128, (String, String)>; 2],
}

impl Book {
    /// A snapshot replaces everything; a change must follow on the number before it. Panics where it does not.
    pub fn apply(&mut self, change: &Value) {
        let [epoch, sequence, before] =
            ["epoch", "sequence", "prevSequence"].map(|name| change[name].as_u64().expect("a change has its numbers"));
        match change["isSnapshot"].as_bool() {
            Some(true) => self.sides = Default::default(),
            _ => assert_eq!((epoch, before), (self.epoch, self.sequence), "a change follows on what is known"),
        }
        (self.epoch, self.sequence) = (epoch, sequence);
        for (side, name) in self.sides.iter_mut().zip(["bids", "asks"]) {
            for level in change[name].as_array().expect("a side is a list") {
                let digits = |name: &str| level[name].as_str().expect("numbers were asked for as text").to_owned();
                let (price, amount) = (digits("price"), digits("amount"));
                match amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
                    true => side.remove(&in_units(&price)),
                    false => side.insert(in_units(&price), (price, amount)),
                };
            }
        }
    }

    /// Bids then asks, best first.
    pub fn levels(&self) -> [Vec<(String, String)>; 2] {
        let [bids, asks] = &self.sides;
        [bids.values().rev().cloned().collect(), asks.values().cloned().collect()]
    }
}

/// Of 10⁻¹².
fn in_units(digits: &str) -> u128 {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{whole}{part:0<12}").parse().expect("a price is a decimal number")
}
