//! One symbol's order book: what it is now, what it was some time ago, and which change comes next.
//!
//! Nothing here reads a clock: the change with a given update id is the same in every run with the same seed.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use super::decimal::E8;
use super::instrument::Instrument;
use super::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Bid,
    Ask,
}

/// What one update id did: a level's new absolute quantity, 0 when it is gone.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) side: Side,
    pub(crate) price: E8,
    pub(crate) quantity: E8,
    /// Quantities filled, one per resting order, when a taker's order made the change.
    pub(crate) fills: Vec<E8>,
}

/// A whole book or its best levels, best first; its JSON is a snapshot's.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Depth {
    #[serde(rename = "lastUpdateId")]
    pub(crate) update_id: u64,
    pub(crate) bids: Vec<(E8, E8)>,
    pub(crate) asks: Vec<(E8, E8)>,
}

type Levels = BTreeMap<E8, E8>;

pub(crate) struct Book {
    opening_price: E8,
    tick: u64,
    step: u64,
    levels_kept: usize,
    random: Random,
    update_id: u64,
    bids: Levels,
    asks: Levels,
    /// How to take back the newest changes, oldest first: the level and what it held before.
    undo: VecDeque<(Side, E8, E8)>,
    /// Bound of `undo`; the oldest gives way.
    undo_limit: usize,
}

impl Book {
    /// Opens with `undo_limit` changes already made, so that an old snapshot exists from the start.
    pub(crate) fn open(instrument: &Instrument, seed: u64, undo_limit: usize) -> Self {
        let mut random = Random::new(seed);
        let update_id = 1_000_000_000 + random.below(1_000_000_000);
        let (bids, asks) = (Levels::new(), Levels::new());
        let (tick, step) = (instrument.tick.0, instrument.step.0);
        let mut book = Self {
            opening_price: instrument.price,
            tick,
            step,
            levels_kept: instrument.levels,
            random,
            update_id,
            bids,
            asks,
            undo: VecDeque::with_capacity(undo_limit),
            undo_limit,
        };
        for side in [Side::Bid, Side::Ask] {
            let mut price = instrument.price;
            for _ in 0..instrument.levels {
                price = book.outward(side, price);
                let quantity = book.some_quantity();
                book.side_mut(side).insert(price, quantity);
            }
        }
        for _ in 0..undo_limit {
            book.advance();
        }
        book
    }

    pub(crate) fn update_id(&self) -> u64 {
        self.update_id
    }

    /// The best bid and the best ask.
    pub(crate) fn best(&self) -> [(E8, E8); 2] {
        [Side::Bid, Side::Ask].map(|side| self.level(side, 0))
    }

    pub(crate) fn depth(&self, limit: usize) -> Depth {
        depth(self.update_id, &self.bids, &self.asks, limit)
    }

    /// The book as it was right after `update_id`; `None` when that is to come or longer ago than is held.
    pub(crate) fn depth_at(&self, update_id: u64, limit: usize) -> Option<Depth> {
        let back = usize::try_from(self.update_id.checked_sub(update_id)?).ok()?;
        if back > self.undo.len() {
            return None;
        }
        let (mut bids, mut asks) = (self.bids.clone(), self.asks.clone());
        for (side, price, before) in self.undo.iter().rev().take(back) {
            let levels = if *side == Side::Bid { &mut bids } else { &mut asks };
            set(levels, *price, *before);
        }
        Some(depth(update_id, &bids, &asks, limit))
    }

    /// The oldest update id that `depth_at` still answers.
    pub(crate) fn oldest_update_id(&self) -> u64 {
        self.update_id - self.undo.len() as u64
    }

    /// Makes the next change and gives it the next update id.
    pub(crate) fn advance(&mut self) -> Change {
        let change = self.next_change();
        let before = set(self.side_mut(change.side), change.price, change.quantity);
        if self.undo.len() == self.undo_limit {
            self.undo.pop_front();
        }
        self.undo.push_back((change.side, change.price, before));
        self.update_id += 1;
        change
    }

    fn next_change(&mut self) -> Change {
        let side = if self.random.below(2) == 0 { Side::Bid } else { Side::Ask };
        let count = self.side(side).len();
        let slack = self.levels_kept / 10;
        if count < self.levels_kept - slack {
            return self.extend(side);
        }
        if count > self.levels_kept + slack {
            let worst = self.level(side, count - 1).0;
            return Change { side, price: worst, quantity: E8(0), fills: Vec::new() };
        }
        match self.random.below(100) {
            0..15 => self.take(),
            15..60 => self.resize(side),
            60..80 => self.add(side),
            _ => {
                let (price, _) = self.level_near_best(side);
                Change { side, price, quantity: E8(0), fills: Vec::new() }
            }
        }
    }

    /// A taker's order eats the best level, in part or whole.
    fn take(&mut self) -> Change {
        let (bid, ask) = (self.level(Side::Bid, 0).0, self.level(Side::Ask, 0).0);
        // Leaning on the side away from the opening price keeps a long run from wandering off.
        let above_opening = bid.0 + ask.0 > 2 * self.opening_price.0;
        let sells_of_ten = if above_opening { 6 } else { 4 };
        let side = if self.random.below(10) < sells_of_ten { Side::Bid } else { Side::Ask };
        let (price, quantity) = self.level(side, 0);
        let steps = quantity.0 / self.step;
        let taken = if self.random.below(3) == 0 { steps } else { 1 + self.random.below(steps) };
        let mut fills = Vec::new();
        let mut rest = taken;
        while rest > 0 {
            // The third resting order takes all that is left.
            let filled = if fills.len() == 2 { rest } else { 1 + self.random.below(rest) };
            fills.push(E8(filled * self.step));
            rest -= filled;
        }
        Change { side, price, quantity: E8(quantity.0 - taken * self.step), fills }
    }

