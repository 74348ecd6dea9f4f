//! Does the money reconcile? Everything is computed again from facts, nothing is taken from a total.

use crate::redis::Redis;
use crate::{Result, Store};
use billing::{Price, Reason, Tokens};
use rust_decimal::Decimal;
use tenancy::TenantId;

/// What was looked at, and every difference found, in words.
#[derive(Debug, Default)]
pub struct Verification {
    pub tenants: u64,
    pub usage_rows: u64,
    pub postings: u64,
    pub open_holds: u64,
    pub differences: Vec<String>,
}

/// Balances = Σ postings, per account and per period; charges = usage rows priced again; charges posted = charges on usage rows;
/// no customer below its limit; no pending debit and no hold without an open intent. `open_requests` are the intents that the
/// journals on this machine hold open.
pub async fn ledger_verify(store: &Store, redis: Option<&Redis>, open_requests: &[String]) -> Result<Verification> {
    let mut v = Verification::default();
    totals_verify(store, &mut v).await?;
    charges_verify(store, &mut v).await?;
    rows_verify(store, &mut v).await?;
    if let Some(redis) = redis {
        holds_verify(store, redis, open_requests, &mut v).await?;
    }
    Ok(v)
}

async fn totals_verify(store: &Store, v: &mut Verification) -> Result<()> {
    let counts = sqlx::query!(r#"select (select count(*) from tenants) as "tenants!", (select count(*) from usage) as "usage!", (select count(*) from postings) as "postings!""#).fetch_one(store.job()).await?;
    (v.tenants, v.usage_rows, v.postings) =
        (counts.tenants.unsigned_abs(), counts.usage.unsigned_abs(), counts.postings.unsigned_abs());
    let accounts = sqlx::query!(
        r#"with sides as (
               select tenant_id, debit as kind, currency, amount as debits, 0::numeric as credits from postings
               union all select tenant_id, credit, currency, 0, amount from postings),
           sums as (select tenant_id, kind, currency, sum(debits) as debits, sum(credits) as credits from sides group by 1, 2, 3)
           select coalesce(a.tenant_id, s.tenant_id) as "tenant_id!", coalesce(a.kind, s.kind) as "kind!", a.debits - a.credits as total, s.debits - s.credits as sum
           from accounts a full join sums s using (tenant_id, kind, currency)
           where coalesce(a.debits, 0) <> coalesce(s.debits, 0) or coalesce(a.credits, 0) <> coalesce(s.credits, 0)"#
    )
    .fetch_all(store.job())
    .await?;
    for a in accounts {
        v.differences.push(format!(
            "account {} of tenant {}: total says {:?}, postings sum to {:?}",
            a.kind, a.tenant_id, a.total, a.sum
        ));
    }
    let periods = sqlx::query!(
        r#"with sides as (
               select tenant_id, debit as kind, currency, period, amount as debits, 0::numeric as credits from postings
               union all select tenant_id, credit, currency, period, 0, amount from postings),
           sums as (select tenant_id, kind, currency, period, sum(debits) as debits, sum(credits) as credits from sides group by 1, 2, 3, 4)
           select coalesce(a.tenant_id, s.tenant_id) as "tenant_id!", coalesce(a.kind, s.kind) as "kind!", coalesce(a.period, s.period) as "period!"
           from account_periods a full join sums s using (tenant_id, kind, currency, period)
           where coalesce(a.debits, 0) <> coalesce(s.debits, 0) or coalesce(a.credits, 0) <> coalesce(s.credits, 0)"#
    )
    .fetch_all(store.job())
    .await?;
    for p in periods {
        v.differences.push(format!(
            "account {} of tenant {} in {}: the period's total is not the sum of its postings",
            p.kind, p.tenant_id, p.period
        ));
    }
    let overdrawn = sqlx::query!(
        r#"select a.tenant_id, a.credits - a.debits as "balance!" from accounts a join tenants t using (tenant_id)
           where a.kind = 'customer' and a.credits - a.debits + t.credit_limit < 0"#
    )
    .fetch_all(store.job())
    .await?;
    for o in overdrawn {
        v.differences.push(format!("tenant {} is below its limit: {}", o.tenant_id, o.balance));
    }
    Ok(())
}

