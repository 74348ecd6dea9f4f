//! Changing one's password.

use super::access_token::Bearer;
use super::passwords::{self, Checked};
use super::source::Source;
use super::{reply, session, throttle};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use store::StoreError;
use store::session::session_revoke_others;
use store::user::{user_get, user_password_change};
use tenancy::check_password;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
pub(crate) struct PasswordChange {
    current_password: String,
    /// 8 to 128 characters.
    new_password: String,
}

/// Changes the password and ends every other session of the person.
#[utoipa::path(post, path = "/api/password", operation_id = "password_change", tag = "session", request_body = PasswordChange,
    responses((status = 204, description = "changed"),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn change(
    app: web::Data<App>,
    request: HttpRequest,
    member: Member,
    body: web::Json<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let PasswordChange { current_password, new_password } = body.into_inner();
    check_password(&new_password, &member.email)
        .map_err(|error| Problem::invalid_field("new_password", error.to_string()))?;
    throttle::password_try(&app, &member.email, Source::of(&request)).await?;
    let user =
        user_get(&mut *app.store.global_tx().await?, member.user_id).await?.ok_or_else(Problem::unknown_session)?;
    if passwords::check(&app, current_password, Some(user.password_hash.clone())).await? == Checked::Wrong {
        return Err(Problem::invalid_field("current_password", "this is not your current password"));
    }
    throttle::password_right(&app, &member.email).await;
    let new_hash = passwords::hash(&app, new_password).await?;
    let mut tx = app.store.global_tx().await?;
    let session_version = user_password_change(&mut tx, user.user_id, &user.password_hash, &new_hash)
        .await?
        .ok_or_else(|| Problem::invalid_field("current_password", "the password was changed elsewhere just now"))?;
    session_revoke_others(&mut tx, user.user_id, member.session_id).await?;
    tx.commit().await.map_err(StoreError::from)?;
    tracing::info!(user.id = %user.user_id, "password changed");
    let bearer =
        Bearer { user_id: user.user_id, session_id: member.session_id, tenant_id: member.tenant_id, session_version };
    Ok(reply::start(StatusCode::NO_CONTENT, session::cookies(&app, &bearer, None, clock::now())).finish())
}
