//! People. They belong to no tenant: `members` says where they work.

use crate::Result;
use sqlx::PgConnection;
use std::collections::HashMap;
use tenancy::{EmailAddress, UserId};
use uuid::Uuid;

/// A person as a login needs them. The hash is no secret of the caller's: never log it, never send it.
#[derive(Debug, Clone)]
pub struct UserRow {
    pub user_id: UserId,
    pub email: String,
    /// PHC string of argon2id.
    pub password_hash: String,
    pub session_version: i32,
}

/// A second account of one address, whatever its case, is refused by `users_email_key`.
pub async fn user_insert(
    connection: &mut PgConnection,
    user_id: UserId,
    email: &EmailAddress,
    password_hash: &str,
) -> Result<()> {
    sqlx::query!(
        "insert into users (user_id, email, password_hash) values ($1, $2, $3)",
        user_id.as_uuid(),
        email.as_str(),
        password_hash
    )
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn user_by_email(connection: &mut PgConnection, email: &EmailAddress) -> Result<Option<UserRow>> {
    let row = sqlx::query!(
        "select user_id, email, password_hash, session_version from users where lower(email) = lower($1)",
        email.as_str()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|r| UserRow {
        user_id: UserId::new(r.user_id),
        email: r.email,
        password_hash: r.password_hash,
        session_version: r.session_version,
    }))
}

pub async fn user_get(connection: &mut PgConnection, user_id: UserId) -> Result<Option<UserRow>> {
    let row = sqlx::query!(
        "select user_id, email, password_hash, session_version from users where user_id = $1",
        user_id.as_uuid()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|r| UserRow {
        user_id: UserId::new(r.user_id),
        email: r.email,
        password_hash: r.password_hash,
        session_version: r.session_version,
    }))
}

/// Replaces a password by a new one and raises the session version, which ends every access token signed before. `old_hash` is
/// the one that was checked: if another change came between, nothing happens and nothing is returned.
pub async fn user_password_change(
    connection: &mut PgConnection,
    user_id: UserId,
    old_hash: &str,
    new_hash: &str,
) -> Result<Option<i32>> {
    let row = sqlx::query!(
        "update users set password_hash = $3, session_version = session_version + 1
         where user_id = $1 and password_hash = $2 returning session_version",
        user_id.as_uuid(),
        old_hash,
        new_hash
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|r| r.session_version))
}

/// Replaces the hash by a stronger one of the same password: sessions go on. Does nothing if `old_hash` is no longer there.
pub async fn user_password_rehash(
    connection: &mut PgConnection,
    user_id: UserId,
    old_hash: &str,
    new_hash: &str,
) -> Result<()> {
    sqlx::query!(
        "update users set password_hash = $3 where user_id = $1 and password_hash = $2",
        user_id.as_uuid(),
        old_hash,
        new_hash
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Addresses of people, by id. Who is unknown is left out.
pub async fn user_emails(connection: &mut PgConnection, users: &[Uuid]) -> Result<HashMap<Uuid, String>> {
    let rows =
        sqlx::query!("select user_id, email from users where user_id = any($1)", users).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|r| (r.user_id, r.email)).collect())
}
