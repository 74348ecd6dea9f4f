//! Telling Redis what is settled and released, until it confirms.

use super::Books;
use super::node::Node;
use crate::Result;
use crate::system::load::generation_get;
use std::sync::Arc;
use tenancy::{RequestId, TenantId};

/// Removals in one call; the script's time is what others wait for.
const REMOVALS_MAX: usize = 200;

impl Books {
    /// Sends what is unconfirmed for one tenant. Whoever finds a call under way leaves it to that one.
    pub(super) async fn push(&self, node: &Arc<Node>, tenant_id: TenantId) -> Result<()> {
        {
            let mut book = node.book();
            let account = book.account(tenant_id);
            if account.pushing {
                return Ok(());
            }
            account.pushing = true;
        }
        // A guard, because the task may be dropped at the await.
        let _pushing = Pushing { node, tenant_id };
        while self.push_once(node, tenant_id).await? {}
        Ok(())
    }

    /// One call. Returns whether more has come meanwhile.
    pub(super) async fn push_once(&self, node: &Arc<Node>, tenant_id: TenantId) -> Result<bool> {
        let (spent, over, correction) = {
            let mut book = node.book();
            let spent = book.spent(node.epoch(), tenant_id);
            let account = book.account(tenant_id);
            let over: Vec<RequestId> = account.over.keys().take(REMOVALS_MAX).copied().collect();
            (spent, over, account.corrections.pop_first())
        };
        if over.is_empty() && correction.is_none() {
            return Ok(false);
        }
        let confirmed = self.redis.settle(tenant_id, node.name(), spent, correction, &over).await?;
        let mut book = node.book();
        let account = book.account(tenant_id);
        let mut confirmed_some = false;
        if let Some(generation) = confirmed {
            for request_id in &over {
                // Only the state that this node last asserted to can confirm; an older one is not what admissions are asked of.
                if account.over.get(request_id).is_some_and(|counts| generation >= *counts) {
                    account.over.remove(request_id);
                    confirmed_some = true;
                }
            }
        }
        Ok(confirmed_some && !(account.over.is_empty() && account.corrections.is_empty()))
    }

    /// Tries again whatever is unconfirmed, of every node and tenant, and the sweeps after an opening. Run by a job.
    pub async fn push_unconfirmed(&self) -> Result<()> {
        for node in self.all() {
            let (sweeps, pushes) = {
                let book = node.book();
                let sweeps: Vec<TenantId> = book.accounts.iter().filter(|(_, a)| a.sweep).map(|(t, _)| *t).collect();
                let pushes: Vec<TenantId> =
                    book.accounts.iter().filter(|(_, a)| !a.over.is_empty() && !a.pushing).map(|(t, _)| *t).collect();
                (sweeps, pushes)
            };
            for tenant_id in sweeps {
                self.sweep(&node, tenant_id).await?;
            }
            for tenant_id in pushes {
                self.push(&node, tenant_id).await?;
            }
        }
        Ok(())
    }

    /// After an opening: this node's holds in Redis are only those of this opening.
    async fn sweep(&self, node: &Arc<Node>, tenant_id: TenantId) -> Result<()> {
        let generation = self.join(node, tenant_id).await?;
        let spent = node.book().spent(node.epoch(), tenant_id);
        if self.redis.sweep(tenant_id, node.name(), spent, generation).await? {
            node.book().account(tenant_id).sweep = false;
        }
        Ok(())
    }

    /// A node that a tenant has not met is registered first (at its opening), then reads the tenant's generation.
    pub(super) async fn join(&self, node: &Arc<Node>, tenant_id: TenantId) -> Result<i64> {
        let asserted = node.book().account(tenant_id).asserted;
        if asserted > 0 {
            return Ok(asserted);
        }
        let generation = generation_get(&self.store, tenant_id).await?;
        let mut book = node.book();
        let account = book.account(tenant_id);
        account.asserted = account.asserted.max(generation);
        Ok(account.asserted)
    }
}

struct Pushing<'a> {
    node: &'a Arc<Node>,
    tenant_id: TenantId,
}

impl Drop for Pushing<'_> {
    fn drop(&mut self) {
        self.node.book().account(self.tenant_id).pushing = false;
    }
}
