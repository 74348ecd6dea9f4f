//! The console's API: a browser's session, and what a member of an organisation may see and do there.

pub(super) mod access_token;
mod cookies;
pub(super) mod csrf;
mod cursor;
mod form;
pub(super) mod hex;
mod money;
mod passwords;
mod refresh_token;
mod reply;
mod source;
mod throttle;

pub(super) mod sign_up;

pub(super) mod password;
pub(super) mod session;

pub(super) mod balance;
pub(super) mod invoices;
pub(super) mod keys;
pub(super) mod market;
pub(super) mod me;
pub(super) mod members;
pub(super) mod models;
pub(super) mod usage;

pub(super) use cookies::SessionCookie;

use super::error::Problem;
use crate::clock;
use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::web::{self, JsonConfig, PathConfig, QueryConfig, ServiceConfig, delete, get, patch, post};
use actix_web::{HttpRequest, HttpResponse, Route};
use tenancy::Action;
use uuid::Uuid;

/// Who may call an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody: it makes a session, or proves one by other means.
    Public,
    /// Whoever has a session, for what is theirs alone.
    OwnSession,
    /// Members whose role may do this.
    May(Action),
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    pub method: &'static str,
    /// Below `/api`.
    pub path: &'static str,
    pub access: Access,
    route: fn() -> Route,
}

/// The whole API. Routes are made from this table, and [`super::member::Member`] reads from it what a role must be able to do: an
/// endpoint without a row does not exist, and one that takes a `Member` cannot forget to ask.
pub const ENDPOINTS: [Endpoint; 17] = {
    use Access::{May, OwnSession, Public};
    const fn row(method: &'static str, path: &'static str, access: Access, route: fn() -> Route) -> Endpoint {
        Endpoint { method, path, access, route }
    }
    [
        row("POST", "/signup", Public, || post().to(sign_up::sign_up)),
        row("POST", "/login", Public, || post().to(session::login)),
        row("POST", "/session/refresh", Public, || post().to(session::refresh)),
        row("POST", "/logout", OwnSession, || post().to(session::logout)),
        row("POST", "/password", OwnSession, || post().to(password::change)),
        row("GET", "/me", May(Action::TenantRead), || get().to(me::get)),
        row("GET", "/balance", May(Action::BalanceRead), || get().to(balance::get)),
        row("GET", "/keys", May(Action::KeysRead), || get().to(keys::list)),
        row("POST", "/keys", May(Action::KeysWrite), || post().to(keys::create)),
        row("PATCH", "/keys/{id}", May(Action::KeysWrite), || patch().to(keys::rename)),
        row("DELETE", "/keys/{id}", May(Action::KeysWrite), || delete().to(keys::revoke)),
        row("GET", "/usage", May(Action::UsageRead), || get().to(usage::list)),
        row("GET", "/usage/summary", May(Action::UsageRead), || get().to(usage::summary)),
        row("GET", "/invoices/draft", May(Action::InvoicesRead), || get().to(invoices::draft)),
        row("GET", "/models", May(Action::ModelsRead), || get().to(models::list)),
        row("POST", "/market/tickets", May(Action::KeysWrite), || post().to(market::create_ticket)),
        row("GET", "/members", May(Action::MembersRead), || get().to(members::list)),
    ]
};

/// A form is small; whatever is larger is not read.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// Everything below `/api`.
pub(super) fn endpoints(service: &mut ServiceConfig) {
    service
        .app_data(
            JsonConfig::default().limit(BODY_BYTES_MAX).error_handler(|e: JsonPayloadError, _| Problem::from(e).into()),
        )
        .app_data(PathConfig::default().error_handler(|e: PathError, _| Problem::from(e).into()))
        .app_data(QueryConfig::default().error_handler(|e: QueryPayloadError, _| Problem::from(e).into()));
    for endpoint in &ENDPOINTS {
        service.route(endpoint.path, (endpoint.route)());
    }
    service.default_service(web::to(not_found));
}

/// What the table says of the endpoint that this request was matched to.
pub(super) fn access(request: &HttpRequest) -> Option<Access> {
    let pattern = request.match_pattern()?;
    let path = pattern.strip_prefix("/api")?;
    ENDPOINTS.iter().find(|e| e.method == request.method().as_str() && e.path == path).map(|e| e.access)
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found("endpoint"))
}

/// Ids of what the console makes: a UUIDv7, so that they sort by age.
fn new_id() -> Uuid {
    let unix_ms = u64::try_from(clock::now().timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &clock::random()).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi;
    use std::collections::BTreeSet;

    fn in_table() -> BTreeSet<(String, String)> {
        ENDPOINTS.iter().map(|e| (e.method.to_owned(), format!("/api{}", e.path))).collect()
    }

    #[test]
    fn every_endpoint_stands_in_the_table_once() {
        assert_eq!(in_table().len(), ENDPOINTS.len());
    }

    #[test]
    fn the_description_has_every_endpoint_of_the_table_and_no_other() {
        let document = serde_json::to_value(openapi::console()).unwrap();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(move |method| (method.to_uppercase(), path.clone()))
            })
            .collect();
        assert_eq!(described, in_table());
    }

    #[test]
    fn whatever_changes_something_of_the_tenant_needs_an_action_that_viewers_lack() {
        for endpoint in ENDPOINTS.iter().filter(|e| e.method != "GET") {
            if let Access::May(action) = endpoint.access {
                assert!(!tenancy::Role::Viewer.may(action), "{} {}", endpoint.method, endpoint.path);
            }
        }
    }

    #[test]
    fn only_what_makes_or_proves_a_session_is_public() {
        let public: Vec<&str> = ENDPOINTS.iter().filter(|e| e.access == Access::Public).map(|e| e.path).collect();
        assert_eq!(public, ["/signup", "/login", "/session/refresh"]);
    }
}
