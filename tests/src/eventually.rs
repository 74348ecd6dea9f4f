//! Waiting for a condition instead of for a time.

use std::future::Future;
use std::time::{Duration, Instant};

/// Short beside any deadline, long beside a query.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Asks until the answer is something, and returns it. Panics at the deadline, in whole with `what` was waited for.
#[track_caller]
pub fn eventually<T>(
    within: Duration,
    what: &str,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    let deadline = Instant::now() + within;
    async move {
        loop {
            if let Some(found) = condition().await {
                return found;
            }
            assert!(Instant::now() < deadline, "{place}: not within {within:?}: {what}");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
