//! What a load of a tenant's state starts from: one snapshot of Postgres.

use super::node::unsigned;
use crate::redis::load::Facts;
use crate::{Result, Store, StoreError};
use billing::{Currency, Money};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use tenancy::TenantId;
use uuid::Uuid;

#[derive(Debug, Clone)]
pub struct Snapshot {
    pub generation: i64,
    pub facts: Facts,
    /// Nodes that must assert before the state opens.
    pub counted: Vec<String>,
    /// Debits on their way, counted as holds.
    pub pending: Vec<(Uuid, i64)>,
}

/// Takes the tenant's next generation and everything that belongs to it, in one snapshot.
pub async fn snapshot_take(store: &Store, tenant_id: TenantId) -> Result<Snapshot> {
    // A change of the tenant that commits meanwhile makes the snapshot fail, and a new one is taken.
    for _ in 0..5 {
        match snapshot_try(store, tenant_id).await {
            Err(StoreError::Unavailable("postgres", reason)) if reason.contains("serialize") => {}
            other => return other,
        }
    }
    Err(StoreError::Unavailable("postgres", "tenant changes too fast to be loaded".into()))
}

async fn snapshot_try(store: &Store, tenant_id: TenantId) -> Result<Snapshot> {
    let mut tx = store.job().begin().await?;
    sqlx::query!("set transaction isolation level repeatable read").execute(&mut *tx).await?;
    let generation = sqlx::query!(
        "update tenants set generation = generation + 1 where tenant_id = $1 returning generation",
        tenant_id.as_uuid()
    )
    .fetch_one(&mut *tx)
    .await?
    .generation;
    let facts = facts_get(&mut tx, tenant_id).await?;
    let counted = sqlx::query!(
        "select n.node from nodes n where n.status = 'active'
         and not exists (select from node_spend s where s.tenant_id = $1 and s.node = n.node and s.counter = 'balance' and s.gone_at is not null)
         order by n.node",
        tenant_id.as_uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    let pending =
        sqlx::query!("select debit_id, amount, currency from pending_debits where tenant_id = $1", tenant_id.as_uuid())
            .fetch_all(&mut *tx)
            .await?;
    tx.commit().await?;
    let pending =
        pending.into_iter().map(|d| Ok((d.debit_id, micros_up(d.amount, &d.currency)?))).collect::<Result<_>>()?;
    Ok(Snapshot { generation, facts, counted: counted.into_iter().map(|n| n.node).collect(), pending })
}

/// The tenant's facts and the debits that were posted lately, in one snapshot: what a revision writes to Redis.
pub async fn facts_with_debits(store: &Store, tenant_id: TenantId) -> Result<(Facts, Vec<Uuid>)> {
    let mut tx = store.job().begin().await?;
    sqlx::query!("set transaction isolation level repeatable read read only").execute(&mut *tx).await?;
    let facts = facts_get(&mut tx, tenant_id).await?;
    let done = sqlx::query!(
        r#"select debit_id as "debit_id!" from revisions where tenant_id = $1 and debit_id is not null and created_at > now() - interval '1 hour'"#,
        tenant_id.as_uuid()
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok((facts, done.into_iter().map(|d| d.debit_id).collect()))
}

/// Posted balance + what the nodes that are not gone have shipped: shipping moves an amount from one to the other, so this does
/// not change by it.
async fn facts_get(connection: &mut PgConnection, tenant_id: TenantId) -> Result<Facts> {
    let row = sqlx::query!(
        r#"select t.version, t.currency, t.credit_limit, t.status = 'suspended' as "suspended!",
                  a.credits - a.debits + coalesce((select sum(s.amount) from node_spend s where s.tenant_id = t.tenant_id and s.counter = 'balance' and s.gone_at is null), 0) as "credit!",
                  array(select s.node from node_spend s where s.tenant_id = t.tenant_id and s.counter = 'balance' and s.gone_at > now() - interval '7 days' order by 1) as "gone!"
           from tenants t join accounts a on a.tenant_id = t.tenant_id and a.kind = 'customer' and a.currency = t.currency
           where t.tenant_id = $1"#,
        tenant_id.as_uuid()
    )
    .fetch_one(connection)
    .await?;
    Ok(Facts {
        version: row.version,
        credit_micros: micros_down(row.credit, &row.currency)?,
        limit_micros: micros_down(row.credit_limit, &row.currency)?,
        suspended: row.suspended,
        gone: row.gone,
    })
}

/// Number of the tenant's latest load. A node that joins reads it after it has registered.
pub async fn generation_get(store: &Store, tenant_id: TenantId) -> Result<i64> {
    Ok(sqlx::query!("select generation from tenants where tenant_id = $1", tenant_id.as_uuid())
        .fetch_one(store.job())
        .await?
        .generation)
}

/// Raises every tenant's generation, so that each state is loaded again.
pub async fn generations_raise(store: &Store) -> Result<u64> {
    Ok(unsigned(
        i64::try_from(
            sqlx::query!("update tenants set generation = generation + 1").execute(store.job()).await?.rows_affected(),
        )
        .unwrap_or(i64::MAX),
    ))
}

pub(crate) fn micros_up(amount: Decimal, currency: &str) -> Result<i64> {
    parsed(amount, currency)?.micros_up().map_err(|e| StoreError::Corrupt(e.to_string()))
}

pub(crate) fn micros_down(amount: Decimal, currency: &str) -> Result<i64> {
    parsed(amount, currency)?.micros_down().map_err(|e| StoreError::Corrupt(e.to_string()))
}

fn parsed(amount: Decimal, currency: &str) -> Result<Money> {
    crate::ledger::money(amount, Currency::parse(currency).map_err(|e| StoreError::Corrupt(e.to_string()))?)
}
