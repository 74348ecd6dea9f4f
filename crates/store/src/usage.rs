//! What was used: rows as the console lists them, and their sums over a period.

use crate::ledger::{money, period_date};
use crate::{Result, StoreError, TenantTx};
use billing::{CountSource, Currency, Money, Period};
use chrono::{DateTime, NaiveDate, Utc};
use tenancy::{ApiKeyId, RequestId};

/// One request or market minute, with totals that contain their parts: input holds what was cached, output holds the reasoning.
#[derive(Debug, Clone)]
pub struct UsageRow {
    pub request_id: RequestId,
    pub started_at: DateTime<Utc>,
    pub model: String,
    pub provider: String,
    pub api_key_id: ApiKeyId,
    pub key_name: String,
    pub endpoint: String,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    /// What the tenant paid.
    pub charge: Money,
    pub latency_ms: i32,
    pub source: CountSource,
    pub reason: String,
    pub streaming: bool,
}

/// Which rows, newest first: started in `from..to`, and before the row that `before` names.
#[derive(Debug, Clone)]
pub struct UsageFilter {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub before: (DateTime<Utc>, RequestId),
    pub limit: i64,
}

pub async fn usage_list(tx: &mut TenantTx, filter: &UsageFilter, currency: Currency) -> Result<Vec<UsageRow>> {
    let tenant_id = tx.tenant_id().as_uuid();
    let rows = sqlx::query!(
        r#"select u.request_id, u.started_at, u.model, u.provider, u.api_key_id, k.name as "key_name?", u.endpoint,
                  u.input_tokens + u.cached_input_tokens + u.cache_write_tokens + u.cache_write_1h_tokens as "input_tokens!",
                  u.cached_input_tokens, u.output_tokens + u.reasoning_tokens as "output_tokens!", u.reasoning_tokens,
                  u.charge, u.latency_ms, u.source, u.reason, u.streaming
           from usage u left join api_keys k on k.tenant_id = u.tenant_id and k.api_key_id = u.api_key_id
           where u.tenant_id = $1 and u.kind <> 'shadow' and u.started_at >= $2 and u.started_at < $3
             and (u.started_at, u.request_id) < ($4, $5)
           order by u.started_at desc, u.request_id desc limit $6"#,
        tenant_id,
        filter.from,
        filter.to,
        filter.before.0,
        filter.before.1.as_uuid(),
        filter.limit
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(UsageRow {
                request_id: RequestId::new(r.request_id),
                started_at: r.started_at,
                model: r.model,
                provider: r.provider,
                api_key_id: ApiKeyId::new(r.api_key_id),
                key_name: r.key_name.unwrap_or_default(),
                endpoint: r.endpoint,
                input_tokens: r.input_tokens,
                cached_input_tokens: r.cached_input_tokens,
                output_tokens: r.output_tokens,
                reasoning_tokens: r.reasoning_tokens,
                charge: money(r.charge, currency)?,
                latency_ms: r.latency_ms,
                source: r.source.parse().map_err(|e: billing::UnknownWord| StoreError::Corrupt(e.to_string()))?,
                reason: r.reason,
                streaming: r.streaming,
            })
        })
        .collect()
}

/// Sums over some of a period's rows. Of market minutes only the charge is in them.
#[derive(Debug, Clone)]
pub struct UsageSums {
    pub requests: i64,
    /// Requests that neither were completed nor ended by the client's own wish.
    pub errors: i64,
    pub input_tokens: i64,
    pub output_tokens: i64,
    pub charge: Money,
    /// Of the completed ones.
    pub p50_latency_ms: Option<i32>,
}

/// A period as a whole, by model (dearest first) and by UTC day (earliest first): three views of the same rows.
#[derive(Debug, Clone)]
pub struct UsageSummary {
    pub total: UsageSums,
    pub by_model: Vec<(String, UsageSums)>,
    pub by_day: Vec<(NaiveDate, UsageSums)>,
}

/// One statement, so that the three views agree. Rows belong to the period that bills them.
pub async fn usage_summary(tx: &mut TenantTx, period: Period, currency: Currency) -> Result<UsageSummary> {
    let tenant_id = tx.tenant_id().as_uuid();
    let rows = sqlx::query!(
        r#"select u.model as "model?", u.day as "day?", count(*) filter (where u.request) as "requests!",
                  count(*) filter (where u.request and u.reason not in ('completed', 'client_gone', 'cancelled')) as "errors!",
                  coalesce(sum(u.input) filter (where u.request), 0)::bigint as "input_tokens!", coalesce(sum(u.output) filter (where u.request), 0)::bigint as "output_tokens!",
                  coalesce(sum(u.charge), 0) as "charge!",
                  percentile_disc(0.5) within group (order by u.latency_ms) filter (where u.request and u.reason = 'completed') as "p50?"
           from (select model, kind = 'request' as request, (started_at at time zone 'UTC')::date as day, reason, charge, latency_ms,
                        input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens as input,
                        output_tokens + reasoning_tokens as output
                 from usage where tenant_id = $1 and billed_period = $2 and kind <> 'shadow') u
           group by grouping sets ((), (u.model), (u.day))
           order by "charge!" desc, u.model, u.day"#,
        tenant_id,
        period_date(period)
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut total = UsageSums {
        requests: 0,
        errors: 0,
        input_tokens: 0,
        output_tokens: 0,
        charge: Money::zero(currency),
        p50_latency_ms: None,
    };
    let (mut by_model, mut by_day) = (Vec::new(), Vec::new());
    for r in rows {
        let sums = UsageSums {
            requests: r.requests,
            errors: r.errors,
            input_tokens: r.input_tokens,
            output_tokens: r.output_tokens,
            charge: money(r.charge, currency)?,
            p50_latency_ms: r.p50,
        };
        match (r.model, r.day) {
            (Some(model), _) => by_model.push((model, sums)),
            (None, Some(day)) => by_day.push((day, sums)),
            (None, None) => total = sums,
        }
    }
    by_day.sort_by_key(|(day, _)| *day);
    Ok(UsageSummary { total, by_model, by_day })
}

/// What use took from the balance in a period: all that was earned less what the operator bore. From the folded totals.
pub async fn usage_spent(tx: &mut TenantTx, period: Period, currency: Currency) -> Result<Money> {
    let tenant_id = tx.tenant_id().as_uuid();
    let row = sqlx::query!(
        r#"select coalesce(sum(credits - debits), 0) as "spent!"
           from account_periods where tenant_id = $1 and currency = $2 and period = $3 and kind in ('earnings', 'overage')"#,
        tenant_id,
        currency.as_str(),
        period_date(period)
    )
    .fetch_one(&mut **tx)
    .await?;
    money(row.spent, currency)
}