    fn resize(&mut self, side: Side) -> Change {
        let (price, _) = self.level_near_best(side);
        let quantity = self.some_quantity();
        Change { side, price, quantity, fills: Vec::new() }
    }

    /// A new level inside the spread when there is room, else close to the best.
    fn add(&mut self, side: Side) -> Change {
        let (bid, ask) = (self.level(Side::Bid, 0).0, self.level(Side::Ask, 0).0);
        let room = (ask.0 - bid.0) / self.tick - 1;
        let price = if room > 0 && self.random.below(2) == 0 {
            E8(bid.0 + self.tick * (1 + self.random.below(room)))
        } else {
            let away = self.tick * self.random.below(100);
            match side {
                Side::Bid => E8(bid.0.saturating_sub(away).max(self.tick)),
                Side::Ask => E8(ask.0 + away),
            }
        };
        let quantity = self.some_quantity();
        Change { side, price, quantity, fills: Vec::new() }
    }

    /// A new level past the worst.
    fn extend(&mut self, side: Side) -> Change {
        let worst = self.level(side, self.side(side).len() - 1).0;
        let price = self.outward(side, worst);
        let quantity = self.some_quantity();
        Change { side, price, quantity, fills: Vec::new() }
    }

    /// A price one to three ticks farther from the other side.
    fn outward(&mut self, side: Side, price: E8) -> E8 {
        let away = self.tick * (1 + self.random.below(3));
        match side {
            Side::Bid => E8(price.0.saturating_sub(away).max(self.tick)),
            Side::Ask => E8(price.0 + away),
        }
    }

    fn level_near_best(&mut self, side: Side) -> (E8, E8) {
        // The product of two draws: mostly among the first ten, at times far down.
        let place = self.random.below(9) * self.random.below(9);
        self.level(side, place as usize)
    }

    /// Mostly small, at times fifty times as much.
    fn some_quantity(&mut self) -> E8 {
        let most = if self.random.below(20) == 0 { 100_000 } else { 2_000 };
        E8(self.step * (1 + self.random.below(most)))
    }

    fn level(&self, side: Side, place: usize) -> (E8, E8) {
        let found = match side {
            Side::Bid => self.bids.iter().nth_back(place),
            Side::Ask => self.asks.iter().nth(place),
        };
        let (price, quantity) = found.expect("a side keeps nine tenths of its levels, and those are more than 100");
        (*price, *quantity)
    }

    fn side(&self, side: Side) -> &Levels {
        match side {
            Side::Bid => &self.bids,
            Side::Ask => &self.asks,
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut Levels {
        match side {
            Side::Bid => &mut self.bids,
            Side::Ask => &mut self.asks,
        }
    }
}

/// Returns what the level held before.
fn set(levels: &mut Levels, price: E8, quantity: E8) -> E8 {
    let before = if quantity == E8(0) { levels.remove(&price) } else { levels.insert(price, quantity) };
    before.unwrap_or_default()
}

fn depth(update_id: u64, bids: &Levels, asks: &Levels, limit: usize) -> Depth {
    let copied = |(price, quantity): (&E8, &E8)| (*price, *quantity);
    Depth {
        update_id,
        bids: bids.iter().rev().take(limit).map(copied).collect(),
        asks: asks.iter().take(limit).map(copied).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::instrument::listed;
    use super::*;

    fn book(seed: u64) -> Book {
        Book::open(&listed(1)[3], seed, 500)
    }

    #[test]
    fn the_same_seed_gives_the_same_book_at_the_same_update_id() {
        let (mut one, mut other, mut third) = (book(7), book(7), book(8));
        for _ in 0..5_000 {
            one.advance();
            other.advance();
            third.advance();
        }
        assert_eq!(one.depth(usize::MAX), other.depth(usize::MAX));
        assert_ne!(one.depth(usize::MAX).bids, third.depth(usize::MAX).bids);
    }

    #[test]
    fn sides_never_cross_and_never_run_dry() {
        let mut book = book(1);
        for _ in 0..200_000 {
            let change = book.advance();
            let [(bid, _), (ask, _)] = book.best();
            assert!(bid < ask, "{bid} {ask} after {change:?}");
            assert_eq!((change.price.0 % book.tick, change.quantity.0 % book.step), (0, 0));
        }
        let depth = book.depth(usize::MAX);
        for levels in [depth.bids, depth.asks] {
            assert!((120..=180).contains(&levels.len()), "{}", levels.len());
        }
    }

    #[test]
    fn a_past_book_is_the_one_that_was() {
        let mut book = book(3);
        let past: Vec<_> = (0..400)
            .map(|_| {
                book.advance();
                book.depth(usize::MAX)
            })
            .collect();
        for depth in past {
            assert_eq!(book.depth_at(depth.update_id, usize::MAX).unwrap(), depth);
        }
        assert!(book.depth_at(book.update_id() + 1, 5).is_none());
        assert!(book.depth_at(book.oldest_update_id(), 5).is_some());
        assert!(book.depth_at(book.oldest_update_id() - 1, 5).is_none());
    }

    #[test]
    fn a_fill_takes_exactly_what_the_best_level_loses() {
        let mut book = book(5);
        let mut takes = 0;
        for _ in 0..10_000 {
            let best = book.best();
            let change = book.advance();
            if change.fills.is_empty() {
                continue;
            }
            let (price, quantity) = best[usize::from(change.side == Side::Ask)];
            let filled: u64 = change.fills.iter().map(|fill| fill.0).sum();
            assert_eq!((change.price, change.quantity.0 + filled), (price, quantity.0));
            takes += 1;
        }
        assert!(takes > 1_000, "{takes}");
    }
}
