//! Answering a load: what this node has spent for the tenant, and which holds it was granted.

use super::Books;
use super::node::{Grant, Node};
use crate::Result;
use crate::redis::admit::Spent;
use crate::redis::fan_out::Call;
use tenancy::{RequestId, TenantId};

impl Books {
    /// Answers for every node of this process that the load counts.
    pub async fn answer(&self, call: &Call) -> Result<()> {
        for node in self.all() {
            if call.counted.iter().any(|n| n == node.name())
                && let Some((spent, holds)) = node.prepare_assertion(call.tenant_id, call.generation)
            {
                self.redis.load_assert(call.tenant_id, &call.token, node.name(), spent, &holds).await?;
            }
        }
        Ok(())
    }
}

impl Node {
    /// From here on no older state counts for this node. Nothing if it has asserted to a newer load. Intents that wait for an answer
    /// are doomed: the answer may come from a state that no longer counts. A call for the load that it has asserted to already (it
    /// comes over Redis, over Postgres, and again after a while) dooms nothing: since then only that load's state can grant.
    fn prepare_assertion(&self, tenant_id: TenantId, generation: i64) -> Option<(Spent, Vec<(RequestId, i64)>)> {
        let epoch = self.epoch();
        let mut book = self.book();
        let account = book.account(tenant_id);
        if generation < account.asserted {
            return None;
        }
        let first = generation > account.asserted;
        account.asserted = generation;
        // What was confirmed so far was confirmed by an older state; what was not must be confirmed by this one.
        account.over.values_mut().for_each(|g| *g = generation);
        // The assertion itself is the sweep: the new state has no hold of this node but these.
        account.sweep = false;
        let mut holds = Vec::new();
        for (request_id, open) in book.open.iter_mut().filter(|(_, o)| o.intent.tenant_id == tenant_id) {
            match open.grant {
                Grant::Asked if first => open.grant = Grant::Doomed,
                Grant::Held => holds.push((*request_id, open.hold_micros)),
                Grant::Asked | Grant::Refused | Grant::Doomed => {}
            }
        }
        Some((book.spent(epoch, tenant_id), holds))
    }
}
