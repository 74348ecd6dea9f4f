//! What the organisation has, and what of it is spoken for.

use super::money::Money;
use super::reply;
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use billing::{MoneyError, Period};
use serde::Serialize;
use store::ledger::balance_get;
use store::redis::ANSWER_WITHIN;
use store::tenant::tenant_get;
use store::usage::usage_spent;
use tenancy::TenantId;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(crate) struct Balance {
    /// As the ledger says; use reaches it within a second.
    posted: Money,
    /// Set aside for requests in flight.
    held: Money,
    /// What a new request can still use.
    available: Money,
    /// Credit given at sign-up, ever.
    granted: Money,
    /// What use took in the present month.
    spent_this_period: Money,
    /// False while the state of requests in flight is not loaded: then nothing counts as held, and `available` is what is posted.
    held_known: bool,
}

/// The balance of the organisation.
#[utoipa::path(get, path = "/api/balance", operation_id = "balance", tag = "money",
    responses((status = 200, description = "the balance", body = Balance),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn get(app: web::Data<App>, member: Member) -> Result<HttpResponse, Problem> {
    let currency = member.currency;
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let tenant = tenant_get(&mut tx).await?;
    let balance = balance_get(&mut tx, member.tenant_id, currency).await?;
    let spent = usage_spent(&mut tx, Period::of(clock::now()), currency).await?;
    drop(tx);
    let peeked = peek(&app, member.tenant_id).await;
    let micros = |micros| billing::Money::from_micros(micros, currency);
    let (held, available) = match peeked {
        Some((held, available)) => (micros(held), micros(available)),
        None => (billing::Money::zero(currency), balance.posted.checked_add(tenant.credit_limit).map_err(unusable)?),
    };
    Ok(reply::ok(&Balance {
        posted: balance.posted.into(),
        held: held.into(),
        available: available.into(),
        granted: balance.granted.into(),
        spent_this_period: spent.into(),
        held_known: peeked.is_some(),
    }))
}

/// What Redis holds, if it answers and has the tenant's state.
async fn peek(app: &App, tenant_id: TenantId) -> Option<(i64, i64)> {
    match tokio::time::timeout(ANSWER_WITHIN, app.redis.holds_peek(tenant_id)).await {
        Ok(Ok(peeked)) => peeked,
        Ok(Err(error)) => {
            tracing::warn!(tenant.id = %tenant_id, error = %error, "the balance is shown without holds, because redis is away");
            None
        }
        Err(_) => {
            tracing::warn!(tenant.id = %tenant_id, "the balance is shown without holds, because redis did not answer in time");
            None
        }
    }
}

fn unusable(error: MoneyError) -> Problem {
    tracing::error!(error = %error, "a balance cannot be added up");
    Problem::internal()
}
