//! Failures of the console's API: application/problem+json (RFC 9457) with a code for programs and a sentence for people. The
//! constructors are the whole list. A field at fault is named; what is internal stays in the log.

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use store::StoreError;
use tenancy::{Action, Role};
use utoipa::ToSchema;

/// One field of the request that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

/// Why a request was not served.
#[derive(Debug, Clone, Serialize, ToSchema, thiserror::Error)]
#[error("{code}: {detail}")]
pub struct Problem {
    /// Always `about:blank`: `code` says what kind it is.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    type_: &'static str,
    /// The status in words.
    #[schema(value_type = String)]
    title: &'static str,
    #[schema(value_type = i32)]
    status: u16,
    /// A word for programs, such as `session_expired`.
    #[schema(value_type = String)]
    code: &'static str,
    /// What happened, as half a sentence that can be shown.
    detail: String,
    /// Fields at fault, if any are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    #[serde(skip)]
    retry_after_s: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            type_: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retry_after_s: None,
        }
    }

    fn at(mut self, field: &str, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.to_owned(), message: message.into() });
        self
    }

    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_request", detail)
    }

    /// At least one field is given.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_fields", "some fields are not acceptable");
        problem.errors = errors;
        problem
    }

    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid_fields(vec![FieldError { field: field.to_owned(), message: message.into() }])
    }

    pub fn no_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_session", "you are not logged in")
    }

    /// The browser sent something that this server did not sign, or no longer recognises.
    pub fn unknown_session() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_session", "the session is not known here: log in again")
    }

    /// A refresh helps.
    pub fn session_expired() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session_expired",
            "the session has expired: it can be refreshed at /api/session/refresh",
        )
    }

    /// Nothing helps but logging in again.
    pub fn session_ended() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "session_ended", "the session has reached its greatest age: log in again")
    }

    pub fn session_revoked() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session_revoked",
            "the session has been revoked (logged out, password changed, or a refresh token used twice): log in again",
        )
    }

    pub fn refresh_token_reused() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session_revoked",
            "a refresh token was used a second time, so the session has been revoked for safety: log in again",
        )
    }

    pub fn no_longer_a_member() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "session_revoked",
            "you are no longer a member of this organisation: log in again",
        )
    }

    pub fn wrong_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_credentials", "wrong e-mail or password")
    }

    pub fn member_of_nothing() -> Self {
        Self::new(StatusCode::FORBIDDEN, "no_membership", "you are not a member of any organisation")
    }

    pub fn may_not(role: Role, action: Action) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", format!("the role {role} may not do {action}"))
    }

    pub fn wrong_csrf_token() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "wrong_csrf_token",
            "the header x-csrf-token must repeat the session's csrf cookie",
        )
    }

    /// Also for what belongs to another tenant.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub fn email_taken() -> Self {
        Self::new(StatusCode::CONFLICT, "email_taken", "an account with this e-mail address exists already")
            .at("email", "an account with this e-mail address exists already: log in")
    }

    pub fn too_many_keys(max: i64) -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "too_many_keys",
            format!("an organisation can have {max} keys, revoked ones included"),
        )
    }

    pub fn too_many_attempts(retry_after_s: u64) -> Self {
        let mut problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "there were too many attempts");
        problem.retry_after_s = Some(retry_after_s);
        problem
    }

    pub fn unavailable() -> Self {
        let mut problem = Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            "the server cannot answer just now: try again",
        );
        problem.retry_after_s = Some(1);
        problem
    }

    /// The caller has logged why.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "the server failed: its log says why")
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Constraint(name) if name == "users_email_key" => Self::email_taken(),
            StoreError::Unavailable(..) => {
                tracing::warn!(error = %error, "a console request was refused, because a store is away");
                Self::unavailable()
            }
            _ => {
                tracing::error!(error = %error, "a console request failed in the store");
                Self::internal()
            }
        }
    }
}

impl From<JsonPayloadError> for Problem {
    fn from(error: JsonPayloadError) -> Self {
        match error {
            JsonPayloadError::ContentType => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON, with content-type application/json",
            ),
            JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is larger than a form can be")
            }
            JsonPayloadError::Deserialize(error) => match missing_field(&error.to_string()) {
                Some(field) => Self::invalid_field(field, "is missing"),
                None => Self::unreadable(format!("the body is not the JSON that was expected: {error}")),
            },
            _ => Self::unreadable("the body could not be read to its end"),
        }
    }
}

/// serde says ``missing field `email` at line 1 column 2``; its errors have no other form.
fn missing_field(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

impl From<PathError> for Problem {
    /// What is no id names nothing.
    fn from(_: PathError) -> Self {
        Self::not_found("thing")
    }
}

impl From<QueryPayloadError> for Problem {
    fn from(error: QueryPayloadError) -> Self {
        Self::unreadable(format!("the query cannot be read: {error}"))
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("application/problem+json");
        response.insert_header(("cache-control", "no-store")).insert_header(("x-content-type-options", "nosniff"));
        if let Some(seconds) = self.retry_after_s {
            response.insert_header(("retry-after", seconds.to_string()));
        }
        response.body(serde_json::to_vec(self).expect("a struct of strings always serialises"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn body(problem: &Problem) -> Value {
        serde_json::to_value(problem).unwrap()
    }

    #[test]
    fn a_problem_says_what_where_and_nothing_else() {
        assert_eq!(
            body(&Problem::email_taken()),
            json!({
                "type": "about:blank", "title": "Conflict", "status": 409, "code": "email_taken",
                "detail": "an account with this e-mail address exists already",
                "errors": [{"field": "email", "message": "an account with this e-mail address exists already: log in"}]
            })
        );
        assert!(body(&Problem::no_session()).get("errors").is_none());
    }

    #[test]
    fn a_failure_of_the_store_says_nothing_internal() {
        let problem = Problem::from(StoreError::Corrupt("users.email is upside down".into()));
        assert_eq!(problem.status_code(), 500);
        assert!(!body(&problem).to_string().contains("upside down"));
        let problem = Problem::from(StoreError::Constraint("postings_pkey".into()));
        assert!(!body(&problem).to_string().contains("postings"));
    }

    #[test]
    fn a_store_that_is_away_is_worth_another_try() {
        let response = Problem::from(StoreError::Unavailable("postgres", "down".into())).error_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers().get("retry-after").unwrap(), "1");
        assert_eq!(response.headers().get("content-type").unwrap(), "application/problem+json");
    }

    #[test]
    fn a_member_that_is_missing_in_the_body_is_named_as_a_field() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code)]
        struct Body {
            email: String,
        }
        let problem =
            |text: &str| Problem::from(JsonPayloadError::Deserialize(serde_json::from_str::<Body>(text).unwrap_err()));
        assert_eq!(body(&problem("{}"))["errors"][0]["field"], "email");
        assert_eq!(problem("{").status_code(), 400);
        assert!(body(&problem(r#"{"email":1}"#)).get("errors").is_none());
    }

    #[test]
    fn a_refusal_of_a_role_names_the_action() {
        let problem = Problem::may_not(Role::Viewer, Action::KeysWrite);
        assert_eq!(problem.status_code(), 403);
        assert!(problem.detail.contains("keys.write") && problem.detail.contains("viewer"));
    }
}
