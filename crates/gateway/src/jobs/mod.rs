//! What goes on beside requests. Each job is a loop that survives its own errors, runs on every replica, and is safe to run twice.

mod adopt_journals;
mod answer_loads;
mod apply_revisions;
mod push_settlements;
mod ship_journal;

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long a draining process tries to ship what its journal still has; the rest is adopted.
const LAST_SHIP_WITHIN: Duration = Duration::from_secs(10);

/// The running jobs; dropped with the process.
pub struct Jobs(Vec<JoinHandle<()>>);

pub fn start(app: &Arc<App>) -> Jobs {
    let spawn = |job: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| tokio::spawn(job);
    Jobs(vec![
        spawn(Box::pin(ship_journal::run(Arc::clone(app)))),
        spawn(Box::pin(push_settlements::run(Arc::clone(app)))),
        spawn(Box::pin(adopt_journals::run(Arc::clone(app)))),
        spawn(Box::pin(apply_revisions::run(Arc::clone(app)))),
        spawn(Box::pin(answer_loads::from_redis(Arc::clone(app)))),
        spawn(Box::pin(answer_loads::from_postgres(Arc::clone(app)))),
    ])
}

impl Jobs {
    /// Ships what is left, so that a planned restart leaves nothing to adopt.
    pub async fn finish(self, app: &Arc<App>) {
        let last = async {
            while app.books.current().lag().await > 0 {
                if let Err(error) = app.books.push_unconfirmed().await.and(app.books.ship().await) {
                    tracing::warn!(error = %error, "journal not shipped at shutdown yet");
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(LAST_SHIP_WITHIN, last).await.is_err() {
            tracing::warn!("journal still has records at shutdown, the next start ships them");
        }
        self.0.iter().for_each(JoinHandle::abort);
    }
}

/// Waits longer after each failure in a row, up to five seconds.
fn pause(base: Duration, failures: u32) -> Duration {
    (base * 2u32.saturating_pow(failures.min(10))).min(Duration::from_secs(5))
}
