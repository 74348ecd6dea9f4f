//! Loading a tenant's state into Redis: begin, one snapshot, every node's assertion, open.

use super::Books;
use crate::redis::fan_out::{Call, call_nodes};
use crate::redis::load::{Begun, Opened};
use crate::system::load::snapshot_take;
use crate::system::node::node_fence;
use crate::{Result, StoreError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenancy::TenantId;
use uuid::Uuid;

/// Between two looks at whether all have answered: live nodes take about a millisecond.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// A call may be lost on both ways; it is made again.
const CALL_EVERY: Duration = Duration::from_millis(500);

/// What one try came to.
enum Tried {
    Valid,
    /// Overtaken by another load, another server or a fence: start again.
    Again,
}

impl Books {
    /// Makes the tenant's state valid, or fails within a little more than two graces. Safe to call at any time from anywhere.
    pub async fn load(self: &Arc<Self>, tenant_id: TenantId) -> Result<()> {
        let _one = self.load_lock(tenant_id).lock().await;
        let deadline = Instant::now() + self.options.rebuild_grace * 2 + Duration::from_secs(2);
        while Instant::now() < deadline {
            if let Tried::Valid = self.load_try(tenant_id).await? {
                return Ok(());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(StoreError::Unavailable("redis", format!("state of tenant {tenant_id} did not become valid")))
    }

    async fn load_try(&self, tenant_id: TenantId) -> Result<Tried> {
        let grace = self.options.rebuild_grace;
        let token = Uuid::now_v7().simple().to_string();
        let asserted = self.current().book().account(tenant_id).asserted;
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX) + 1_000;
        match self.redis.load_begin(tenant_id, &token, asserted, grace_ms).await? {
            Begun::Valid => return Ok(Tried::Valid),
            Begun::Loading => return Ok(Tried::Again),
            Begun::Begun => {}
        }
        let started = Instant::now();
        let snapshot = snapshot_take(&self.store, tenant_id).await?;
        let call = Call { tenant_id, token, generation: snapshot.generation, counted: snapshot.counted };
        self.answer(&call).await?;
        let mut called: Option<Instant> = None;
        loop {
            match self
                .redis
                .load_open(tenant_id, &call.token, call.generation, &snapshot.facts, &call.counted, &snapshot.pending)
                .await?
            {
                Opened::Opened => {
                    tracing::info!(tenant.id = %tenant_id, generation = call.generation, duration_ms = started.elapsed().as_millis(), "state of tenant loaded into redis");
                    return Ok(Tried::Valid);
                }
                Opened::Over => return Ok(Tried::Again),
                Opened::Missing(silent) if started.elapsed() > grace => {
                    for node in silent {
                        tracing::error!(tenant.id = %tenant_id, node = %node, "node did not answer a load in time, fenced for this tenant");
                        node_fence(&self.store, tenant_id, &node).await?;
                    }
                    return Ok(Tried::Again);
                }
                Opened::Missing(_) if called.is_none_or(|at| at.elapsed() > CALL_EVERY) => {
                    call_nodes(&self.store, &self.redis, &call).await?;
                    called = Some(Instant::now());
                }
                Opened::Missing(_) => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }
}
