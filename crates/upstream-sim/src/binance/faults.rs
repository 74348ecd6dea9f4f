//! What may go wrong on purpose, and the rules that say for which symbol and how often.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A depth message is never sent.
    Gap,
    /// A depth message is sent twice.
    Repeat,
    /// A depth message is sent after the next one.
    Reorder,
    /// A depth message is made `window::OVERSIZED_BYTES` long.
    Oversized,
    /// Nothing of the symbol is sent for so many milliseconds.
    StallMs(u64),
    /// Connections end without a close frame.
    Disconnect,
    /// Connections are told of a shutdown, and closed.
    Close24h,
    /// A snapshot is taken, and sent so many milliseconds later.
    LateSnapshotMs(u64),
    /// A snapshot is of about ten seconds ago.
    OldSnapshot,
    /// A request is refused for its weight.
    Rest429,
}

/// Where a fault takes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Depth,
    Symbol,
    Connections,
    Snapshot,
    Request,
}

/// Bounds what is held back, and how long a request can hang.
const LONGEST_MS: u64 = 120_000;

impl Fault {
    /// `None` when the word is not known.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "gap" => Self::Gap,
            "repeat" => Self::Repeat,
            "reorder" => Self::Reorder,
            "oversized" => Self::Oversized,
            "disconnect" => Self::Disconnect,
            "close-24h" => Self::Close24h,
            "old-snapshot" => Self::OldSnapshot,
            "rest-429" => Self::Rest429,
            _ => {
                let (name, number) = word.rsplit_once('-')?;
                let milliseconds = number.parse().ok().filter(|milliseconds| *milliseconds <= LONGEST_MS)?;
                match name {
                    "stall" => Self::StallMs(milliseconds),
                    "late-snapshot" => Self::LateSnapshotMs(milliseconds),
                    _ => return None,
                }
            }
        })
    }

    fn place(self) -> Place {
        match self {
            Self::Gap | Self::Repeat | Self::Reorder | Self::Oversized => Place::Depth,
            Self::StallMs(_) => Place::Symbol,
            Self::Disconnect | Self::Close24h => Place::Connections,
            Self::LateSnapshotMs(_) | Self::OldSnapshot => Place::Snapshot,
            Self::Rest429 => Place::Request,
        }
    }
}

/// The shape of `POST /sim/binance/faults`, and of an item of `GET /sim/binance/faults`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultOrder {
    /// A symbol in upper case, or `*`.
    pub(crate) symbol: String,
    pub(crate) fault: String,
    /// How many times it happens; without it, until deleted.
    #[serde(default)]
    pub(crate) times: Option<u64>,
}

#[derive(Default)]
pub(crate) struct FaultRules {
    /// Newest first. Held for a scan of at most `RULES_LIMIT`, never across an await.
    rules: Mutex<VecDeque<(FaultOrder, Fault)>>,
}

/// More than any test sets; the oldest rule gives way.
const RULES_LIMIT: usize = 1_000;

impl FaultRules {
    /// False when the order's fault is not known.
    pub(crate) fn set(&self, order: FaultOrder) -> bool {
        let Some(fault) = Fault::parse(&order.fault) else {
            return false;
        };
        let mut rules = self.lock();
        rules.truncate(RULES_LIMIT - 1);
        if order.times != Some(0) {
            rules.push_front((order, fault));
        }
        true
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Those still in force, newest first.
    pub(crate) fn orders(&self) -> Vec<FaultOrder> {
        self.lock().iter().map(|(order, _)| order.clone()).collect()
    }

    /// The newest fault of this place for the symbol, or for `*`; counts one use of its rule.
    pub(crate) fn take(&self, place: Place, symbol: &str) -> Option<Fault> {
        self.take_where(place, |ruled| ruled == "*" || ruled == symbol).map(|(_, fault)| fault)
    }

    /// The newest fault of this place whose symbol fits, with that symbol.
    pub(crate) fn take_where(&self, place: Place, fits: impl Fn(&str) -> bool) -> Option<(String, Fault)> {
        let mut rules = self.lock();
        let found = rules.iter().position(|(order, fault)| fault.place() == place && fits(&order.symbol))?;
        let (order, fault) = &mut rules[found];
        let taken = (order.symbol.clone(), *fault);
        if let Some(times) = &mut order.times {
            *times -= 1;
            if *times == 0 {
                rules.remove(found);
            }
        }
        Some(taken)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(FaultOrder, Fault)>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(symbol: &str, fault: &str, times: Option<u64>) -> FaultOrder {
        FaultOrder { symbol: symbol.to_owned(), fault: fault.to_owned(), times }
    }

    #[test]
    fn a_rule_holds_for_its_symbol_its_place_and_its_times() {
        let rules = FaultRules::default();
        assert!(rules.set(order("BTCUSDT", "gap", Some(2))));
        assert!(rules.set(order("*", "stall-200", None)));
        assert_eq!(rules.take(Place::Depth, "ETHUSDT"), None);
        assert_eq!(rules.take(Place::Symbol, "ETHUSDT"), Some(Fault::StallMs(200)));
        assert_eq!(rules.take(Place::Depth, "BTCUSDT"), Some(Fault::Gap));
        assert_eq!(rules.take(Place::Depth, "BTCUSDT"), Some(Fault::Gap));
        assert_eq!(rules.take(Place::Depth, "BTCUSDT"), None);
        assert_eq!(rules.orders().len(), 1);
    }

    #[test]
    fn unknown_words_and_endless_waits_are_refused() {
        for word in ["explode", "stall", "stall-", "stall-x", "stall-120001", "late-snapshot-", "gap-3"] {
            assert!(!FaultRules::default().set(order("*", word, None)), "{word}");
        }
    }
}
