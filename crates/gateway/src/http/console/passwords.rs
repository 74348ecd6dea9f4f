//! Hashing and checking passwords, a few at a time.

use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use actix_web::web;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use std::sync::Arc;
use std::time::Duration;

/// OWASP's minimum (Password Storage Cheat Sheet, read 2026-11-20): 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Waiting for a turn is waiting of a person: longer than this, and the server is overloaded.
const TURN_WITHIN: Duration = Duration::from_secs(5);

/// Checked when there is no account, so that an unknown address takes as long as a wrong password. Of a random text.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$KQrD7Azgdx0mvWO+inYdnQ$8dB/5ijdHOVaXMDgOEr1fk26ZxrpBJIa3F8hY7qe4+M";

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checked {
    Wrong,
    Right,
    /// Right, but hashed under older parameters: hash it again.
    RightButWeak,
}

/// The PHC string to store.
pub(super) async fn hash(app: &web::Data<App>, password: String) -> Result<String, Problem> {
    let salt: [u8; 16] = clock::random();
    in_turn(app, move || argon2().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string()))
        .await?
        .map_err(|error| {
            tracing::error!(error = %error, "a password could not be hashed");
            Problem::internal()
        })
}

/// Without a stored hash the answer is `Wrong`, after the same work.
pub(super) async fn check(app: &web::Data<App>, password: String, stored: Option<String>) -> Result<Checked, Problem> {
    in_turn(app, move || check_now(&password, stored.as_deref())).await
}

fn check_now(password: &str, stored: Option<&str>) -> Checked {
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(NOBODY)) else {
        tracing::error!("a stored password hash cannot be read: its owner cannot log in");
        return Checked::Wrong;
    };
    let matches = argon2().verify_password(password.as_bytes(), &hash).is_ok();
    match (matches && stored.is_some(), is_current(&hash)) {
        (false, _) => Checked::Wrong,
        (true, true) => Checked::Right,
        (true, false) => Checked::RightButWeak,
    }
}

fn is_current(hash: &PasswordHash) -> bool {
    let same_cost =
        Params::try_from(hash).is_ok_and(|p| (p.m_cost(), p.t_cost(), p.p_cost()) == (MEMORY_KIB, PASSES, LANES));
    hash.algorithm.as_str() == "argon2id" && same_cost
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Runs `work` on a thread for blocking work when it is its turn. Once begun it keeps its turn to the end, even if the client goes.
async fn in_turn<T: Send + 'static>(
    app: &web::Data<App>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    let Ok(Ok(turn)) = tokio::time::timeout(TURN_WITHIN, app.hashing.acquire()).await else {
        tracing::warn!("a password was not hashed, because too many wait");
        return Err(Problem::unavailable());
    };
    turn.forget();
    let turn = Turn(Arc::clone(app));
    tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .map_err(|error| {
        tracing::error!(error = %error, "hashing a password failed");
        Problem::internal()
    })
}

/// A place among those that hash, given back when dropped.
struct Turn(Arc<App>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.hashing.add_permits(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(argon2: Argon2<'_>, password: &str) -> String {
        argon2.hash_password_with_salt(password.as_bytes(), &[7; 16]).unwrap().to_string()
    }

    #[test]
    fn a_password_opens_what_was_hashed_from_it_alone() {
        let stored = hashed(argon2(), "correct horse");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_eq!(check_now("correct horse", Some(&stored)), Checked::Right);
        assert_eq!(check_now("correct horsf", Some(&stored)), Checked::Wrong);
        assert_eq!(check_now("correct horse", Some("not a hash")), Checked::Wrong);
    }

    #[test]
    fn a_hash_of_older_parameters_asks_to_be_made_again() {
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        assert_eq!(check_now("correct horse", Some(&hashed(weak, "correct horse"))), Checked::RightButWeak);
    }

    #[test]
    fn an_unknown_address_costs_the_work_of_a_known_one_and_is_never_let_in() {
        assert!(is_current(&PasswordHash::new(NOBODY).unwrap()));
        for guess in ["", "correct horse", NOBODY] {
            assert_eq!(check_now(guess, None), Checked::Wrong);
        }
    }
}