/// What was posted for usage is what the rows say, per tenant and period; and per node, what was shipped.
async fn charges_verify(store: &Store, v: &mut Verification) -> Result<()> {
    let posted = sqlx::query!(
        r#"with rows as (select tenant_id, billed_period as period, sum(charge) as charge, sum(overage) as overage from usage group by 1, 2),
                booked as (select p.tenant_id, p.period, coalesce(sum(p.amount) filter (where p.debit = 'customer'), 0) as charge,
                                  coalesce(sum(p.amount) filter (where p.debit = 'overage'), 0) as overage
                           from postings p join transactions t using (tenant_id, transaction_id) where t.type = 'usage_charge' group by 1, 2)
           select coalesce(r.tenant_id, b.tenant_id) as "tenant_id!", coalesce(r.period, b.period) as "period!", r.charge as rows_charge, b.charge as booked_charge
           from rows r full join booked b using (tenant_id, period)
           where coalesce(r.charge, 0) <> coalesce(b.charge, 0) or coalesce(r.overage, 0) <> coalesce(b.overage, 0)"#
    )
    .fetch_all(store.job())
    .await?;
    for p in posted {
        v.differences.push(format!(
            "tenant {} in {}: usage rows charge {:?}, the ledger {:?}",
            p.tenant_id, p.period, p.rows_charge, p.booked_charge
        ));
    }
    Ok(())
}

/// Every row priced again, a page at a time.
async fn rows_verify(store: &Store, v: &mut Verification) -> Result<()> {
    let mut after = (chrono::DateTime::<chrono::Utc>::UNIX_EPOCH, uuid::Uuid::nil());
    loop {
        let rows = sqlx::query!(
            r#"select u.tenant_id, u.started_at, u.request_id, u.environment, u.input_tokens, u.cached_input_tokens, u.cache_write_tokens, u.cache_write_1h_tokens, u.output_tokens, u.reasoning_tokens,
                      u.reason, u.cost_usd, u.charge, u.overage, q.rate, p.input, p.cached_input, p.cache_write, p.cache_write_1h, p.output, p.reasoning, p.per_request
               from usage u join prices p using (price_id) join fx_quotes q using (fx_quote_id)
               where u.kind <> 'shadow' and (u.started_at, u.request_id) > ($1, $2) order by u.started_at, u.request_id limit 5000"#,
            after.0,
            after.1
        )
        .fetch_all(store.job())
        .await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = (last.started_at, last.request_id);
        for r in &rows {
            let tokens = Tokens {
                input: r.input_tokens.unsigned_abs(),
                cached_input: r.cached_input_tokens.unsigned_abs(),
                cache_write: r.cache_write_tokens.unsigned_abs(),
                cache_write_1h: r.cache_write_1h_tokens.unsigned_abs(),
                output: r.output_tokens.unsigned_abs(),
                reasoning: r.reasoning_tokens.unsigned_abs(),
            };
            let price = Price {
                input: r.input,
                cached_input: r.cached_input,
                cache_write: r.cache_write,
                cache_write_1h: r.cache_write_1h,
                output: r.output,
                reasoning: r.reasoning,
                per_request: r.per_request,
            };
            // A request that nothing was delivered of is free, and so is a test key's.
            let free = r.environment == "test" || (tokens.total() == 0 && r.reason != Reason::Completed.as_str());
            let expected = if free {
                (Decimal::ZERO, Decimal::ZERO)
            } else {
                price.charge(&tokens, r.rate).map_or((Decimal::MAX, Decimal::MAX), |c| (c.usd, c.billed))
            };
            if expected != (r.cost_usd, r.charge + r.overage) {
                v.differences.push(format!(
                    "request {} of tenant {}: priced again {} USD and {}, the row says {} and {}",
                    r.request_id,
                    r.tenant_id,
                    expected.0,
                    expected.1,
                    r.cost_usd,
                    r.charge + r.overage
                ));
            }
        }
    }
}

async fn holds_verify(store: &Store, redis: &Redis, open_requests: &[String], v: &mut Verification) -> Result<()> {
    for tenant in sqlx::query!("select tenant_id from tenants").fetch_all(store.job()).await? {
        for request in redis.holds_list(TenantId::new(tenant.tenant_id)).await? {
            v.open_holds += 1;
            if !open_requests.contains(&request) {
                v.differences.push(format!(
                    "tenant {} has a hold of request {request}, which no journal has open",
                    tenant.tenant_id
                ));
            }
        }
    }
    for debit in sqlx::query!("select tenant_id, debit_id, amount from pending_debits").fetch_all(store.job()).await? {
        v.differences
            .push(format!("tenant {} has a pending debit {} of {}", debit.tenant_id, debit.debit_id, debit.amount));
    }
    Ok(())
}
