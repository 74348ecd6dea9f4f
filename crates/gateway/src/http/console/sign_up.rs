//! Signing up: a person, their organisation, its books, a session, and the credit to begin with, all or nothing.

use super::access_token::Bearer;
use super::form::{self, Form};
use super::me::Me;
use super::session::{self, Opened};
use super::source::Source;
use super::{new_id, passwords, reply, throttle};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use billing::{EntryType, Period, sign_up_credit};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeSet;
use store::TenantTx;
use store::ledger::{NewTransaction, accounts_open, balances_lock, periods_hold, transactions_post};
use store::member::member_insert;
use store::revisions::tenant_revise;
use store::tenant::{DEFAULT_PLAN, GrantRequest, TenantRow, sign_up_grant_take, tenant_get, tenant_insert};
use store::user::user_insert;
use tenancy::{EmailAddress, Role, TenantId, TransactionId, UserId, check_password};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub(crate) struct SignUp {
    email: String,
    /// 8 to 128 characters.
    password: String,
    /// Name of the organisation.
    organisation: String,
}

/// As the columns have it.
const ORGANISATION_LENGTH_MAX: usize = 200;
/// A new session version, as the column begins.
const FIRST_VERSION: i32 = 1;

/// Signs up: makes an account and an organisation, logs in, and gives the credit to begin with.
#[utoipa::path(post, path = "/api/signup", operation_id = "sign_up", tag = "session", request_body = SignUp,
    responses((status = 201, description = "signed up and logged in", body = Me),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn sign_up(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Json<SignUp>,
) -> Result<HttpResponse, Problem> {
    let (wanted, password) = wanted(body.into_inner())?;
    let source = Source::of(&request);
    throttle::sign_up(&app, source).await?;
    let password_hash = passwords::hash(&app, password).await?;
    let now = clock::now();
    let user_id = UserId::new(new_id());
    let tenant_id = TenantId::new(new_id());
    let mut tx = app.store.tenant_tx(tenant_id).await?;
    let opened = found(&app, &mut tx, &wanted, &password_hash, user_id, now).await?;
    grant_credit(&app, &mut tx, &wanted.email, source, now).await?;
    let tenant: TenantRow = tenant_get(&mut tx).await?;
    tx.commit().await?;
    tracing::info!(user.id = %user_id, tenant.id = %tenant_id, "signed up");
    let bearer = Bearer { user_id, session_id: opened.session_id, tenant_id, session_version: FIRST_VERSION };
    let cookies = session::cookies(&app, &bearer, Some(&opened.refresh_token), now);
    let me = Me::new(&app, user_id, wanted.email.as_str(), Role::Owner, &tenant);
    Ok(reply::start(StatusCode::CREATED, cookies).json(me))
}

/// What is to be made.
struct Wanted {
    email: EmailAddress,
    organisation: String,
}

fn wanted(form: SignUp) -> Result<(Wanted, String), Problem> {
    let SignUp { email, password, organisation } = form;
    let mut fields = Form::default();
    let address = fields.read("email", EmailAddress::parse(&email));
    let accepted = fields.read("password", check_password(&password, &email));
    let organisation = fields.read("organisation", form::name(&organisation, ORGANISATION_LENGTH_MAX));
    match (address, accepted, organisation) {
        (Some(email), Some(()), Some(organisation)) => Ok((Wanted { email, organisation }, password)),
        _ => Err(fields.refuse()),
    }
}

/// Everything but money. An address that is taken is refused by its constraint.
async fn found(
    app: &App,
    tx: &mut TenantTx,
    wanted: &Wanted,
    password_hash: &str,
    user_id: UserId,
    now: DateTime<Utc>,
) -> store::Result<Opened> {
    let currency = app.config.sign_up_credit.currency();
    let tenant_id = tx.tenant_id();
    user_insert(tx, user_id, &wanted.email, password_hash).await?;
    tenant_insert(tx, &wanted.organisation, currency, DEFAULT_PLAN).await?;
    member_insert(tx, user_id, Role::Owner).await?;
    accounts_open(tx, tenant_id, currency).await?;
    periods_hold(tx, &BTreeSet::from([(tenant_id, Period::of(now))])).await?;
    session::open(tx, user_id, now).await
}

/// Posts the credit, if this address never had it and its network did not have too many today.
async fn grant_credit(
    app: &App,
    tx: &mut TenantTx,
    email: &EmailAddress,
    source: Source,
    now: DateTime<Utc>,
) -> store::Result<()> {
    let credit = app.config.sign_up_credit;
    let tenant_id = tx.tenant_id();
    if credit.is_zero() {
        return Ok(());
    }
    let network = source.network();
    let request = GrantRequest {
        email_normalised: email.normalised(),
        network: &network,
        tenant_id,
        per_network_max: app.config.sign_up_grants_per_network,
    };
    if !sign_up_grant_take(tx, request).await? {
        tracing::info!(tenant.id = %tenant_id, "sign-up credit was withheld: the address had it, or its network had enough today");
        return Ok(());
    }
    balances_lock(tx, &BTreeSet::from([tenant_id])).await?;
    let wanted = (tenant_id, Period::of(now));
    let periods = periods_hold(tx, &BTreeSet::from([wanted])).await?;
    let transaction = NewTransaction {
        tenant_id,
        transaction_id: TransactionId::new(new_id()),
        entry_type: EntryType::SignUpCredit,
        reason: "credit to begin with".into(),
        reference: "sign-up".into(),
        idempotency_key: format!("sign-up:{}", email.normalised()),
        booked_at: now,
        period: periods[&wanted],
        postings: vec![sign_up_credit(credit)],
    };
    transactions_post(tx, &[transaction]).await?;
    tenant_revise(tx, tenant_id, None).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError;
    use serde_json::Value;

    fn form(email: &str, password: &str, organisation: &str) -> SignUp {
        SignUp { email: email.into(), password: password.into(), organisation: organisation.into() }
    }

    #[test]
    fn everything_that_is_wrong_is_reported_at_once_each_at_its_field() {
        let problem = wanted(form("nobody", "short", " ")).err().unwrap();
        assert_eq!(problem.status_code(), 422);
        let body = serde_json::to_value(problem).unwrap();
        let fields: Vec<&Value> = body["errors"].as_array().unwrap().iter().map(|e| &e["field"]).collect();
        assert_eq!(fields, ["email", "password", "organisation"]);
    }

    #[test]
    fn a_good_form_is_taken_without_white_space_around_names() {
        let (wanted, password) = wanted(form(" Ada@Example.com ", "correct horse ", " Acme ")).ok().unwrap();
        assert_eq!((wanted.email.as_str(), wanted.organisation.as_str()), ("Ada@example.com", "Acme"));
        // A space at the end of a password is part of it.
        assert_eq!(password, "correct horse ");
    }
}
