//! Moves settled requests from the journal into the ledger.

use super::pause;
use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

/// A settled request is in the ledger this long after at the latest, when all is well.
const EVERY: Duration = Duration::from_millis(150);

pub(super) async fn run(app: Arc<App>) {
    let mut failures = 0;
    loop {
        match app.books.ship().await {
            Ok(records) => {
                failures = 0;
                metrics::counter!("turnpike_records_shipped_total").increment(records as u64);
            }
            Err(error) => {
                failures += 1;
                tracing::error!(error = %error, failures, "journal could not be shipped, it waits");
            }
        }
        metrics::gauge!("turnpike_journal_lag_records")
            .set(f64::from(u32::try_from(app.books.current().lag().await).unwrap_or(u32::MAX)));
        tokio::time::sleep(pause(EVERY, failures)).await;
    }
}
