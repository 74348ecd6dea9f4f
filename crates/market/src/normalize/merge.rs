//! A snapshot and the differences that came before it, as the one snapshot that the reference prints.

use std::collections::HashMap;

use crate::depth::{Diff, Level, Snapshot};
use crate::event::{Body, BookChange, Coverage, Event};
use crate::exchange::Exchange;
use crate::instrument::{Instrument, Symbol};
use crate::timestamp::Timestamp;

/// Levels keep the snapshot's order, new prices stand after them, and what came to zero is left out.
pub(super) fn merge(instrument: Instrument, snapshot: Snapshot, diffs: &[Diff], local_timestamp: Timestamp) -> Event {
    let side = |levels: Vec<Level>, of: fn(&Diff) -> &[Level]| {
        let mut merged = levels;
        let mut place: HashMap<i128, usize> =
            merged.iter().enumerate().map(|(at, level)| (level.price.key(), at)).collect();
        for level in diffs.iter().flat_map(of) {
            match place.get(&level.price.key()) {
                Some(at) => merged[*at] = level.clone(),
                None => {
                    place.insert(level.price.key(), merged.len());
                    merged.push(level.clone());
                }
            }
        }
        merged.retain(|level| !level.amount().is_zero());
        merged
    };
    let body = Body::BookChange(BookChange {
        snapshot: true,
        bids: side(snapshot.bids, |diff| &diff.bids),
        asks: side(snapshot.asks, |diff| &diff.asks),
        coverage: Coverage::default(),
    });
    // The REST answer has no time of its own.
    Event { instrument, timestamp: local_timestamp, local_timestamp, body }
}

pub(super) fn change(exchange: Exchange, diff: Diff, local_timestamp: Timestamp) -> Event {
    let Diff { symbol, timestamp, bids, asks, .. } = diff;
    Event {
        instrument: Instrument { exchange, symbol },
        timestamp,
        local_timestamp,
        body: Body::BookChange(BookChange { snapshot: false, bids, asks, coverage: Coverage::default() }),
    }
}

pub(super) fn instrument(exchange: Exchange, symbol: &Symbol) -> Instrument {
    Instrument { exchange, symbol: symbol.clone() }
}
