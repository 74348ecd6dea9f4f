//! A browser's session: logging in, refreshing, logging out.

use super::access_token::{self, Bearer};
use super::cookies::{SESSION_DAYS, SessionCookie};
use super::me::Me;
use super::passwords::{self, Checked};
use super::refresh_token::{RefreshToken, Verdict};
use super::source::Source;
use super::{csrf, new_id, reply, throttle};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use crate::secrets::Purpose;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use store::member::{member_standing, member_tenants};
use store::session::{NewSession, SessionRow, session_insert, session_lock, session_revoke, session_rotate};
use store::tenant::tenant_get;
use store::user::{UserRow, user_by_email, user_password_rehash};
use store::{StoreError, TenantTx};
use tenancy::{EmailAddress, SessionId, UserId};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub(crate) struct Login {
    email: String,
    password: String,
}

/// Logs in. An unknown address is answered as a wrong password is, and takes as long.
#[utoipa::path(post, path = "/api/login", operation_id = "login", tag = "session", request_body = Login,
    responses((status = 200, description = "logged in", body = Me),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn login(
    app: web::Data<App>,
    request: HttpRequest,
    body: web::Json<Login>,
) -> Result<HttpResponse, Problem> {
    let Login { email, password } = body.into_inner();
    let email = EmailAddress::parse(&email).ok();
    let account = email.as_ref().map_or("", EmailAddress::as_str);
    throttle::password_try(&app, account, Source::of(&request)).await?;
    let user = match &email {
        Some(email) => user_by_email(&mut *app.store.global_tx().await?, email).await?,
        None => None,
    };
    let stored = user.as_ref().map(|u| u.password_hash.clone());
    let checked = passwords::check(&app, password.clone(), stored).await?;
    let Some(user) = user.filter(|_| checked != Checked::Wrong) else {
        tracing::info!("a login was refused");
        return Err(Problem::wrong_credentials());
    };
    throttle::password_right(&app, account).await;
    if checked == Checked::RightButWeak {
        strengthen(&app, &user, password).await?;
    }
    enter(&app, &user).await
}

/// Hashes a password again, under the present parameters.
async fn strengthen(app: &web::Data<App>, user: &UserRow, password: String) -> Result<(), Problem> {
    let hash = passwords::hash(app, password).await?;
    let mut tx = app.store.global_tx().await?;
    user_password_rehash(&mut tx, user.user_id, &user.password_hash, &hash).await?;
    Ok(tx.commit().await.map_err(StoreError::from)?)
}

/// Begins a session in the organisation that the person joined first.
async fn enter(app: &web::Data<App>, user: &UserRow) -> Result<HttpResponse, Problem> {
    let tenants = member_tenants(&mut *app.store.user_tx(user.user_id).await?, user.user_id).await?;
    let tenant_id = *tenants.first().ok_or_else(Problem::member_of_nothing)?;
    let now = clock::now();
    let mut tx = app.store.tenant_tx(tenant_id).await?;
    let opened = open(&mut tx, user.user_id, now).await?;
    let tenant = tenant_get(&mut tx).await?;
    let standing = member_standing(&mut tx, opened.session_id, user.user_id).await?;
    let role = standing.and_then(|s| s.role).ok_or_else(Problem::member_of_nothing)?;
    tx.commit().await?;
    tracing::info!(user.id = %user.user_id, tenant.id = %tenant_id, "logged in");
    let bearer = Bearer {
        user_id: user.user_id,
        session_id: opened.session_id,
        tenant_id,
        session_version: user.session_version,
    };
    let cookies = cookies(app, &bearer, Some(&opened.refresh_token), now);
    Ok(reply::start(StatusCode::OK, cookies).json(Me::new(app, user.user_id, &user.email, role, &tenant)))
}

/// A session that will exist when its transaction commits.
pub(super) struct Opened {
    pub(super) session_id: SessionId,
    pub(super) refresh_token: RefreshToken,
}

pub(super) async fn open(tx: &mut TenantTx, user_id: UserId, now: DateTime<Utc>) -> store::Result<Opened> {
    let session_id = SessionId::new(new_id());
    let refresh_token = RefreshToken::generate();
    let new = NewSession {
        session_id,
        user_id,
        selector_digest: refresh_token.selector_digest(),
        refresh_digest: refresh_token.verifier_digest(),
        expires_at: now + TimeDelta::days(SESSION_DAYS),
    };
    session_insert(tx, &new).await?;
    Ok(Opened { session_id, refresh_token })
}

/// What the browser is given. Without a refresh token it keeps the one that it has.
pub(super) fn cookies(
    app: &App,
    bearer: &Bearer,
    refresh_token: Option<&RefreshToken>,
    now: DateTime<Utc>,
) -> Vec<Cookie<'static>> {
    let https = app.config.is_https();
    let access = access_token::sign(&app.session_keys(), bearer, now);
    let csrf = csrf::issue(&app.secrets.current(Purpose::Csrf), bearer.session_id, clock::random());
    let mut cookies = vec![SessionCookie::Access.holding(access, https), SessionCookie::Csrf.holding(csrf, https)];
    cookies.extend(refresh_token.map(|token| SessionCookie::Refresh.holding(token.expose(), https)));
    cookies
}

/// Gives a new access token for the refresh token, which is replaced.
#[utoipa::path(post, path = "/api/session/refresh", operation_id = "session_refresh", tag = "session",
    responses((status = 204, description = "refreshed"),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn refresh(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let https = app.config.is_https();
    let shown = SessionCookie::Refresh.read(&request, https).ok_or_else(Problem::no_session)?;
    let token = RefreshToken::parse(&shown).ok_or_else(Problem::unknown_session)?;
    let now = clock::now();
    let mut tx = app.store.global_tx().await?;
    let session = session_lock(&mut tx, &token.selector_digest()).await?.ok_or_else(Problem::unknown_session)?;
    csrf::demand(&app, &request, session.session_id)?;
    let next = match token.judge(&session, now) {
        Verdict::Rotate => Some(token.rotated()),
        Verdict::AccessOnly => None,
        Verdict::Ended => return Err(Problem::session_ended()),
        Verdict::Revoked => return Err(Problem::session_revoked()),
        Verdict::Reused => {
            session_revoke(&mut tx, session.session_id).await?;
            tx.commit().await.map_err(StoreError::from)?;
            tracing::warn!(user.id = %session.user_id, "a refresh token was used again, so its session was revoked");
            return Err(Problem::refresh_token_reused());
        }
    };
    if let Some(next) = &next {
        session_rotate(&mut tx, session.session_id, &next.verifier_digest(), now).await?;
    }
    tx.commit().await.map_err(StoreError::from)?;
    let cookies = cookies(&app, &bearer(&session), next.as_ref(), now);
    Ok(reply::start(StatusCode::NO_CONTENT, cookies).finish())
}

fn bearer(session: &SessionRow) -> Bearer {
    Bearer {
        user_id: session.user_id,
        session_id: session.session_id,
        tenant_id: session.tenant_id,
        session_version: session.session_version,
    }
}

/// Ends this session; others of the same person go on.
#[utoipa::path(post, path = "/api/logout", operation_id = "logout", tag = "session",
    responses((status = 204, description = "logged out"),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn logout(app: web::Data<App>, member: Member) -> Result<HttpResponse, Problem> {
    let mut tx = app.store.global_tx().await?;
    session_revoke(&mut tx, member.session_id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    let https = app.config.is_https();
    let removals = SessionCookie::ALL.map(|cookie| cookie.removal(https)).to_vec();
    Ok(reply::start(StatusCode::NO_CONTENT, removals).finish())
}
