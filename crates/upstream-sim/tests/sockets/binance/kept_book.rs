//! A book kept from a snapshot and a depth stream by the exchange's published rule.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::exchange::Exchange;

/// Prices and quantities stay the texts they came as: ordering them needs the same number of digits, which is so here.
pub(crate) struct KeptBook {
    pub(crate) update_id: u64,
    bids: BTreeMap<String, String>,
    asks: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Applied {
    /// Older than the book.
    Dropped,
    Yes,
    /// Something before it is missing.
    Gap,
}

impl KeptBook {
    pub(crate) fn new(snapshot: &Value) -> Self {
        let mut book =
            Self { update_id: number(&snapshot["lastUpdateId"]), bids: BTreeMap::new(), asks: BTreeMap::new() };
        book.set(&snapshot["bids"], &snapshot["asks"]);
        book
    }

    pub(crate) fn apply(&mut self, message: &Value) -> Applied {
        let (first, last) = (number(&message["U"]), number(&message["u"]));
        if last <= self.update_id {
            return Applied::Dropped;
        }
        if first > self.update_id + 1 {
            return Applied::Gap;
        }
        self.set(&message["b"], &message["a"]);
        self.update_id = last;
        Applied::Yes
    }

    fn set(&mut self, bids: &Value, asks: &Value) {
        for (levels, changes) in [(&mut self.bids, bids), (&mut self.asks, asks)] {
            for change in changes.as_array().unwrap() {
                let [price, quantity] = [0, 1].map(|place| change[place].as_str().unwrap().to_owned());
                if quantity == "0.00000000" {
                    levels.remove(&price);
                } else {
                    levels.insert(price, quantity);
                }
            }
        }
    }

    /// In the shape of a snapshot, best first.
    fn to_value(&self) -> Value {
        let bids: Vec<_> = self.bids.iter().rev().collect();
        let asks: Vec<_> = self.asks.iter().collect();
        json!({ "lastUpdateId": self.update_id, "bids": bids, "asks": asks })
    }

    pub(crate) fn assert_true(&self, exchange: &Exchange, symbol: &str) {
        let truth = exchange.get(&format!("/sim/binance/book?symbol={symbol}&update_id={}", self.update_id));
        assert!(self.to_value() == truth, "the book at {} is not the truth", self.update_id);
    }
}

pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}
