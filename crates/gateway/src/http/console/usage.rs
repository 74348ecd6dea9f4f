//! Requests and their sums.

use super::money::Money;
use super::{cursor, form, reply};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use store::usage::{UsageFilter, UsageSums, usage_list, usage_summary};
use tenancy::RequestId;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// One request. Input tokens hold the cached ones, output tokens those of reasoning.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageRow {
    request_id: Uuid,
    started_at: DateTime<Utc>,
    model: String,
    provider: String,
    key_id: Uuid,
    key_name: String,
    #[schema(example = "chat.completions")]
    endpoint: String,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: Money,
    #[schema(value_type = i64)]
    latency_ms: i32,
    #[schema(inline)]
    source: Source,
    /// How it ended, such as `completed` or `client_gone`.
    reason: String,
    streaming: bool,
}

/// Whose count the tokens are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Source {
    Provider,
    Estimated,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct UsageList {
    items: Vec<UsageRow>,
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsageQuery {
    /// Earliest start.
    #[param(value_type = Option<DateTime<Utc>>)]
    from: Option<String>,
    /// Start before this.
    #[param(value_type = Option<DateTime<Utc>>)]
    to: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

const PAGE: i64 = 50;
const PAGE_MAX: i64 = 200;

/// Requests, newest first.
#[utoipa::path(get, path = "/api/usage", operation_id = "usage_list", tag = "usage", params(UsageQuery),
    responses((status = 200, description = "requests", body = UsageList),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn list(
    app: web::Data<App>,
    member: Member,
    query: web::Query<UsageQuery>,
) -> Result<HttpResponse, Problem> {
    let mut filter = filter(&query, clock::now())?;
    // One more than is shown tells whether there is another page.
    filter.limit += 1;
    let mut rows = usage_list(&mut app.store.tenant_tx(member.tenant_id).await?, &filter, member.currency).await?;
    let shown = usize::try_from(filter.limit - 1).unwrap_or_default();
    let more = rows.len() > shown;
    rows.truncate(shown);
    let next_cursor = rows.last().filter(|_| more).map(|row| cursor::encode(row.started_at, row.request_id));
    Ok(reply::ok(&UsageList { items: rows.into_iter().map(UsageRow::from).collect(), next_cursor }))
}

fn filter(query: &UsageQuery, now: DateTime<Utc>) -> Result<UsageFilter, Problem> {
    let mut form = form::Form::default();
    // Clocks of gateways differ a little, and nothing starts later than that.
    let latest = now + TimeDelta::days(1);
    let from = form.read("from", query.from.as_deref().map_or(Ok(DateTime::UNIX_EPOCH), form::moment));
    let to = form.read("to", query.to.as_deref().map_or(Ok(latest), form::moment));
    let first = (latest, RequestId::new(Uuid::max()));
    let before = form.read("cursor", query.cursor.as_deref().map_or(Ok(first), cursor::decode));
    let limit = form.read("limit", form::limit(query.limit.as_deref(), PAGE, PAGE_MAX));
    match (from, to, before, limit) {
        (Some(from), Some(to), Some(before), Some(limit)) => Ok(UsageFilter { from, to, before, limit }),
        _ => Err(form.refuse()),
    }
}

impl From<store::usage::UsageRow> for UsageRow {
    fn from(row: store::usage::UsageRow) -> Self {
        Self {
            request_id: row.request_id.as_uuid(),
            started_at: row.started_at,
            model: row.model,
            provider: row.provider,
            key_id: row.api_key_id.as_uuid(),
            key_name: row.key_name,
            endpoint: row.endpoint,
            input_tokens: row.input_tokens,
            cached_input_tokens: row.cached_input_tokens,
            output_tokens: row.output_tokens,
            reasoning_tokens: row.reasoning_tokens,
            cost: row.charge.into(),
            latency_ms: row.latency_ms,
            source: match row.source {
                billing::CountSource::Provider => Source::Provider,
                billing::CountSource::Estimated => Source::Estimated,
            },
            reason: row.reason,
            streaming: row.streaming,
        }
    }
}

/// A month of use. Requests belong to the month that bills them.
#[derive(Serialize, ToSchema)]
pub(crate) struct UsageSummary {
    #[schema(example = "2026-11")]
    period: String,
    requests: i64,
    /// Requests that neither were completed nor ended by the client.
    errors: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost: Money,
    /// Of completed requests.
    #[schema(required, value_type = Option<i64>)]
    p50_latency_ms: Option<i32>,
    /// Dearest first.
    by_model: Vec<ModelUsage>,
    /// Earliest first; days without use are left out.
    by_day: Vec<DayUsage>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ModelUsage {
    model: String,
    requests: i64,
    input_tokens: i64,
    output_tokens: i64,
    cost: Money,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DayUsage {
    /// In UTC.
    day: NaiveDate,
    requests: i64,
    cost: Money,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PeriodQuery {
    /// A month such as `2026-11`; the present one unless said.
    pub(super) period: Option<String>,
}

/// Sums of a month: as a whole, by model and by day.
#[utoipa::path(get, path = "/api/usage/summary", operation_id = "usage_summary", tag = "usage", params(PeriodQuery),
    responses((status = 200, description = "sums", body = UsageSummary),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn summary(
    app: web::Data<App>,
    member: Member,
    query: web::Query<PeriodQuery>,
) -> Result<HttpResponse, Problem> {
    let period = form::period(query.period.as_deref(), clock::now())?;
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let summary = usage_summary(&mut tx, period, member.currency).await?;
    let UsageSums { requests, errors, input_tokens, output_tokens, charge, p50_latency_ms } = summary.total;
    let by_model = summary.by_model.into_iter().map(|(model, sums)| ModelUsage {
        model,
        requests: sums.requests,
        input_tokens: sums.input_tokens,
        output_tokens: sums.output_tokens,
        cost: sums.charge.into(),
    });
    let by_day = summary.by_day.into_iter().map(|(day, sums)| DayUsage {
        day,
        requests: sums.requests,
        cost: sums.charge.into(),
    });
    Ok(reply::ok(&UsageSummary {
        period: period.to_string(),
        requests,
        errors,
        input_tokens,
        output_tokens,
        cost: charge.into(),
        p50_latency_ms,
        by_model: by_model.collect(),
        by_day: by_day.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: Option<&str>, cursor: Option<&str>, limit: Option<&str>) -> UsageQuery {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        UsageQuery { from: owned(from), to: None, cursor: owned(cursor), limit: owned(limit) }
    }

    #[test]
    fn without_a_filter_the_first_page_begins_at_the_newest_request() {
        let now = "2026-11-24T10:00:00Z".parse().unwrap();
        let filter = filter(&query(None, None, None), now).unwrap();
        assert!(filter.before.0 > now && filter.to > now && filter.from < now);
        assert_eq!(filter.limit, PAGE);
    }

    #[test]
    fn a_bad_filter_is_refused_at_each_field() {
        let problem = filter(&query(Some("x"), Some("x"), Some("0")), Utc::now()).unwrap_err();
        let body = serde_json::to_value(problem).unwrap();
        let fields: Vec<_> = body["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(fields, ["from", "cursor", "limit"]);
    }
}
