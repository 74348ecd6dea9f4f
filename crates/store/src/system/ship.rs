//! From journal to ledger: usage rows, postings and the node's shipped spend in one transaction per set of tenants.

use super::node::signed;
use crate::journal::{Lsn, Settlement};
use crate::ledger::{NewTransaction, balances_lock, period_date, periods_hold, transactions_post};
use crate::{Result, Store, StoreError};
use billing::{Currency, EntryType, Money, Period, usage_charge};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use tenancy::{RequestId, TenantId, TransactionId};
use uuid::Uuid;

/// A settlement and where its journal has it.
#[derive(Debug, Clone)]
pub struct Shipment {
    pub lsn: Lsn,
    pub settlement: Settlement,
}

impl Shipment {
    fn tenant_id(&self) -> TenantId {
        self.settlement.intent.tenant_id
    }

    pub fn started_at(&self) -> DateTime<Utc> {
        started_at(self.settlement.intent.request_id)
    }
}

/// When a request began, from its id; a request's period is this moment's.
pub fn started_at(request_id: RequestId) -> DateTime<Utc> {
    let ms = i64::try_from(request_id.started_at_ms()).unwrap_or(i64::MAX);
    DateTime::from_timestamp_millis(ms).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Ships one node's settlements for a set of tenants. Shipping any of them again changes nothing. Returns those of tenants that
/// have fenced this node: they take the debit path.
pub async fn usage_ship(store: &Store, node: &str, shipments: &[Shipment]) -> Result<Vec<Shipment>> {
    let mut tx = store.job().begin().await?;
    let tenants: BTreeSet<TenantId> = shipments.iter().map(Shipment::tenant_id).collect();
    let gone = node_spend_lock(&mut tx, node, &tenants).await?;
    let (fenced, counted): (Vec<_>, Vec<_>) = shipments.iter().cloned().partition(|s| gone.contains(&s.tenant_id()));
    if !counted.is_empty() {
        let tenants = counted.iter().map(Shipment::tenant_id).collect();
        balances_lock(&mut tx, &tenants).await?;
        let new = usage_book(&mut tx, node, &counted).await?;
        node_spend_grow(&mut tx, node, &counted, &new).await?;
        keys_touch(&mut tx, &counted).await?;
    }
    tx.commit().await?;
    Ok(fenced)
}

/// Locks this node's rows first of all, so that a fence waits for a shipment under way. Returns the tenants that have fenced it.
async fn node_spend_lock(
    connection: &mut PgConnection,
    node: &str,
    tenants: &BTreeSet<TenantId>,
) -> Result<BTreeSet<TenantId>> {
    let ids: Vec<Uuid> = tenants.iter().map(|t| t.as_uuid()).collect();
    sqlx::query!("insert into node_spend (tenant_id, node, counter, period) select t, $2, 'balance', 'all' from unnest($1::uuid[]) as t order by t on conflict do nothing", &ids, node)
        .execute(&mut *connection)
        .await?;
    let rows = sqlx::query!(
        r#"select tenant_id, gone_at is not null as "gone!" from node_spend
           where tenant_id = any($1) and node = $2 and counter = 'balance' order by tenant_id for update"#,
        &ids,
        node
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().filter(|r| r.gone).map(|r| TenantId::new(r.tenant_id)).collect())
}

/// Inserts usage rows and books those that are new. Returns the new requests.
pub(super) async fn usage_book(
    connection: &mut PgConnection,
    node: &str,
    shipments: &[Shipment],
) -> Result<BTreeSet<RequestId>> {
    let wanted: BTreeSet<(TenantId, Period)> =
        shipments.iter().map(|s| (s.tenant_id(), Period::of(s.started_at()))).collect();
    let periods = periods_hold(connection, &wanted).await?;
    let mut batches: BTreeMap<(TenantId, Period), TransactionId> = BTreeMap::new();
    let mut rows = Vec::with_capacity(shipments.len());
    for shipment in shipments {
        let own = Period::of(shipment.started_at());
        let billed = periods[&(shipment.tenant_id(), own)];
        let s = &shipment.settlement;
        let books = !(s.charge.is_zero() && s.overage.is_zero());
        let transaction_id = books.then(|| {
            *batches.entry((shipment.tenant_id(), billed)).or_insert_with(|| TransactionId::new(Uuid::now_v7()))
        });
        rows.push(Row { shipment, billed, late: billed != own, transaction_id });
    }
    let new = usage_insert(connection, node, &rows).await?;
    transactions_post(connection, &charges(&rows, &new)?).await?;
    Ok(new)
}

/// A usage row in the making.
struct Row<'a> {
    shipment: &'a Shipment,
    billed: Period,
    late: bool,
    transaction_id: Option<TransactionId>,
}

