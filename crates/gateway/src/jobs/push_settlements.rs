//! Repeats towards Redis whatever it has not confirmed.

use super::pause;
use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(250);

pub(super) async fn run(app: Arc<App>) {
    let mut failures = 0;
    loop {
        match app.books.push_unconfirmed().await {
            Ok(()) => failures = 0,
            Err(error) => {
                failures += 1;
                tracing::warn!(error = %error, failures, "settlements are not confirmed by redis yet");
            }
        }
        tokio::time::sleep(pause(EVERY, failures)).await;
    }
}
