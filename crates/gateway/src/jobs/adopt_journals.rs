//! Takes over the journals of gateways that died.

use crate::app::App;
use std::sync::Arc;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(5);

pub(super) async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = app.books.adopt().await {
            tracing::error!(error = %error, "journals of dead gateways could not be adopted");
        }
        tokio::time::sleep(EVERY).await;
    }
}
