//! What an exchange says about a book, in its own numbers: differences and full snapshots.

use crate::digits::{Digits, DigitsError, Price};
use crate::instrument::Symbol;
use crate::timestamp::Timestamp;

/// One price and what is offered there. The amount is absolute; 0 takes the level away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub price: Price,
    amount: Digits,
}

impl Level {
    /// A negative amount is refused.
    pub fn new(price: Digits, amount: Digits) -> Result<Self, DigitsError> {
        if amount.is_negative() {
            return Err(DigitsError::Negative);
        }
        Ok(Self { price: Price::new(price)?, amount })
    }

    pub fn amount(&self) -> &Digits {
        &self.amount
    }
}

/// Changes of one symbol's book, covering the exchange's update ids `first_update_id..=last_update_id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    pub symbol: Symbol,
    pub first_update_id: u64,
    pub last_update_id: u64,
    /// The exchange's event time.
    pub timestamp: Timestamp,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
}

/// The levels of one symbol's book as of `update_id`, best first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub update_id: u64,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
    /// How many levels were asked for on each side: a side that has as many may go on beyond what is shown. `None`: all are shown.
    pub levels_max: Option<usize>,
}
