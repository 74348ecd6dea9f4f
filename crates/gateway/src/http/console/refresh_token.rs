//! The refresh token: a selector that leads to the session, and a verifier that is replaced at each use. Whoever shows a verifier
//! that was replaced has a copy, or the owner's browser has lost to one: the session ends.

use super::hex;
use crate::clock;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use store::session::SessionRow;
use subtle::ConstantTimeEq;

/// Two tabs may refresh at once: the verifier before is answered for this long after it was replaced.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// A secret of the browser's. Only its digests are stored.
pub(super) struct RefreshToken {
    selector: [u8; 16],
    verifier: [u8; 32],
}

/// What to do with a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Give a new verifier and a new access token.
    Rotate,
    /// Another tab has just been given the new verifier: give an access token alone.
    AccessOnly,
    /// Too old.
    Ended,
    Revoked,
    /// A verifier from before: revoke the session.
    Reused,
}

impl RefreshToken {
    pub(super) fn generate() -> Self {
        Self { selector: clock::random(), verifier: clock::random() }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (selector, verifier) = text.split_at_checked(32)?;
        Some(Self { selector: hex::decode(selector)?, verifier: hex::decode(verifier)? })
    }

    /// For the cookie, and for nothing else.
    pub(super) fn expose(&self) -> String {
        format!("{}{}", hex::encode(&self.selector), hex::encode(&self.verifier))
    }

    /// The same session's next token.
    pub(super) fn rotated(&self) -> Self {
        Self { selector: self.selector, verifier: clock::random() }
    }

    pub(super) fn selector_digest(&self) -> [u8; 32] {
        Sha256::digest(self.selector).into()
    }

    pub(super) fn verifier_digest(&self) -> [u8; 32] {
        Sha256::digest(self.verifier).into()
    }

    pub(super) fn judge(&self, session: &SessionRow, now: DateTime<Utc>) -> Verdict {
        let shown = self.verifier_digest();
        let is = |stored: &[u8]| bool::from(shown.ct_eq(stored));
        if session.revoked_at.is_some() {
            Verdict::Revoked
        } else if now >= session.expires_at {
            Verdict::Ended
        } else if is(&session.refresh_digest) {
            Verdict::Rotate
        } else if session.previous_digest.as_deref().is_some_and(is) && now < session.rotated_at + GRACE {
            Verdict::AccessOnly
        } else {
            Verdict::Reused
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenancy::{SessionId, TenantId, UserId};
    use uuid::Uuid;

    fn now() -> DateTime<Utc> {
        "2026-11-24T10:00:00Z".parse().unwrap()
    }

    /// A session that replaced `old` by `current` just now.
    fn session(old: &RefreshToken, current: &RefreshToken) -> SessionRow {
        SessionRow {
            session_id: SessionId::new(Uuid::nil()),
            user_id: UserId::new(Uuid::nil()),
            tenant_id: TenantId::new(Uuid::nil()),
            refresh_digest: current.verifier_digest().to_vec(),
            previous_digest: Some(old.verifier_digest().to_vec()),
            rotated_at: now(),
            expires_at: now() + TimeDelta::days(1),
            revoked_at: None,
            session_version: 1,
        }
    }

    #[test]
    fn a_token_survives_its_cookie_and_rotation_keeps_the_selector_alone() {
        let token = RefreshToken::generate();
        let read = RefreshToken::parse(&token.expose()).unwrap();
        assert_eq!((read.selector, read.verifier), (token.selector, token.verifier));
        let next = token.rotated();
        assert_eq!(next.selector_digest(), token.selector_digest());
        assert_ne!(next.verifier_digest(), token.verifier_digest());
        for bad in ["", "zz", &token.expose()[1..], "é".repeat(48).as_str()] {
            assert!(RefreshToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_token_before_is_good_for_ten_seconds_and_ends_the_session_afterwards() {
        let old = RefreshToken::generate();
        let current = old.rotated();
        let session = session(&old, &current);
        assert_eq!(current.judge(&session, now()), Verdict::Rotate);
        assert_eq!(old.judge(&session, now() + TimeDelta::seconds(9)), Verdict::AccessOnly);
        assert_eq!(old.judge(&session, now() + TimeDelta::seconds(10)), Verdict::Reused);
        assert_eq!(old.rotated().judge(&session, now()), Verdict::Reused);
    }

    #[test]
    fn an_ended_or_revoked_session_is_not_refreshed_by_its_own_token() {
        let old = RefreshToken::generate();
        let current = old.rotated();
        let row = session(&old, &current);
        assert_eq!(current.judge(&row, row.expires_at), Verdict::Ended);
        let revoked = SessionRow { revoked_at: Some(now()), ..row };
        assert_eq!(current.judge(&revoked, now()), Verdict::Revoked);
        assert_eq!(old.judge(&revoked, now()), Verdict::Revoked);
    }
}
