//! Who is in the organisation.

use super::reply;
use crate::app::App;
use crate::http::error::Problem;
use crate::http::member::Member as Caller;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use store::member::member_list;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    user_id: Uuid,
    email: String,
    role: Role,
    joined_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    Owner,
    Admin,
    Developer,
    Billing,
    Viewer,
}

impl From<tenancy::Role> for Role {
    fn from(role: tenancy::Role) -> Self {
        match role {
            tenancy::Role::Owner => Self::Owner,
            tenancy::Role::Admin => Self::Admin,
            tenancy::Role::Developer => Self::Developer,
            tenancy::Role::Billing => Self::Billing,
            tenancy::Role::Viewer => Self::Viewer,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct MemberList {
    items: Vec<Member>,
}

/// Members of the organisation, who joined first first.
#[utoipa::path(get, path = "/api/members", operation_id = "member_list", tag = "members",
    responses((status = 200, description = "members", body = MemberList),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn list(app: web::Data<App>, caller: Caller) -> Result<HttpResponse, Problem> {
    let rows = member_list(&mut app.store.tenant_tx(caller.tenant_id).await?).await?;
    let items = rows
        .into_iter()
        .map(|row| Member {
            user_id: row.user_id.as_uuid(),
            email: row.email,
            role: row.role.into(),
            joined_at: row.joined_at,
        })
        .collect();
    Ok(reply::ok(&MemberList { items }))
}
