//! What an exchange lists, so that a typing mistake is refused and neither followed nor paid for.

use super::snapshots::Snapshots;
use market::instrument::Symbol;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Weight of the question, which is one for all symbols.
const WEIGHT: u32 = 20;
/// Symbols are taken off the list so seldom that an hour is soon.
const LISTED_FOR: Duration = Duration::from_secs(3600);
/// A symbol that was not there may have been added since; whoever mistypes must not make us ask each time.
const UNLISTED_FOR: Duration = Duration::from_secs(60);
const AGAIN_AFTER: Duration = Duration::from_secs(5);
const WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Listing {
    snapshots: Arc<Snapshots>,
    /// Held while asking, so that everybody waits for one answer.
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    symbols: HashSet<Symbol>,
    read_at: Option<Instant>,
    failed_at: Option<Instant>,
}

impl Listing {
    pub(super) fn new(snapshots: Arc<Snapshots>) -> Self {
        Self { snapshots, known: Mutex::default() }
    }

    /// An exchange that does not answer is given the benefit of the doubt: what is not listed is silent there.
    pub(super) async fn has(&self, symbol: &Symbol) -> bool {
        let mut known = self.known.lock().await;
        if let Some(listed) = known.answer(symbol, Instant::now()) {
            return listed;
        }
        let exchange = self.snapshots.exchange();
        let path = exchange.instruments_path();
        let asking = self.snapshots.ask(&path, WEIGHT, || true);
        let body = tokio::time::timeout(WITHIN, asking).await.ok().flatten().and_then(Result::ok);
        match body.and_then(|body| exchange.parse_instruments(&body).ok()) {
            Some(symbols) => {
                let symbols: HashSet<Symbol> = symbols.into_iter().collect();
                let listed = symbols.contains(symbol);
                *known = Known { symbols, read_at: Some(Instant::now()), failed_at: None };
                listed
            }
            None => {
                tracing::warn!(exchange.name = %exchange, "what the exchange lists cannot be read, every symbol is let through");
                known.failed_at = Some(Instant::now());
                true
            }
        }
    }
}

impl Known {
    /// None: ask.
    fn answer(&self, symbol: &Symbol, now: Instant) -> Option<bool> {
        let within = |at: Option<Instant>, time| at.is_some_and(|at| now.duration_since(at) < time);
        if self.symbols.contains(symbol) && within(self.read_at, LISTED_FOR) {
            return Some(true);
        }
        if within(self.failed_at, AGAIN_AFTER) {
            return Some(true);
        }
        within(self.read_at, UNLISTED_FOR).then(|| self.symbols.contains(symbol))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_counts_long_for_what_is_on_it_and_shortly_for_what_is_not() {
        let symbol = |text| Symbol::parse(text).unwrap();
        let read_at = Instant::now();
        let known = Known { symbols: HashSet::from([symbol("A")]), read_at: Some(read_at), failed_at: None };
        let after = |name, seconds| known.answer(&symbol(name), read_at + Duration::from_secs(seconds));
        assert_eq!((after("A", 59), after("B", 59)), (Some(true), Some(false)));
        assert_eq!((after("A", 61), after("B", 61)), (Some(true), None));
        assert_eq!(after("A", 3601), None);
        assert_eq!(Known::default().answer(&symbol("A"), read_at), None);
    }

    #[test]
    fn an_exchange_that_does_not_answer_lets_through_and_is_soon_asked_again() {
        let failed_at = Instant::now();
        let known = Known { failed_at: Some(failed_at), ..Known::default() };
        let a = Symbol::parse("A").unwrap();
        assert_eq!(known.answer(&a, failed_at + Duration::from_secs(4)), Some(true));
        assert_eq!(known.answer(&a, failed_at + Duration::from_secs(5)), None);
    }
}
