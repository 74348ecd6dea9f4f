//! Proof that a request was written by our own page: a token that only a script of this origin can read from its cookie and repeat
//! in a header. It is signed for one session, so one that was planted from elsewhere does not fit (OWASP, Signed Double-Submit).

use super::hex;
use crate::app::App;
use crate::http::error::Problem;
use crate::secrets::Purpose;
use actix_web::HttpRequest;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tenancy::SessionId;

/// The header that repeats the cookie.
const HEADER: &str = "x-csrf-token";

/// Refuses a request whose header does not prove the page behind it.
pub(in crate::http) fn demand(app: &App, request: &HttpRequest, session_id: SessionId) -> Result<(), Problem> {
    let token = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_signed = verify(&app.secrets.derive(Purpose::Csrf), session_id, token);
    if is_signed { Ok(()) } else { Err(Problem::wrong_csrf_token()) }
}

/// `random` must not be used twice.
pub(super) fn issue(key: &[u8; 32], session_id: SessionId, random: [u8; 16]) -> String {
    format!("{}{}", hex::encode(&random), hex::encode(&signature(key, session_id, &random)))
}

/// Whether one of the keys signed this token for this session. Takes the same time for every wrong token.
fn verify(keys: &[[u8; 32]], session_id: SessionId, token: &str) -> bool {
    let Some(bytes) = hex::decode::<48>(token) else { return false };
    let (random, given) = bytes.split_at(16);
    keys.iter().any(|key| bool::from(signature(key, session_id, random).ct_eq(given)))
}

fn signature(key: &[u8; 32], session_id: SessionId, random: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(session_id.as_uuid().as_bytes());
    mac.update(random);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn session(n: u128) -> SessionId {
        SessionId::new(Uuid::from_u128(n))
    }

    #[test]
    fn a_token_fits_its_session_and_no_other() {
        let token = issue(&[1; 32], session(1), [7; 16]);
        assert!(verify(&[[1; 32]], session(1), &token));
        assert!(!verify(&[[1; 32]], session(2), &token));
    }

    #[test]
    fn a_token_of_an_older_key_is_still_good_and_of_a_foreign_one_is_not() {
        let token = issue(&[1; 32], session(1), [7; 16]);
        assert!(verify(&[[2; 32], [1; 32]], session(1), &token));
        assert!(!verify(&[[2; 32]], session(1), &token));
    }

    #[test]
    fn a_changed_or_cut_token_is_refused() {
        let token = issue(&[1; 32], session(1), [7; 16]);
        for i in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[i] = if changed[i] == b'0' { b'1' } else { b'0' };
            assert!(!verify(&[[1; 32]], session(1), std::str::from_utf8(&changed).unwrap()), "{i}");
        }
        assert!(!verify(&[[1; 32]], session(1), &token[2..]));
        assert!(!verify(&[[1; 32]], session(1), ""));
    }
}
