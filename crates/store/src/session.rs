//! Logins of browsers. A refresh token has two parts: a selector, which stays for the life of the session and leads to it through
//! the directory, and a verifier, which is replaced at every use. Only digests are stored.

use crate::{Result, TenantTx};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tenancy::{SessionId, TenantId, UserId};

/// SHA-256 of a part of a refresh token.
pub type Digest = [u8; 32];

#[derive(Debug, Clone)]
pub struct NewSession {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub selector_digest: Digest,
    pub refresh_digest: Digest,
    pub expires_at: DateTime<Utc>,
}

/// A session as a refresh needs it. Its row stays locked until the transaction ends.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub session_id: SessionId,
    pub user_id: UserId,
    pub tenant_id: TenantId,
    pub refresh_digest: Vec<u8>,
    /// The verifier before, and when it was replaced.
    pub previous_digest: Option<Vec<u8>>,
    pub rotated_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The person's, at this moment.
    pub session_version: i32,
}

/// Stores a session that works in the transaction's tenant, with its entry in the directory.
pub async fn session_insert(tx: &mut TenantTx, new: &NewSession) -> Result<()> {
    let tenant_id = tx.tenant_id().as_uuid();
    sqlx::query!(
        "insert into directory (kind, digest, tenant_id, id) values ('session', $1, $2, $3)",
        new.selector_digest.as_slice(),
        tenant_id,
        new.session_id.as_uuid()
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "insert into sessions (session_id, user_id, tenant_id, refresh_digest, expires_at) values ($1, $2, $3, $4, $5)",
        new.session_id.as_uuid(),
        new.user_id.as_uuid(),
        tenant_id,
        new.refresh_digest.as_slice(),
        new.expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The session that a selector leads to, locked: two refreshes of one session come one after the other.
pub async fn session_lock(connection: &mut PgConnection, selector_digest: &Digest) -> Result<Option<SessionRow>> {
    let row = sqlx::query!(
        "select s.session_id, s.user_id, s.tenant_id, s.refresh_digest, s.previous_digest, s.rotated_at, s.expires_at, s.revoked_at,
                u.session_version
         from directory d join sessions s on s.session_id = d.id join users u on u.user_id = s.user_id
         where d.kind = 'session' and d.digest = $1 for update of s",
        selector_digest.as_slice()
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|r| SessionRow {
        session_id: SessionId::new(r.session_id),
        user_id: UserId::new(r.user_id),
        tenant_id: TenantId::new(r.tenant_id),
        refresh_digest: r.refresh_digest,
        previous_digest: r.previous_digest,
        rotated_at: r.rotated_at,
        expires_at: r.expires_at,
        revoked_at: r.revoked_at,
        session_version: r.session_version,
    }))
}

/// Puts a new verifier in force; the one before is remembered.
pub async fn session_rotate(
    connection: &mut PgConnection,
    session_id: SessionId,
    refresh_digest: &Digest,
    rotated_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        "update sessions set previous_digest = refresh_digest, refresh_digest = $2, rotated_at = $3 where session_id = $1",
        session_id.as_uuid(),
        refresh_digest.as_slice(),
        rotated_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a session; again is no error.
pub async fn session_revoke(connection: &mut PgConnection, session_id: SessionId) -> Result<()> {
    sqlx::query!(
        "update sessions set revoked_at = coalesce(revoked_at, now()) where session_id = $1",
        session_id.as_uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends every session of a person but one.
pub async fn session_revoke_others(connection: &mut PgConnection, user_id: UserId, kept: SessionId) -> Result<()> {
    sqlx::query!(
        "update sessions set revoked_at = now() where user_id = $1 and session_id <> $2 and revoked_at is null",
        user_id.as_uuid(),
        kept.as_uuid()
    )
    .execute(connection)
    .await?;
    Ok(())
}
