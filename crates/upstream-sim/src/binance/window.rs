//! The messages of a depth stream: changes gathered until the stream's next beat.

use std::collections::BTreeMap;

use super::book::{Change, Side};
use super::decimal::E8;
use super::event::DepthUpdate;

/// What an oversized message grows to: beyond any bound a careful client sets, below what a careless one takes.
pub(crate) const OVERSIZED_BYTES: usize = 8 << 20;

/// What changed since the last message of a depth stream. Bounded by the levels that can change.
#[derive(Default)]
pub(crate) struct Window {
    first_update_id: Option<u64>,
    touched: BTreeMap<(Side, E8), E8>,
    /// A message to be sent after the next one.
    pub(crate) reordered: Option<String>,
}

impl Window {
    pub(crate) fn add(&mut self, change: &Change, update_id: u64) {
        self.first_update_id.get_or_insert(update_id);
        self.touched.insert((change.side, change.price), change.quantity);
    }

    /// Everything since the last close, as one message; `None` when nothing changed.
    pub(crate) fn close<'a>(&mut self, symbol: &'a str, last_update_id: u64, now_ms: u64) -> Option<DepthUpdate<'a>> {
        let first_update_id = self.first_update_id.take()?;
        let (mut bids, mut asks) = (Vec::new(), Vec::new());
        for ((side, price), quantity) in std::mem::take(&mut self.touched) {
            match side {
                Side::Bid => bids.push((price, quantity)),
                Side::Ask => asks.push((price, quantity)),
            }
        }
        // Best first, as the exchange sends them.
        bids.reverse();
        Some(DepthUpdate {
            kind: "depthUpdate",
            sent_at_ms: now_ms,
            symbol,
            first_update_id,
            last_update_id,
            bids,
            asks,
        })
    }
}

/// The same message with its levels told again and again: valid, and of the same effect.
pub(crate) fn oversized(mut message: DepthUpdate<'_>) -> DepthUpdate<'_> {
    // `["10.00000000","1.00000000"],` is the shortest level.
    let levels = OVERSIZED_BYTES / 29;
    let side = if message.bids.is_empty() { &mut message.asks } else { &mut message.bids };
    *side = side.iter().copied().cycle().take(levels).collect();
    // A cycle cut short says nothing wrong: each level's quantity is the same every time.
    message
}
