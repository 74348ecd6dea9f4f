//! What is listed: three familiar symbols, and as many made-up ones as a test of scale asks for.

use super::decimal::{E8, ONE};

pub(crate) struct Instrument {
    /// Upper case, as REST and payloads have it: `BTCUSDT`.
    pub(crate) symbol: String,
    pub(crate) base: String,
    /// Where the book opens, and what its price keeps returning to.
    pub(crate) price: E8,
    /// Prices are multiples of this.
    pub(crate) tick: E8,
    /// Quantities are multiples of this.
    pub(crate) step: E8,
    /// Levels a side that the book keeps about, give or take a tenth.
    pub(crate) levels: usize,
}

pub(crate) const QUOTE: &str = "USDT";

/// More than a snapshot of 1,000 holds, so that a client that asks for too few meets levels it has never seen.
const LEVELS: usize = 1_200;

/// A made-up symbol is there to be many, not deep.
const MADE_UP_LEVELS: usize = 150;

/// `made_up` adds `SYM000USDT`, `SYM001USDT` and so on.
pub(crate) fn listed(made_up: usize) -> Vec<Instrument> {
    let familiar = [
        instrument("BTC", E8(64_000 * ONE), E8(ONE / 100), E8(ONE / 100_000)),
        instrument("ETH", E8(3_200 * ONE), E8(ONE / 100), E8(ONE / 10_000)),
        instrument("SOL", E8(150 * ONE), E8(ONE / 100), E8(ONE / 1_000)),
    ];
    let made_up = (0..made_up).map(|number| Instrument {
        levels: MADE_UP_LEVELS,
        ..instrument(&format!("SYM{number:03}"), E8(10 * ONE), E8(ONE / 10_000), E8(ONE / 10))
    });
    familiar.into_iter().chain(made_up).collect()
}

fn instrument(base: &str, price: E8, tick: E8, step: E8) -> Instrument {
    Instrument { symbol: format!("{base}{QUOTE}"), base: base.to_owned(), price, tick, step, levels: LEVELS }
}