/// One transaction per tenant and period, with the sums of what is new in it.
fn charges(rows: &[Row<'_>], new: &BTreeSet<RequestId>) -> Result<Vec<NewTransaction>> {
    let mut folded: BTreeMap<TransactionId, (&Row<'_>, Decimal, Decimal, usize)> = BTreeMap::new();
    for row in rows {
        let s = &row.shipment.settlement;
        if let Some(transaction_id) = row.transaction_id.filter(|_| new.contains(&s.intent.request_id)) {
            let sum = folded.entry(transaction_id).or_insert((row, Decimal::ZERO, Decimal::ZERO, 0));
            sum.1 += s.charge;
            sum.2 += s.overage;
            sum.3 += 1;
        }
    }
    let corrupt = |e: &dyn std::fmt::Display| StoreError::Corrupt(e.to_string());
    folded
        .into_iter()
        .map(|(transaction_id, (first, charge, overage, requests))| {
            let intent = &first.shipment.settlement.intent;
            let currency = Currency::parse(&intent.currency).map_err(|e| corrupt(&e))?;
            let money = |amount| Money::new(amount, currency).map_err(|e| corrupt(&e));
            Ok(NewTransaction {
                tenant_id: intent.tenant_id,
                transaction_id,
                entry_type: EntryType::UsageCharge,
                reason: format!("usage of {requests} request{}", if requests == 1 { "" } else { "s" }),
                reference: intent.request_id.to_string(),
                // A request's row is inserted once, so a batch can be named after its first new one.
                idempotency_key: format!("usage:{}", intent.request_id),
                booked_at: first.shipment.started_at(),
                period: first.billed,
                postings: usage_charge(money(charge)?, money(overage)?),
            })
        })
        .collect()
}

/// `node_spend` grows by the charges of new rows, in the transaction that posts them: posted balance + `node_spend` stays.
async fn node_spend_grow(
    connection: &mut PgConnection,
    node: &str,
    shipments: &[Shipment],
    new: &BTreeSet<RequestId>,
) -> Result<()> {
    let mut grown: BTreeMap<TenantId, (Decimal, Lsn)> = BTreeMap::new();
    for shipment in shipments {
        let entry = grown.entry(shipment.tenant_id()).or_default();
        if new.contains(&shipment.settlement.intent.request_id) {
            entry.0 += shipment.settlement.charge;
        }
        entry.1 = entry.1.max(shipment.lsn);
    }
    let tenants: Vec<Uuid> = grown.keys().map(|t| t.as_uuid()).collect();
    let amounts: Vec<Decimal> = grown.values().map(|g| g.0).collect();
    let epochs: Vec<i64> = grown.values().map(|g| signed(g.1.epoch)).collect();
    let lsns: Vec<i64> = grown.values().map(|g| signed(g.1.n)).collect();
    sqlx::query!(
        "update node_spend s set amount = s.amount + g.amount, epoch = greatest(s.epoch, g.epoch), lsn = greatest(s.lsn, g.lsn)
         from unnest($2::uuid[], $3::numeric[], $4::bigint[], $5::bigint[]) as g (tenant_id, amount, epoch, lsn)
         where s.tenant_id = g.tenant_id and s.node = $1 and s.counter = 'balance'",
        node,
        &tenants,
        &amounts,
        &epochs,
        &lsns
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// When each key was last used, as the console shows it.
async fn keys_touch(connection: &mut PgConnection, shipments: &[Shipment]) -> Result<()> {
    let mut used: BTreeMap<(TenantId, Uuid), DateTime<Utc>> = BTreeMap::new();
    for s in shipments {
        let at =
            used.entry((s.tenant_id(), s.settlement.intent.api_key_id.as_uuid())).or_insert(DateTime::<Utc>::MIN_UTC);
        *at = (*at).max(s.started_at());
    }
    let tenants: Vec<Uuid> = used.keys().map(|k| k.0.as_uuid()).collect();
    let keys: Vec<Uuid> = used.keys().map(|k| k.1).collect();
    let times: Vec<DateTime<Utc>> = used.values().copied().collect();
    sqlx::query!(
        "update api_keys k set last_used_at = greatest(k.last_used_at, u.used_at)
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as u (tenant_id, api_key_id, used_at)
         where k.tenant_id = u.tenant_id and k.api_key_id = u.api_key_id",
        &tenants,
        &keys,
        &times
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// UNNEST: one statement and one plan, whatever the size of the batch.
async fn usage_insert(connection: &mut PgConnection, node: &str, rows: &[Row<'_>]) -> Result<BTreeSet<RequestId>> {
    fn column<'a, T>(rows: &'a [Row<'a>], of: impl Fn(&'a Settlement) -> T) -> Vec<T> {
        rows.iter().map(|r| of(&r.shipment.settlement)).collect()
    }
    let big = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let billed: Vec<NaiveDate> = rows.iter().map(|r| period_date(r.billed)).collect();
    let metadata: Vec<Option<serde_json::Value>> = column(rows, |s| {
        (!s.intent.metadata.is_empty()).then(|| {
            s.intent
                .metadata
                .iter()
                .map(|(k, v)| (k.clone(), serde_json::Value::String(v.clone())))
                .collect::<serde_json::Map<_, _>>()
                .into()
        })
    });
    let inserted = sqlx::query!(
        "insert into usage (tenant_id, started_at, request_id, kind, node, epoch, lsn, api_key_id, user_id, environment, endpoint, requested_model, model, provider, upstream_model,
             input_tokens, cached_input_tokens, cache_write_tokens, cache_write_1h_tokens, output_tokens, reasoning_tokens, price_id, fx_quote_id, currency,
             cost_usd, charge, overage, hold, source, reason, status, streaming, attempts, latency_ms, first_byte_ms, metadata, billed_period, late, transaction_id)
         select r.tenant_id, r.started_at, r.request_id, r.kind, $1, r.epoch, r.lsn, r.api_key_id, r.user_id, r.environment, r.endpoint, r.requested_model, r.model, r.provider, r.upstream_model,
             r.input, r.cached, r.write, r.write_1h, r.output, r.reasoning, r.price_id, r.fx_quote_id, r.currency,
             r.cost_usd, r.charge, r.overage, r.hold, r.source, r.reason, r.status, r.streaming, r.attempts, r.latency_ms, r.first_byte_ms, r.metadata, r.billed_period, r.late, r.transaction_id
         from unnest($2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::uuid[], $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
             $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::uuid[], $23::uuid[], $24::text[],
             $25::numeric[], $26::numeric[], $27::numeric[], $28::numeric[], $29::text[], $30::text[], $31::smallint[], $32::boolean[], $33::smallint[], $34::integer[], $35::integer[], $36::jsonb[], $37::date[], $38::boolean[], $39::uuid[])
             as r (tenant_id, started_at, request_id, kind, epoch, lsn, api_key_id, user_id, environment, endpoint, requested_model, model, provider, upstream_model,
                 input, cached, write, write_1h, output, reasoning, price_id, fx_quote_id, currency,
                 cost_usd, charge, overage, hold, source, reason, status, streaming, attempts, latency_ms, first_byte_ms, metadata, billed_period, late, transaction_id)
         on conflict (tenant_id, started_at, request_id, kind) do nothing
         returning request_id",
        node,
        &column(rows, |s| s.intent.tenant_id.as_uuid()),
        &rows.iter().map(|r| r.shipment.started_at()).collect::<Vec<_>>(),
        &column(rows, |s| s.intent.request_id.as_uuid()),
        &column(rows, |s| s.intent.kind.as_str().to_owned()),
        &rows.iter().map(|r| signed(r.shipment.lsn.epoch)).collect::<Vec<_>>(),
        &rows.iter().map(|r| signed(r.shipment.lsn.n)).collect::<Vec<_>>(),
        &column(rows, |s| s.intent.api_key_id.as_uuid()),
        &column(rows, |s| s.intent.user_id.as_uuid()),
        &column(rows, |s| s.intent.environment.as_str().to_owned()),
        &column(rows, |s| s.intent.endpoint.as_str().to_owned()),
        &column(rows, |s| s.intent.requested_model.clone()),
        &column(rows, |s| s.served.model.clone()),
        &column(rows, |s| s.served.provider.clone()),
        &column(rows, |s| s.served.upstream_model.clone()),
        &column(rows, |s| big(s.tokens.input)),
        &column(rows, |s| big(s.tokens.cached_input)),
        &column(rows, |s| big(s.tokens.cache_write)),
        &column(rows, |s| big(s.tokens.cache_write_1h)),
        &column(rows, |s| big(s.tokens.output)),
        &column(rows, |s| big(s.tokens.reasoning)),
        &column(rows, |s| s.served.price_id),
        &column(rows, |s| s.intent.fx_quote_id),
        &column(rows, |s| s.intent.currency.clone()),
        &column(rows, |s| s.cost_usd),
        &column(rows, |s| s.charge),
        &column(rows, |s| s.overage),
        &column(rows, |s| s.intent.hold),
        &column(rows, |s| s.ended.source.as_str().to_owned()),
        &column(rows, |s| s.ended.reason.as_str().to_owned()),
        &column(rows, |s| i16::try_from(s.ended.status).unwrap_or_default()),
        &column(rows, |s| s.intent.streaming),
        &column(rows, |s| i16::try_from(s.ended.attempts).unwrap_or(i16::MAX)),
        &column(rows, |s| i32::try_from(s.ended.latency_ms).unwrap_or(i32::MAX)),
        &column(rows, |s| s.ended.first_byte_ms.map(|ms| i32::try_from(ms).unwrap_or(i32::MAX))) as &[Option<i32>],
        &metadata as &[Option<serde_json::Value>],
        &billed,
        &rows.iter().map(|r| r.late).collect::<Vec<_>>(),
        &rows.iter().map(|r| r.transaction_id.map(TransactionId::as_uuid)).collect::<Vec<_>>() as &[Option<Uuid>]
    )
    .fetch_all(connection)
    .await?;
    Ok(inserted.into_iter().map(|r| RequestId::new(r.request_id)).collect())
}

/// Puts aside a record that Postgres refuses, whole, so that it stops nobody else.
pub async fn usage_reject(store: &Store, node: &str, shipment: &Shipment, error: &str) -> Result<()> {
    let record = serde_json::to_value(&shipment.settlement).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    sqlx::query!(
        "insert into usage_rejected (tenant_id, node, epoch, lsn, request_id, record, error) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing",
        shipment.tenant_id().as_uuid(),
        node,
        signed(shipment.lsn.epoch),
        signed(shipment.lsn.n),
        shipment.settlement.intent.request_id.as_uuid(),
        record,
        error
    )
    .execute(store.job())
    .await?;
    Ok(())
}
