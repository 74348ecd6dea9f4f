//! Who is behind a browser's request to the console: extracting a [`Member`] is the proof of login, of an own page behind the
//! request, and of a role that may do what the endpoint does.

use super::console::access_token::{self, Bearer, Refusal};
use super::console::{self, Access, SessionCookie, csrf};
use super::error::Problem;
use crate::app::App;
use crate::clock;
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use billing::Currency;
use futures_util::future::LocalBoxFuture;
use store::member::{Standing, member_standing};
use tenancy::{Action, Role, SessionId, TenantId, UserId};

/// A person with a session in one organisation, as Postgres says at this moment.
#[derive(Debug, Clone)]
pub struct Member {
    pub user_id: UserId,
    pub session_id: SessionId,
    pub tenant_id: TenantId,
    pub email: String,
    pub role: Role,
    /// The tenant's.
    pub currency: Currency,
}

impl Member {
    /// Refuses with the action's name. Endpoints need not ask: what the table names has been asked.
    pub fn may(&self, action: Action) -> Result<(), Problem> {
        if self.role.may(action) { Ok(()) } else { Err(Problem::may_not(self.role, action)) }
    }

    async fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let app = request.app_data::<web::Data<App>>().expect("the server gives every request its App");
        let bearer = bearer(app, request)?;
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            csrf::demand(app, request, bearer.session_id)?;
        }
        let mut tx = app.store.tenant_tx(bearer.tenant_id).await?;
        let standing = member_standing(&mut tx, bearer.session_id, bearer.user_id).await?;
        drop(tx);
        let member = standing.ok_or_else(Problem::unknown_session).and_then(|standing| admit(bearer, standing))?;
        match console::access(request) {
            Some(Access::May(action)) => member.may(action)?,
            Some(Access::OwnSession) => {}
            Some(Access::Public) | None => {
                tracing::error!(
                    path = request.path(),
                    "an endpoint takes a member, but the table of endpoints does not say what for"
                );
                return Err(Problem::internal());
            }
        }
        Ok(member)
    }
}

impl FromRequest for Member {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::of(&request).await })
    }
}

/// Whom the access token names.
fn bearer(app: &App, request: &HttpRequest) -> Result<Bearer, Problem> {
    let token = SessionCookie::Access.read(request, app.config.is_https()).ok_or_else(Problem::no_session)?;
    access_token::verify(&app.session_keys(), &token, clock::now()).map_err(|refusal| match refusal {
        Refusal::Expired => Problem::session_expired(),
        Refusal::Invalid => Problem::unknown_session(),
    })
}

/// A token that is good by itself counts only while its session, its version and the membership stand.
fn admit(bearer: Bearer, standing: Standing) -> Result<Member, Problem> {
    if standing.revoked || standing.session_version != bearer.session_version {
        return Err(Problem::session_revoked());
    }
    let role = standing.role.ok_or_else(Problem::no_longer_a_member)?;
    Ok(Member {
        user_id: bearer.user_id,
        session_id: bearer.session_id,
        tenant_id: bearer.tenant_id,
        email: standing.email,
        role,
        currency: standing.currency,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use uuid::Uuid;

    fn bearer() -> Bearer {
        Bearer {
            user_id: UserId::new(Uuid::from_u128(1)),
            session_id: SessionId::new(Uuid::from_u128(2)),
            tenant_id: TenantId::new(Uuid::from_u128(3)),
            session_version: 4,
        }
    }

    fn standing() -> Standing {
        Standing {
            revoked: false,
            session_version: 4,
            email: "ada@example.com".into(),
            role: Some(Role::Viewer),
            currency: Currency::USD,
        }
    }

    fn code(refused: Result<Member, Problem>) -> Value {
        serde_json::to_value(refused.unwrap_err()).unwrap()["code"].clone()
    }

    #[test]
    fn a_standing_session_admits_with_the_role_of_this_moment() {
        let member = admit(bearer(), standing()).unwrap();
        assert_eq!((member.role, member.tenant_id), (Role::Viewer, bearer().tenant_id));
        assert!(member.may(Action::UsageRead).is_ok());
        assert!(member.may(Action::KeysWrite).is_err());
    }

    #[test]
    fn a_revoked_session_a_changed_password_or_a_lost_membership_end_a_good_token() {
        assert_eq!(code(admit(bearer(), Standing { revoked: true, ..standing() })), "session_revoked");
        assert_eq!(code(admit(bearer(), Standing { session_version: 5, ..standing() })), "session_revoked");
        assert_eq!(code(admit(bearer(), Standing { role: None, ..standing() })), "session_revoked");
    }
}
