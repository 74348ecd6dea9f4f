//! The debit path of records that no standing hold vouches for: those of a fenced journal, and estimates made at adoption.
//!
//! (a) a row that every load counts as a hold; (b) the script takes what is available; (c) one transaction checks that the state
//! which granted it is still the tenant's, deletes the row (no row, no posting) and books. Each step is safe to repeat.

use super::load::micros_up;
use super::ship::{Shipment, usage_book};
use crate::ledger::balances_lock;
use crate::redis::Redis;
use crate::revisions::tenant_revise;
use crate::{Result, Store, StoreError};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use uuid::Uuid;

#[derive(Debug, PartialEq, Eq)]
pub enum Debited {
    /// The request has its row.
    Booked,
    /// The tenant's state does not count just now: load it, then try again.
    Load,
}

/// Books one record by the debit path. What is not granted becomes overage.
pub async fn usage_debit(store: &Store, redis: &Redis, node: &str, shipment: &Shipment) -> Result<Debited> {
    let intent = &shipment.settlement.intent;
    if shipment.settlement.charge.is_zero() {
        let mut tx = store.job().begin().await?;
        balances_lock(&mut tx, &BTreeSet::from([intent.tenant_id])).await?;
        usage_book(&mut tx, node, std::slice::from_ref(shipment)).await?;
        tx.commit().await?;
        return Ok(Debited::Booked);
    }
    if usage_exists(store, shipment).await? {
        return Ok(Debited::Booked);
    }
    let debit_id = pending_insert(store, shipment).await?;
    let wanted = micros_up(shipment.settlement.charge, &intent.currency)?;
    let Some((held, generation)) = redis.debit_hold(intent.tenant_id, debit_id, wanted).await? else {
        return Ok(Debited::Load);
    };
    pending_post(store, node, shipment, debit_id, held, generation).await
}

async fn usage_exists(store: &Store, shipment: &Shipment) -> Result<bool> {
    let intent = &shipment.settlement.intent;
    let found = sqlx::query!(
        "select request_id from usage where tenant_id = $1 and started_at = $2 and request_id = $3 and kind = $4",
        intent.tenant_id.as_uuid(),
        shipment.started_at(),
        intent.request_id.as_uuid(),
        intent.kind.as_str()
    )
    .fetch_optional(store.job())
    .await?;
    Ok(found.is_some())
}

async fn pending_insert(store: &Store, shipment: &Shipment) -> Result<Uuid> {
    let intent = &shipment.settlement.intent;
    sqlx::query!(
        "insert into pending_debits (tenant_id, debit_id, amount, currency, request_id) values ($1, $2, $3, $4, $5)
         on conflict (tenant_id, request_id) where request_id is not null do nothing",
        intent.tenant_id.as_uuid(),
        Uuid::now_v7(),
        shipment.settlement.charge,
        intent.currency,
        intent.request_id.as_uuid()
    )
    .execute(store.job())
    .await?;
    let row = sqlx::query!(
        "select debit_id from pending_debits where tenant_id = $1 and request_id = $2",
        intent.tenant_id.as_uuid(),
        intent.request_id.as_uuid()
    )
    .fetch_optional(store.job())
    .await?;
    // Another shipper of the same record has just posted it; its row in `usage` is found at the next try.
    row.map(|r| r.debit_id).ok_or_else(|| StoreError::Unavailable("postgres", "debit was posted meanwhile".into()))
}

async fn pending_post(
    store: &Store,
    node: &str,
    shipment: &Shipment,
    debit_id: Uuid,
    held: i64,
    generation: i64,
) -> Result<Debited> {
    let tenant_id = shipment.settlement.intent.tenant_id;
    let mut tx = store.job().begin().await?;
    balances_lock(&mut tx, &BTreeSet::from([tenant_id])).await?;
    let current = sqlx::query!("select generation from tenants where tenant_id = $1 for share", tenant_id.as_uuid())
        .fetch_one(&mut *tx)
        .await?
        .generation;
    if current != generation {
        return Ok(Debited::Load);
    }
    let deleted = sqlx::query!(
        "delete from pending_debits where tenant_id = $1 and debit_id = $2",
        tenant_id.as_uuid(),
        debit_id
    )
    .execute(&mut *tx)
    .await?;
    if deleted.rows_affected() > 0 {
        usage_book(&mut tx, node, &[granted(shipment, held)]).await?;
        tenant_revise(&mut tx, tenant_id, Some(debit_id)).await?;
    }
    tx.commit().await?;
    Ok(Debited::Booked)
}

/// The record with as much of its charge as was held; the rest is the operator's.
fn granted(shipment: &Shipment, held_micros: i64) -> Shipment {
    let mut booked = shipment.clone();
    let s = &mut booked.settlement;
    let exact = s.charge + s.overage;
    s.charge = s.charge.min(Decimal::new(held_micros, 6));
    s.overage = exact - s.charge;
    booked
}
