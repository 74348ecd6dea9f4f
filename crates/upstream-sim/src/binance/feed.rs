//! The clock of the exchange.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::exchange::Exchange;
use super::market::BEATS_PER_S;

/// Runs as long as the process. On a machine that cannot keep up books change more slowly; nothing is made up for.
pub(crate) async fn run(exchange: Arc<Exchange>) {
    let mut beats = tokio::time::interval(Duration::from_millis(1_000 / BEATS_PER_S));
    beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        beats.tick().await;
        exchange.break_connections();
        for market in &exchange.markets {
            market.beat(&exchange.faults);
        }
    }
}
