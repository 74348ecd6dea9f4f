//! Who is logged in, and where.

use super::members::Role;
use super::reply;
use crate::app::App;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use store::tenant::{TenantRow, tenant_get};
use tenancy::{Action, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    #[schema(inline)]
    user: User,
    #[schema(inline)]
    tenant: Tenant,
    role: Role,
    /// What the role may do, such as `keys.write`.
    actions: Vec<&'static str>,
    /// Whether some provider is played by the simulator.
    simulated_providers: bool,
    /// What the SDKs of OpenAI call `base_url`.
    base_url: String,
}

#[derive(Serialize, ToSchema)]
struct User {
    id: Uuid,
    email: String,
}

#[derive(Serialize, ToSchema)]
struct Tenant {
    id: Uuid,
    name: String,
    currency: String,
    plan: String,
    /// `active` or `suspended`.
    status: String,
}

impl Me {
    pub(super) fn new(app: &App, user_id: UserId, email: &str, role: tenancy::Role, tenant: &TenantRow) -> Self {
        Self {
            user: User { id: user_id.as_uuid(), email: email.to_owned() },
            tenant: Tenant {
                id: tenant.tenant_id.as_uuid(),
                name: tenant.name.clone(),
                currency: tenant.currency.to_string(),
                plan: tenant.plan.clone(),
                status: tenant.status.clone(),
            },
            role: role.into(),
            actions: Action::ALL.into_iter().filter(|action| role.may(*action)).map(Action::as_str).collect(),
            simulated_providers: app.catalog.load().is_simulated(),
            base_url: format!("{}/v1", app.config.public_url),
        }
    }
}

/// Who is logged in, as what, and where.
#[utoipa::path(get, path = "/api/me", operation_id = "me", tag = "session",
    responses((status = 200, description = "who is logged in", body = Me),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn get(app: web::Data<App>, member: Member) -> Result<HttpResponse, Problem> {
    let tenant = tenant_get(&mut app.store.tenant_tx(member.tenant_id).await?).await?;
    Ok(reply::ok(&Me::new(&app, member.user_id, &member.email, member.role, &tenant)))
}
