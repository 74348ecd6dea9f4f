//! The draft of a month's invoice: what it would be if it were issued now.

use super::money::printed;
use super::usage::PeriodQuery;
use super::{form, reply};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use billing::{Draft, DraftLine};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::invoice::invoice_totals;
use utoipa::ToSchema;

/// A query, not a document: it has no number and changes with use. Amounts are in `currency`.
#[derive(Serialize, ToSchema)]
pub(crate) struct DraftInvoice {
    /// Always `invoice`.
    kind: &'static str,
    /// Always `draft`.
    status: &'static str,
    #[schema(example = "2026-11")]
    period: String,
    currency: String,
    lines: Vec<InvoiceLine>,
    /// Sum of the lines' amounts.
    #[schema(example = "12.34")]
    subtotal: String,
    tax: String,
    total: String,
    paid_from_balance: String,
    amount_due: String,
    /// Sum of the lines' exact amounts: what left the balance, to the last digit.
    exact_total: String,
    as_of: DateTime<Utc>,
}

/// What one model cost.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceLine {
    /// Always `usage`.
    kind: &'static str,
    #[schema(required)]
    model: Option<String>,
    /// None: all classes together.
    #[schema(required)]
    token_class: Option<String>,
    #[schema(value_type = i64)]
    requests: u64,
    /// Tokens.
    #[schema(value_type = i64)]
    quantity: u64,
    /// Unrounded.
    #[schema(example = "0.000042")]
    exact: String,
    /// The line's share of the rounded total.
    #[schema(example = "0.00")]
    amount: String,
    /// Whether it belongs to an earlier month that was closed when it arrived.
    late: bool,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

/// The draft invoice of a month.
#[utoipa::path(get, path = "/api/invoices/draft", operation_id = "invoice_draft", tag = "money", params(PeriodQuery),
    responses((status = 200, description = "the draft", body = DraftInvoice),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn draft(
    app: web::Data<App>,
    member: Member,
    query: web::Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    let now = clock::now();
    let period = form::period(query.period.as_deref(), now)?;
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let totals = invoice_totals(&mut tx, period, member.currency).await?;
    let draft = billing::draft(period, member.currency, totals).map_err(|error| {
        tracing::error!(tenant.id = %member.tenant_id, error = %error, "a draft invoice cannot be made");
        Problem::internal()
    })?;
    Ok(reply::ok(&render(draft, now)))
}

fn render(draft: Draft, as_of: DateTime<Utc>) -> DraftInvoice {
    DraftInvoice {
        kind: "invoice",
        status: "draft",
        period: draft.period.to_string(),
        currency: draft.currency.to_string(),
        lines: draft.lines.into_iter().map(line).collect(),
        subtotal: printed(draft.subtotal),
        tax: printed(draft.tax),
        total: printed(draft.total),
        paid_from_balance: printed(draft.paid_from_balance),
        amount_due: printed(draft.amount_due),
        exact_total: draft.exact_total.amount().to_string(),
        as_of,
    }
}

fn line(line: DraftLine) -> InvoiceLine {
    InvoiceLine {
        kind: "usage",
        model: Some(line.model),
        token_class: None,
        requests: line.requests,
        quantity: line.tokens,
        exact: line.exact.amount().to_string(),
        amount: printed(line.amount),
        late: line.late,
        from: line.from,
        to: line.to,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::{Currency, Money, Period, UsageTotal};

    #[test]
    fn a_draft_prints_coins_and_keeps_the_exact_amounts_beside_them() {
        let now: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
        let total = |model: &str, micros| UsageTotal {
            model: model.into(),
            requests: 2,
            tokens: 30,
            exact: Money::from_micros(micros, Currency::USD),
            late: false,
            from: now,
            to: now,
        };
        let totals = vec![total("a", 42), total("b", 6_000)];
        let draft = billing::draft(Period::of(now), Currency::USD, totals).unwrap();
        let body = serde_json::to_value(render(draft, now)).unwrap();
        assert_eq!((&body["lines"][0]["exact"], &body["lines"][0]["amount"]), (&"0.000042".into(), &"0.00".into()));
        assert_eq!(
            (&body["total"], &body["exact_total"], &body["tax"]),
            (&"0.01".into(), &"0.006042".into(), &"0.00".into())
        );
        assert_eq!(body["as_of"], "2026-11-24T10:00:00Z");
    }
}
