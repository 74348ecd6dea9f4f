//! Invoices. So far their drafts: a draft is a query, and rows appear at issue.

use crate::ledger::{money, period_date};
use crate::{Result, TenantTx};
use billing::{Currency, Period, UsageTotal};

/// What each model cost in a billed period, and market data as the model [`billing::MARKET`], for [`billing::draft`]. Test keys never reach an invoice.
pub async fn invoice_totals(tx: &mut TenantTx, period: Period, currency: Currency) -> Result<Vec<UsageTotal>> {
    let tenant_id = tx.tenant_id().as_uuid();
    let rows = sqlx::query!(
        r#"select model, late, count(*) as "requests!", sum(charge) as "exact!",
                  sum(input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens + output_tokens + reasoning_tokens)::bigint as "tokens!",
                  min(started_at) as "from!", max(started_at) as "to!"
           from usage where tenant_id = $1 and billed_period = $2 and kind <> 'shadow' and environment = 'live'
           group by model, late"#,
        tenant_id,
        period_date(period)
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(UsageTotal {
                model: r.model,
                requests: r.requests.unsigned_abs(),
                tokens: r.tokens.unsigned_abs(),
                exact: money(r.exact, currency)?,
                late: r.late,
                from: r.from,
                to: r.to,
            })
        })
        .collect()
}
