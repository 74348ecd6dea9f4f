//! Says to loads of tenants' states what this process's nodes have spent and hold.

use super::pause;
use crate::app::App;
use std::sync::Arc;
use std::time::Duration;
use store::redis::fan_out::{Call, listen_postgres, listen_redis};

const AGAIN_AFTER: Duration = Duration::from_millis(100);

pub(super) async fn from_redis(app: Arc<App>) {
    let mut failures = 0;
    loop {
        let ended = listen_redis(&app.redis, |call| answer(&app, call)).await;
        failures += 1;
        tracing::warn!(ended = ?ended, failures, "loads are not heard over redis, trying again");
        tokio::time::sleep(pause(AGAIN_AFTER, failures)).await;
    }
}

pub(super) async fn from_postgres(app: Arc<App>) {
    let mut failures = 0;
    loop {
        let ended = listen_postgres(&app.store, |call| answer(&app, call)).await;
        failures += 1;
        tracing::warn!(ended = ?ended, failures, "loads are not heard over postgres, trying again");
        tokio::time::sleep(pause(AGAIN_AFTER, failures)).await;
    }
}

/// In a task of its own, so that one slow answer holds up no other.
fn answer(app: &Arc<App>, call: Call) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if let Err(error) = app.books.answer(&call).await {
            tracing::warn!(error = %error, tenant.id = %call.tenant_id, "load could not be answered, it asks again");
        }
    });
}
