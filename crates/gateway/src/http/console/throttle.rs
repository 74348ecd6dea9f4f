//! Slowing down who guesses passwords or mass-produces accounts. It refuses before anything is hashed, forgives by itself, and is
//! passed over while Redis is away: then nobody is locked out, and the bounded hashing still slows guessing down.

use super::source::Source;
use crate::app::App;
use crate::http::error::Problem;
use store::redis::ANSWER_WITHIN;

const WINDOW_S: u64 = 300;
/// Tries at one account's password within the window; a success starts over.
const TRIES_PER_ACCOUNT_MAX: u64 = 10;
/// Logins from one machine within the window, successful ones too, because a success would otherwise buy new guesses. An office
/// behind one address logs in less often than this.
const TRIES_PER_MACHINE_MAX: u64 = 100;
const SIGN_UP_WINDOW_S: u64 = 3600;
/// A network may make this many accounts an hour for each that is given credit a day: whoever expects more people behind one
/// address raises that one setting.
const SIGN_UPS_PER_GRANT: u64 = 10;

/// Counts a try at the account's password.
pub(super) async fn password_try(app: &App, account: &str, source: Source) -> Result<(), Problem> {
    count(app, format!("password:machine:{}", source.machine()), WINDOW_S, TRIES_PER_MACHINE_MAX).await?;
    count(app, account_name(account), WINDOW_S, TRIES_PER_ACCOUNT_MAX).await
}

/// The right password was given.
pub(super) async fn password_right(app: &App, account: &str) {
    let cleared = tokio::time::timeout(ANSWER_WITHIN, app.redis.throttle_clear(&account_name(account))).await;
    if !matches!(cleared, Ok(Ok(()))) {
        tracing::warn!("tries at a password were not forgotten, because redis is away");
    }
}

pub(super) async fn sign_up(app: &App, source: Source) -> Result<(), Problem> {
    let grants = u64::try_from(app.config.sign_up_grants_per_network).unwrap_or(0).max(1);
    let max = SIGN_UPS_PER_GRANT.saturating_mul(grants);
    count(app, format!("sign-up:{}", source.network()), SIGN_UP_WINDOW_S, max).await
}

fn account_name(account: &str) -> String {
    format!("password:account:{}", account.to_lowercase())
}

async fn count(app: &App, name: String, window_s: u64, max: u64) -> Result<(), Problem> {
    match tokio::time::timeout(ANSWER_WITHIN, app.redis.throttle_count(&[name], window_s)).await {
        Ok(Ok(count)) if count > max => Err(Problem::too_many_attempts(window_s)),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            tracing::warn!(error = %error, "an attempt was not counted, because redis is away");
            Ok(())
        }
        Err(_) => {
            tracing::warn!("an attempt was not counted, because redis did not answer in time");
            Ok(())
        }
    }
}
