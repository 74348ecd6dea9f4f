//! The three cookies of a browser's session.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

/// Under https every name begins with `__Host-`: browsers then take the cookie from this very host alone, and only if it is
/// `Secure` and its path is `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum SessionCookie {
    /// A JWT. It outlives itself in the cookie, so that the server can tell an expired session from none.
    Access,
    Refresh,
    /// The one that scripts can read.
    Csrf,
}

/// As long as a session can live.
pub(super) const SESSION_DAYS: i64 = 30;

impl SessionCookie {
    pub(in crate::http) const ALL: [Self; 3] = [Self::Access, Self::Refresh, Self::Csrf];

    const fn name(self, https: bool) -> &'static str {
        match (self, https) {
            (Self::Access, false) => "turnpike_access",
            (Self::Access, true) => "__Host-turnpike_access",
            (Self::Refresh, false) => "turnpike_refresh",
            (Self::Refresh, true) => "__Host-turnpike_refresh",
            (Self::Csrf, false) => "turnpike_csrf",
            (Self::Csrf, true) => "__Host-turnpike_csrf",
        }
    }

    pub(in crate::http) fn read(self, request: &HttpRequest, https: bool) -> Option<String> {
        request.cookie(self.name(https)).map(|cookie| cookie.value().to_owned())
    }

    pub(super) fn holding(self, value: String, https: bool) -> Cookie<'static> {
        Cookie::build(self.name(https), value)
            .path("/")
            .http_only(self != Self::Csrf)
            .secure(https)
            .same_site(SameSite::Lax)
            .max_age(Duration::days(SESSION_DAYS))
            .finish()
    }

    /// Makes the browser forget it.
    pub(super) fn removal(self, https: bool) -> Cookie<'static> {
        let mut cookie = self.holding(String::new(), https);
        cookie.make_removal();
        cookie
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_read_the_csrf_token_and_nothing_else() {
        for cookie in SessionCookie::ALL {
            let built = cookie.holding("x".into(), false).to_string();
            assert_eq!(built.contains("HttpOnly"), cookie != SessionCookie::Csrf, "{built}");
            assert!(built.contains("SameSite=Lax") && built.contains("Path=/") && !built.contains("Secure"), "{built}");
        }
    }

    #[test]
    fn under_https_a_cookie_belongs_to_this_host_alone() {
        for cookie in SessionCookie::ALL {
            let built = cookie.holding("x".into(), true).to_string();
            assert!(built.starts_with("__Host-turnpike_") && built.contains("Secure"), "{built}");
            assert!(built.contains("Path=/;") && !built.contains("Domain"), "{built}");
        }
    }

    #[test]
    fn a_removal_names_the_cookie_that_was_set() {
        let removal = SessionCookie::Refresh.removal(true).to_string();
        assert!(removal.starts_with("__Host-turnpike_refresh=;") && removal.contains("Max-Age=0"), "{removal}");
        assert!(removal.contains("Secure") && removal.contains("Path=/"), "{removal}");
    }
}
