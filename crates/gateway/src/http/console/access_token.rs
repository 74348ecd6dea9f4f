//! The access token: a JWT that says for a quarter of an hour who a browser is. It is only a name tag: whether the session, the
//! membership and the role still stand is asked of Postgres at each request.

use super::hex;
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tenancy::{SessionId, TenantId, UserId};

/// OWASP's bound for tokens that are good by themselves.
const LIFETIME: TimeDelta = TimeDelta::minutes(15);
/// What the token is for: no other token of ours, signed by whatever mistake with the same key, passes for one.
const AUDIENCE: &str = "turnpike console";
/// RFC 9068, 2.1.
const TYPE: &str = "at+jwt";

/// Whom a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) struct Bearer {
    pub(in crate::http) user_id: UserId,
    pub(in crate::http) session_id: SessionId,
    pub(in crate::http) tenant_id: TenantId,
    /// The person's when it was signed; a password change raises the current one.
    pub(in crate::http) session_version: i32,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    aud: String,
    sub: UserId,
    sid: SessionId,
    tid: TenantId,
    sv: i32,
    iat: i64,
    exp: i64,
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Refusal {
    /// Ours, and too old.
    Expired,
    /// Not ours, or not for this.
    Invalid,
}

/// `keys` has the current one first.
pub(in crate::http) fn sign(keys: &[[u8; 32]], bearer: &Bearer, now: DateTime<Utc>) -> String {
    let key = &keys[0];
    let header = Header { typ: Some(TYPE.to_owned()), kid: Some(key_id(key)), ..Header::new(Algorithm::HS256) };
    let claims = Claims {
        aud: AUDIENCE.to_owned(),
        sub: bearer.user_id,
        sid: bearer.session_id,
        tid: bearer.tenant_id,
        sv: bearer.session_version,
        iat: now.timestamp(),
        exp: (now + LIFETIME).timestamp(),
    };
    encode(&header, &claims, &EncodingKey::from_secret(key)).expect("claims of plain values can be signed by HMAC")
}

/// The algorithm is pinned, and the key is one of ours that the token names; nothing else of its header is believed.
pub(in crate::http) fn verify(keys: &[[u8; 32]], token: &str, now: DateTime<Utc>) -> Result<Bearer, Refusal> {
    let named = decode_header(token).ok().and_then(|header| header.kid).ok_or(Refusal::Invalid)?;
    let key = keys.iter().find(|key| key_id(key) == named).ok_or(Refusal::Invalid)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["exp", "aud"]);
    // Compared below, with the time that this function is given.
    validation.validate_exp = false;
    let token = decode::<Claims>(token, &DecodingKey::from_secret(key), &validation).map_err(|_| Refusal::Invalid)?;
    if token.header.typ.as_deref() != Some(TYPE) {
        return Err(Refusal::Invalid);
    }
    if now.timestamp() >= token.claims.exp {
        return Err(Refusal::Expired);
    }
    let Claims { sub, sid, tid, sv, .. } = token.claims;
    Ok(Bearer { user_id: sub, session_id: sid, tenant_id: tid, session_version: sv })
}

/// Tells keys apart without telling anything of them.
fn key_id(key: &[u8; 32]) -> String {
    hex::encode(&Sha256::digest(key)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const KEYS: [[u8; 32]; 1] = [[1; 32]];

    fn bearer() -> Bearer {
        Bearer {
            user_id: UserId::new(Uuid::from_u128(1)),
            session_id: SessionId::new(Uuid::from_u128(2)),
            tenant_id: TenantId::new(Uuid::from_u128(3)),
            session_version: 4,
        }
    }

    fn now() -> DateTime<Utc> {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_names_its_bearer_for_a_quarter_of_an_hour() {
        let token = sign(&KEYS, &bearer(), now());
        assert_eq!(verify(&KEYS, &token, now()), Ok(bearer()));
        assert_eq!(verify(&KEYS, &token, now() + TimeDelta::seconds(899)), Ok(bearer()));
        assert_eq!(verify(&KEYS, &token, now() + TimeDelta::seconds(900)), Err(Refusal::Expired));
    }

    #[test]
    fn after_a_change_of_keys_the_older_one_still_counts_until_it_is_removed() {
        let token = sign(&KEYS, &bearer(), now());
        assert_eq!(verify(&[[9; 32], KEYS[0]], &token, now()), Ok(bearer()));
        assert_eq!(verify(&[[9; 32]], &token, now()), Err(Refusal::Invalid));
    }

    #[test]
    fn a_token_of_another_algorithm_type_or_audience_is_refused() {
        let claims = |aud: &str| serde_json::json!({"aud": aud, "sub": Uuid::nil(), "sid": Uuid::nil(), "tid": Uuid::nil(), "sv": 1, "iat": 0, "exp": 99_999_999_999_i64});
        let signed = |algorithm, typ: &str, aud: &str| {
            let header = Header { typ: Some(typ.into()), kid: Some(key_id(&KEYS[0])), ..Header::new(algorithm) };
            encode(&header, &claims(aud), &EncodingKey::from_secret(&KEYS[0])).unwrap()
        };
        assert!(verify(&KEYS, &signed(Algorithm::HS256, TYPE, AUDIENCE), now()).is_ok());
        for other in [
            signed(Algorithm::HS512, TYPE, AUDIENCE),
            signed(Algorithm::HS256, "JWT", AUDIENCE),
            signed(Algorithm::HS256, TYPE, "somebody else"),
            String::new(),
            "a.b.c".into(),
        ] {
            assert_eq!(verify(&KEYS, &other, now()), Err(Refusal::Invalid), "{other}");
        }
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let signed = sign(&KEYS, &bearer(), now());
        let (content, _) = signed.rsplit_once('.').unwrap();
        assert_eq!(verify(&KEYS, &format!("{content}."), now()), Err(Refusal::Invalid));
    }
}
