//! A symbol's trades: ids that rise by one, the newest thousand, and the day's statistics.

use std::collections::VecDeque;

use super::book::{Change, Side};
use super::decimal::E8;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Trade {
    pub(crate) id: u64,
    pub(crate) price: E8,
    pub(crate) quantity: E8,
    pub(crate) traded_at_ms: u64,
    pub(crate) buyer_is_maker: bool,
}

/// All that one taker's order bought or sold at one price.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) id: u64,
    pub(crate) trades: Vec<Trade>,
}

impl Aggregate {
    pub(crate) fn quantity(&self) -> E8 {
        E8(self.trades.iter().map(|trade| trade.quantity.0).sum())
    }
}

/// As many as `GET /api/v3/trades` may ask for.
const KEPT: usize = 1_000;

pub(crate) struct Trades {
    next_id: u64,
    next_aggregate_id: u64,
    newest: VecDeque<Trade>,
    pub(crate) since_start: Statistics,
}

/// Stands in for the rolling 24 hours, which no run reaches.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Statistics {
    pub(crate) opened_at_ms: u64,
    pub(crate) first_id: u64,
    pub(crate) count: u64,
    pub(crate) open: E8,
    pub(crate) high: E8,
    pub(crate) low: E8,
    pub(crate) last: E8,
    pub(crate) last_quantity: E8,
    /// In units of 1e-8 of the base asset.
    pub(crate) volume: u128,
    /// In units of 1e-8 of the quote asset.
    pub(crate) quote_volume: u128,
}

impl Trades {
    pub(crate) fn open(first_id: u64, opening_price: E8, now_ms: u64) -> Self {
        let (open, high, low, last) = (opening_price, opening_price, opening_price, opening_price);
        let since_start = Statistics { opened_at_ms: now_ms, first_id, open, high, low, last, ..Statistics::default() };
        Self { next_id: first_id, next_aggregate_id: first_id / 2, newest: VecDeque::new(), since_start }
    }

    /// Numbers a change's fills; `None` when it had none.
    pub(crate) fn record(&mut self, change: &Change, now_ms: u64) -> Option<Aggregate> {
        if change.fills.is_empty() {
            return None;
        }
        let mut trades = Vec::with_capacity(change.fills.len());
        for quantity in &change.fills {
            let trade = Trade {
                id: self.next_id,
                price: change.price,
                quantity: *quantity,
                traded_at_ms: now_ms,
                buyer_is_maker: change.side == Side::Bid,
            };
            self.next_id += 1;
            self.keep(trade);
            trades.push(trade);
        }
        let id = self.next_aggregate_id;
        self.next_aggregate_id += 1;
        Some(Aggregate { id, trades })
    }

    fn keep(&mut self, trade: Trade) {
        if self.newest.len() == KEPT {
            self.newest.pop_front();
        }
        self.newest.push_back(trade);
        let statistics = &mut self.since_start;
        statistics.count += 1;
        statistics.high = statistics.high.max(trade.price);
        statistics.low = statistics.low.min(trade.price);
        statistics.last = trade.price;
        statistics.last_quantity = trade.quantity;
        statistics.volume += u128::from(trade.quantity.0);
        statistics.quote_volume += trade.price.times(trade.quantity);
    }

    /// Oldest first.
    pub(crate) fn newest(&self, limit: usize) -> Vec<Trade> {
        self.newest.iter().skip(self.newest.len().saturating_sub(limit)).copied().collect()
    }
}
