//! The nodes as Postgres knows them.

use crate::journal::Lsn;
use crate::revisions::tenant_revise;
use crate::{Result, Store, StoreError};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use std::collections::HashMap;
use tenancy::TenantId;

/// What a node has shipped for one tenant: everything up to `lsn`, `amount` in all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shipped {
    pub amount: Decimal,
    pub lsn: Lsn,
    pub gone: bool,
}

/// A directory that was opened.
#[derive(Debug, Clone)]
pub struct OpenedNode {
    pub watermark: Lsn,
    pub shipped: HashMap<TenantId, Shipped>,
}

/// Epochs are stored as bigint.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("epochs and positions stay far below 2⁶³")
}

pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}

/// Registers an opening. Nothing where Postgres knows a later epoch (the directory is an older copy) or has retired the node.
pub async fn node_open(store: &Store, node: &str, epoch: u64) -> Result<Option<OpenedNode>> {
    let opened = sqlx::query!(
        "insert into nodes as n (node, epoch) values ($1, $2)
         on conflict (node) do update set epoch = excluded.epoch, opened_at = now(), seen_at = now() where n.epoch < excluded.epoch and n.status = 'active'
         returning shipped_epoch, shipped_lsn",
        node,
        signed(epoch)
    )
    .fetch_optional(store.job())
    .await?;
    let Some(opened) = opened else { return Ok(None) };
    let rows = sqlx::query!(r#"select tenant_id, amount, epoch, lsn, gone_at is not null as "gone!" from node_spend where node = $1 and counter = 'balance'"#, node).fetch_all(store.job()).await?;
    let shipped = rows
        .into_iter()
        .map(|r| {
            (
                TenantId::new(r.tenant_id),
                Shipped { amount: r.amount, lsn: Lsn { epoch: unsigned(r.epoch), n: unsigned(r.lsn) }, gone: r.gone },
            )
        })
        .collect();
    Ok(Some(OpenedNode {
        watermark: Lsn { epoch: unsigned(opened.shipped_epoch), n: unsigned(opened.shipped_lsn) },
        shipped,
    }))
}

/// Moves the watermark and says how far every request of this node is settled. Both only rise.
pub async fn node_advance(store: &Store, node: &str, shipped: Lsn, settled_through: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "update nodes set shipped_epoch = greatest(shipped_epoch, $2), shipped_lsn = greatest(shipped_lsn, $3), settled_through = greatest(settled_through, $4), seen_at = now() where node = $1",
        node,
        signed(shipped.epoch),
        signed(shipped.n),
        settled_through
    )
    .execute(store.job())
    .await?;
    Ok(())
}

/// The watermark, read again after a reconnect: a failed-over Postgres may have lost commits.
pub async fn node_watermark(store: &Store, node: &str) -> Result<Lsn> {
    let row = sqlx::query!("select shipped_epoch, shipped_lsn from nodes where node = $1", node)
        .fetch_one(store.job())
        .await?;
    Ok(Lsn { epoch: unsigned(row.shipped_epoch), n: unsigned(row.shipped_lsn) })
}

/// Marks a silent node as gone for one tenant. Waits for a shipping transaction that holds the row; what is shipped later takes the
/// debit path.
pub async fn node_fence(store: &Store, tenant_id: TenantId, node: &str) -> Result<()> {
    let mut tx = store.job().begin().await?;
    let fenced = sqlx::query!(
        "insert into node_spend as s (tenant_id, node, counter, period, gone_at) values ($1, $2, 'balance', 'all', now())
         on conflict (tenant_id, node, counter, period) do update set gone_at = now() where s.gone_at is null",
        tenant_id.as_uuid(),
        node
    )
    .execute(&mut *tx)
    .await?;
    if fenced.rows_affected() > 0 {
        tenant_revise(&mut tx, tenant_id, None).await?;
    }
    Ok(tx.commit().await?)
}

/// Ends a node whose journal is drained: gone for every tenant it ever served, and never opened again.
pub async fn node_retire(store: &Store, node: &str) -> Result<()> {
    let rejected = sqlx::query!(r#"select count(*) as "count!" from usage_rejected where node = $1"#, node)
        .fetch_one(store.job())
        .await?;
    if rejected.count > 0 {
        return Err(StoreError::Corrupt(format!(
            "node {node} has {} rejected records, decide on them first",
            rejected.count
        )));
    }
    let tenants = sqlx::query!("select tenant_id from node_spend where node = $1 and counter = 'balance' and gone_at is null order by tenant_id", node).fetch_all(store.job()).await?;
    for tenant in tenants {
        node_fence(store, TenantId::new(tenant.tenant_id), node).await?;
    }
    sqlx::query!("update nodes set status = 'retired', settled_through = 'infinity' where node = $1", node)
        .execute(store.job())
        .await?;
    Ok(())
}
