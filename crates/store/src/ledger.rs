//! Accounts, transactions, postings. Rows are inserted; the totals beside them are folded in the same transaction.

use crate::{Result, StoreError};
use billing::{AccountKind, Currency, EntryType, Money, Period, Posting};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet};
use tenancy::{TenantId, TransactionId};
use uuid::Uuid;

/// One transaction to be booked.
#[derive(Debug, Clone)]
pub struct NewTransaction {
    pub tenant_id: TenantId,
    pub transaction_id: TransactionId,
    pub entry_type: EntryType,
    pub reason: String,
    pub reference: String,
    /// Unique per tenant: a second transaction under it is refused by `transactions_idempotency_key`.
    pub idempotency_key: String,
    pub booked_at: DateTime<Utc>,
    pub period: Period,
    pub postings: Vec<Posting>,
}

/// First day of a period, as its rows have it.
pub fn period_date(period: Period) -> NaiveDate {
    period.start().date_naive()
}

/// Makes the accounts of a new tenant, so that every later posting finds the balance row to lock.
pub async fn accounts_open(connection: &mut PgConnection, tenant_id: TenantId, currency: Currency) -> Result<()> {
    let kinds: Vec<String> = AccountKind::ALL.iter().map(|k| k.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into accounts (tenant_id, kind, currency) select $1, kind, $3 from unnest($2::text[]) as kind on conflict do nothing",
        tenant_id.as_uuid(),
        &kinds,
        currency.as_str()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Locks the balance rows, in order of tenants: the first thing that every transaction with postings does.
pub async fn balances_lock(connection: &mut PgConnection, tenants: &BTreeSet<TenantId>) -> Result<()> {
    let ids: Vec<Uuid> = tenants.iter().map(|t| t.as_uuid()).collect();
    let locked = sqlx::query!(
        "select tenant_id from accounts where kind = 'customer' and tenant_id = any($1) order by tenant_id for update",
        &ids
    )
    .fetch_all(connection)
    .await?;
    if locked.len() < tenants.len() {
        return Err(StoreError::Corrupt("a tenant has no customer account".into()));
    }
    Ok(())
}

/// For each wanted (tenant, period), the first open period from it on; made where it is missing, and held against closing until
/// the transaction ends.
pub async fn periods_hold(
    connection: &mut PgConnection,
    wanted: &BTreeSet<(TenantId, Period)>,
) -> Result<BTreeMap<(TenantId, Period), Period>> {
    let mut found = BTreeMap::new();
    let mut asked: Vec<((TenantId, Period), Period)> = wanted.iter().map(|w| (*w, w.1)).collect();
    while !asked.is_empty() {
        let tenants: Vec<Uuid> = asked.iter().map(|((t, _), _)| t.as_uuid()).collect();
        let dates: Vec<NaiveDate> = asked.iter().map(|(_, p)| period_date(*p)).collect();
        sqlx::query!("insert into periods (tenant_id, period) select * from unnest($1::uuid[], $2::date[]) on conflict do nothing", &tenants, &dates).execute(&mut *connection).await?;
        let open: BTreeSet<(Uuid, NaiveDate)> = sqlx::query!(
            "select p.tenant_id, p.period from periods p join (select distinct * from unnest($1::uuid[], $2::date[]) as w (tenant_id, period)) w using (tenant_id, period)
             where p.closed_at is null order by p.tenant_id, p.period for share of p",
            &tenants,
            &dates
        )
        .fetch_all(&mut *connection)
        .await?
        .into_iter()
        .map(|r| (r.tenant_id, r.period))
        .collect();
        asked.retain_mut(|(key, period)| {
            if open.contains(&(key.0.as_uuid(), period_date(*period))) {
                found.insert(*key, *period);
                return false;
            }
            *period = period.next();
            true
        });
    }
    Ok(found)
}

/// Inserts transactions with their postings and folds them into the totals. The caller has locked the balances and holds the
/// periods. A batch is one set of statements, whatever its size.
pub async fn transactions_post(connection: &mut PgConnection, transactions: &[NewTransaction]) -> Result<()> {
    if transactions.is_empty() {
        return Ok(());
    }
    let tenants: Vec<Uuid> = transactions.iter().map(|t| t.tenant_id.as_uuid()).collect();
    let ids: Vec<Uuid> = transactions.iter().map(|t| t.transaction_id.as_uuid()).collect();
    let types: Vec<String> = transactions.iter().map(|t| t.entry_type.as_str().to_owned()).collect();
    let reasons: Vec<String> = transactions.iter().map(|t| t.reason.clone()).collect();
    let references: Vec<String> = transactions.iter().map(|t| t.reference.clone()).collect();
    let keys: Vec<String> = transactions.iter().map(|t| t.idempotency_key.clone()).collect();
    let booked: Vec<DateTime<Utc>> = transactions.iter().map(|t| t.booked_at).collect();
    sqlx::query!(
        "insert into transactions (tenant_id, transaction_id, type, reason, reference, idempotency_key, booked_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])",
        &tenants,
        &ids,
        &types,
        &reasons,
        &references,
        &keys,
        &booked
    )
    .execute(&mut *connection)
    .await?;
    // Totals first: they make the accounts that the postings refer to.
    totals_fold(connection, transactions).await?;
    postings_insert(connection, transactions).await
}

async fn postings_insert(connection: &mut PgConnection, transactions: &[NewTransaction]) -> Result<()> {
    let rows: Vec<(&NewTransaction, usize, &Posting)> =
        transactions.iter().flat_map(|t| t.postings.iter().enumerate().map(move |(i, p)| (t, i, p))).collect();
    let tenants: Vec<Uuid> = rows.iter().map(|(t, _, _)| t.tenant_id.as_uuid()).collect();
    let ids: Vec<Uuid> = rows.iter().map(|(t, _, _)| t.transaction_id.as_uuid()).collect();
    let positions: Vec<i16> =
        rows.iter().map(|(_, i, _)| i16::try_from(*i).expect("a transaction has a handful of postings")).collect();
    let periods: Vec<NaiveDate> = rows.iter().map(|(t, _, _)| period_date(t.period)).collect();
    let debits: Vec<String> = rows.iter().map(|(_, _, p)| p.debit.as_str().to_owned()).collect();
    let credits: Vec<String> = rows.iter().map(|(_, _, p)| p.credit.as_str().to_owned()).collect();
    let currencies: Vec<String> = rows.iter().map(|(_, _, p)| p.amount.currency().as_str().to_owned()).collect();
    let amounts: Vec<Decimal> = rows.iter().map(|(_, _, p)| p.amount.amount()).collect();
    sqlx::query!(
        "insert into postings (tenant_id, transaction_id, position, period, debit, credit, currency, amount)
         select * from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::date[], $5::text[], $6::text[], $7::text[], $8::numeric[])",
        &tenants,
        &ids,
        &positions,
        &periods,
        &debits,
        &credits,
        &currencies,
        &amounts
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// (debits, credits) of an account in a period.
type Movement = (Decimal, Decimal);

async fn totals_fold(connection: &mut PgConnection, transactions: &[NewTransaction]) -> Result<()> {
    let mut moved: BTreeMap<(TenantId, &'static str, String, NaiveDate), Movement> = BTreeMap::new();
    for t in transactions {
        for p in &t.postings {
            let currency = p.amount.currency().as_str().to_owned();
            let period = period_date(t.period);
            moved.entry((t.tenant_id, p.debit.as_str(), currency.clone(), period)).or_default().0 += p.amount.amount();
            moved.entry((t.tenant_id, p.credit.as_str(), currency, period)).or_default().1 += p.amount.amount();
        }
    }
    let tenants: Vec<Uuid> = moved.keys().map(|k| k.0.as_uuid()).collect();
    let kinds: Vec<String> = moved.keys().map(|k| k.1.to_owned()).collect();
    let currencies: Vec<String> = moved.keys().map(|k| k.2.clone()).collect();
    let periods: Vec<NaiveDate> = moved.keys().map(|k| k.3).collect();
    let debits: Vec<Decimal> = moved.values().map(|m| m.0).collect();
    let credits: Vec<Decimal> = moved.values().map(|m| m.1).collect();
    sqlx::query!(
        "insert into accounts as a (tenant_id, kind, currency, debits, credits)
         select tenant_id, kind, currency, sum(debits), sum(credits)
         from unnest($1::uuid[], $2::text[], $3::text[], $4::numeric[], $5::numeric[]) as m (tenant_id, kind, currency, debits, credits)
         group by 1, 2, 3
         on conflict (tenant_id, kind, currency) do update set debits = a.debits + excluded.debits, credits = a.credits + excluded.credits",
        &tenants,
        &kinds,
        &currencies,
        &debits,
        &credits
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        "insert into account_periods as a (tenant_id, kind, currency, period, debits, credits)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::numeric[], $6::numeric[])
         on conflict (tenant_id, kind, currency, period) do update set debits = a.debits + excluded.debits, credits = a.credits + excluded.credits",
        &tenants,
        &kinds,
        &currencies,
        &periods,
        &debits,
        &credits
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What a tenant has, as the ledger says: credits less debits of its customer account, and the credits given at sign-up.
#[derive(Debug, Clone)]
pub struct Balance {
    pub posted: Money,
    pub granted: Money,
}

pub async fn balance_get(connection: &mut PgConnection, tenant_id: TenantId, currency: Currency) -> Result<Balance> {
    let row = sqlx::query!(
        r#"select a.credits - a.debits as "posted!",
                  (select coalesce(sum(p.amount), 0) from postings p where p.tenant_id = $1 and p.debit = 'promo' and p.credit = 'customer') as "granted!"
           from accounts a where a.tenant_id = $1 and a.kind = 'customer' and a.currency = $2"#,
        tenant_id.as_uuid(),
        currency.as_str()
    )
    .fetch_one(connection)
    .await?;
    Ok(Balance { posted: money(row.posted, currency)?, granted: money(row.granted, currency)? })
}

/// A stored amount. Columns are checked for scale, so a refusal means the column was changed by hand.
pub(crate) fn money(amount: Decimal, currency: Currency) -> Result<Money> {
    Money::new(amount, currency).map_err(|e| StoreError::Corrupt(e.to_string()))
}
