//! Brings Redis and this process's caches up to what Postgres says. A nudge makes it quick, the poll makes it sure.

use super::pause;
use crate::app::App;
use crate::catalog::CatalogInForce;
use anyhow::Result;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::catalog::catalog_version;
use store::revisions::{Nudges, RevisionReader, revisions_prune};
use tenancy::TenantId;

const EVERY: Duration = Duration::from_millis(250);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

pub(super) async fn run(app: Arc<App>) {
    let mut failures = 0;
    loop {
        if let Err(error) = follow(&app, &mut failures).await {
            failures += 1;
            tracing::warn!(error = %error, failures, "changes in postgres cannot be followed, trying again");
        }
        tokio::time::sleep(pause(EVERY, failures)).await;
    }
}

async fn follow(app: &App, failures: &mut u32) -> Result<()> {
    let mut reader = RevisionReader::start(&app.store).await?;
    let mut nudges = Nudges::listen(&app.store).await?;
    let mut pruned_at = Instant::now();
    loop {
        if let Ok(Some(tenant_id)) = tokio::time::timeout(EVERY, nudges.next()).await.unwrap_or(Ok(None)) {
            apply(app, tenant_id).await?;
        }
        for tenant_id in reader.changed(&app.store).await? {
            apply(app, tenant_id).await?;
        }
        if catalog_version(&app.store).await? != app.catalog.load().version {
            app.catalog.store(Arc::new(CatalogInForce::read(&app.store, &app.config).await?));
        }
        if pruned_at.elapsed() > PRUNE_EVERY {
            revisions_prune(&app.store).await?;
            pruned_at = Instant::now();
        }
        *failures = 0;
    }
}

/// Redis by absolute values of one version; the cache by forgetting.
async fn apply(app: &App, tenant_id: TenantId) -> Result<()> {
    app.callers.forget(tenant_id);
    Ok(app.books.revise(tenant_id).await?)
}
