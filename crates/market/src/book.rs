//! The levels of one symbol. Knows nothing of sequences: it applies what it is given.

use std::collections::BTreeMap;

use crate::depth::{Level, Snapshot};
use crate::digits::Price;
use crate::event::{BookChange, Coverage};

/// A refresh is due when less than this part (1/4) of the prices covered by a limited snapshot is left between best price and edge.
const COVERAGE_LEFT_PART: i128 = 4;

#[derive(Debug, Clone, Default)]
pub struct Book {
    bids: BTreeMap<i128, Level>,
    asks: BTreeMap<i128, Level>,
    bid_edge: Option<Edge>,
    ask_edge: Option<Edge>,
}

/// Where a limited snapshot ended.
#[derive(Debug, Clone)]
struct Edge {
    price: Price,
    /// From the best price to the edge when the snapshot was taken.
    span: i128,
}

impl Book {
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        let mut book = Self {
            bid_edge: edge(&snapshot.bids, snapshot.levels_max),
            ask_edge: edge(&snapshot.asks, snapshot.levels_max),
            ..Self::default()
        };
        set(&mut book.bids, snapshot.bids);
        set(&mut book.asks, snapshot.asks);
        book
    }

    /// Amounts are absolute, 0 takes a level away; taking away what is not there is normal.
    pub fn apply(&mut self, bids: &[Level], asks: &[Level]) {
        set(&mut self.bids, bids.iter().cloned());
        set(&mut self.asks, asks.iter().cloned());
    }

    /// Best first.
    pub fn bids(&self) -> impl Iterator<Item = &Level> {
        self.bids.values().rev()
    }

    /// Best first.
    pub fn asks(&self) -> impl Iterator<Item = &Level> {
        self.asks.values()
    }

    /// The best bid is not below the best ask: no market looks like this for long, so the book or the exchange is wrong.
    pub fn crossed(&self) -> bool {
        match (self.bids.last_key_value(), self.asks.first_key_value()) {
            (Some((bid, _)), Some((ask, _))) => bid >= ask,
            _ => false,
        }
    }

    pub fn coverage(&self) -> Coverage {
        let digits = |edge: &Option<Edge>| edge.as_ref().map(|edge| edge.price.digits().clone());
        Coverage { bids_down_to: digits(&self.bid_edge), asks_up_to: digits(&self.ask_edge) }
    }

    /// The market has moved so close to the edge of what a limited snapshot showed that a new one is due.
    pub fn near_edge(&self) -> bool {
        let near = |edge: &Option<Edge>, left: &dyn Fn(i128) -> Option<i128>| {
            // An empty side has nothing left of what was covered.
            edge.as_ref().is_some_and(|edge| left(edge.price.key()).unwrap_or(0) <= edge.span / COVERAGE_LEFT_PART)
        };
        near(&self.bid_edge, &|edge| self.bids.last_key_value().map(|(best, _)| best.saturating_sub(edge)))
            || near(&self.ask_edge, &|edge| self.asks.first_key_value().map(|(best, _)| edge.saturating_sub(*best)))
    }

    pub fn to_snapshot(&self) -> BookChange {
        BookChange {
            snapshot: true,
            bids: self.bids().cloned().collect(),
            asks: self.asks().cloned().collect(),
            coverage: self.coverage(),
        }
    }
}

fn edge(levels: &[Level], levels_max: Option<usize>) -> Option<Edge> {
    let (first, last) = (levels.first()?, levels.last()?);
    let limited = levels_max.is_some_and(|max| levels.len() >= max);
    let span = i128::try_from(first.price.key().abs_diff(last.price.key())).unwrap_or(i128::MAX);
    limited.then(|| Edge { price: last.price.clone(), span })
}

fn set(side: &mut BTreeMap<i128, Level>, levels: impl IntoIterator<Item = Level>) {
    for level in levels {
        match level.amount().is_zero() {
            true => side.remove(&level.price.key()),
            false => side.insert(level.price.key(), level),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::Digits;

    fn levels(levels: &[(&str, &str)]) -> Vec<Level> {
        let level = |(price, amount): &(&str, &str)| {
            Level::new(Digits::parse(price).unwrap(), Digits::parse(amount).unwrap()).unwrap()
        };
        levels.iter().map(level).collect()
    }

    fn book(bids: &[(&str, &str)], asks: &[(&str, &str)], levels_max: Option<usize>) -> Book {
        Book::from_snapshot(Snapshot { update_id: 1, bids: levels(bids), asks: levels(asks), levels_max })
    }

    fn shown<'a>(side: impl Iterator<Item = &'a Level>) -> Vec<(String, String)> {
        side.map(|level| (level.price.digits().to_string(), level.amount().to_string())).collect()
    }

    #[test]
    fn levels_come_best_first_with_the_exchanges_digits() {
        let mut book = book(&[("9.90", "1.0")], &[("10.10", "2.00")], None);
        book.apply(&levels(&[("9.95", "0.50"), ("9.8", "3")]), &levels(&[("10.05", "1e1")]));
        let text =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(p, a)| (p.to_string(), a.to_string())).collect::<Vec<_>>();
        assert_eq!(shown(book.bids()), text(&[("9.95", "0.50"), ("9.90", "1.0"), ("9.8", "3")]));
        assert_eq!(shown(book.asks()), text(&[("10.05", "1e1"), ("10.10", "2.00")]));
    }

    #[test]
    fn zero_takes_a_level_away_however_its_price_is_written() {
        let mut book = book(&[("9.90", "1")], &[("10.10", "2")], None);
        book.apply(&levels(&[("9.9", "0.000"), ("5", "0")]), &levels(&[("10.100", "0")]));
        assert_eq!((book.bids().count(), book.asks().count()), (0, 0));
    }

    #[test]
    fn a_crossed_or_locked_book_is_seen() {
        assert!(!book(&[("9.99", "1")], &[("10", "1")], None).crossed());
        assert!(book(&[("10", "1")], &[("10.0", "1")], None).crossed());
        assert!(!book(&[("10", "1")], &[], None).crossed());
    }

    #[test]
    fn only_a_side_as_long_as_the_limit_has_an_edge() {
        let book = book(&[("10", "1"), ("9", "1")], &[("11", "1")], Some(2));
        let Coverage { bids_down_to, asks_up_to } = book.coverage();
        assert_eq!((bids_down_to.unwrap().as_str(), asks_up_to), ("9", None));
    }

    #[test]
    fn a_refresh_is_due_before_the_market_reaches_the_edge() {
        let mut book = book(&[("100", "1"), ("60", "1")], &[("101", "1")], Some(2));
        book.apply(&levels(&[("100", "0"), ("71", "1")]), &[]);
        assert!(!book.near_edge());
        book.apply(&levels(&[("71", "0"), ("70", "1")]), &[]);
        assert!(book.near_edge());
        book.apply(&levels(&[("70", "0"), ("60", "0"), ("20", "1")]), &[]);
        assert!(book.near_edge(), "far beyond the edge");
    }
}
