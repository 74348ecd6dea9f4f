//! Settlement, release and the sweep after an opening.

use super::admit::Spent;
use super::{Redis, keys};
use crate::Result;
use tenancy::{RequestId, TenantId};

impl Redis {
    /// Writes the node's cumulative spend and removes holds. Returns the generation of the state that took it, 0 while it is being
    /// loaded, or nothing where there is no state that this node may write.
    pub async fn settle(
        &self,
        tenant_id: TenantId,
        node: &str,
        spent: Spent,
        correction: Option<(u64, i64)>,
        over: &[RequestId],
    ) -> Result<Option<i64>> {
        let mut call = self.scripts.settle.key(keys::state(tenant_id));
        call.key(keys::rate(tenant_id));
        for request_id in over {
            call.key(keys::mark(tenant_id, *request_id));
        }
        let (minute, tokens) = correction.unwrap_or_default();
        call.arg(node).arg(spent.lsn.epoch).arg(spent.lsn.n).arg(spent.micros).arg(minute).arg(tokens);
        for request_id in over {
            call.arg(request_id.to_string());
        }
        Ok(call.invoke_async(&mut self.connection()).await?)
    }

    /// Removes every hold that an earlier opening of the node placed. Returns whether it is done.
    pub async fn sweep(&self, tenant_id: TenantId, node: &str, spent: Spent, generation: i64) -> Result<bool> {
        let mut call = self.scripts.sweep.key(keys::state(tenant_id));
        call.arg(node).arg(spent.lsn.epoch).arg(spent.lsn.n).arg(spent.micros).arg(generation);
        Ok(call.invoke_async::<i64>(&mut self.connection()).await? == 1)
    }
}
