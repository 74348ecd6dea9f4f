//! Who works in which tenant, as what.

use crate::{Result, StoreError, TenantTx};
use billing::Currency;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tenancy::{Role, SessionId, TenantId, UserId};

#[derive(Debug, Clone)]
pub struct MemberRow {
    pub user_id: UserId,
    pub email: String,
    pub role: Role,
    pub joined_at: DateTime<Utc>,
}

/// What a session is worth at this moment.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Revoked, or past its greatest age.
    pub revoked: bool,
    /// The person's: an access token signed under another one is over.
    pub session_version: i32,
    pub email: String,
    /// None for who is no longer a member.
    pub role: Option<Role>,
    pub currency: Currency,
}

pub async fn member_insert(tx: &mut TenantTx, user_id: UserId, role: Role) -> Result<()> {
    let tenant_id = tx.tenant_id().as_uuid();
    sqlx::query!(
        "insert into members (tenant_id, user_id, role) values ($1, $2, $3)",
        tenant_id,
        user_id.as_uuid(),
        role.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Everybody in the tenant, who joined first first.
pub async fn member_list(tx: &mut TenantTx) -> Result<Vec<MemberRow>> {
    let tenant_id = tx.tenant_id().as_uuid();
    let rows = sqlx::query!(
        "select m.user_id, u.email, m.role, m.joined_at from members m join users u on u.user_id = m.user_id
         where m.tenant_id = $1 order by m.joined_at, m.user_id",
        tenant_id
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.into_iter()
        .map(|r| {
            Ok(MemberRow {
                user_id: UserId::new(r.user_id),
                email: r.email,
                role: role(&r.role)?,
                joined_at: r.joined_at,
            })
        })
        .collect()
}

/// The tenants that a person works in, who was joined first first. Inside [`crate::Store::user_tx`], which shows just these rows.
pub async fn member_tenants(connection: &mut PgConnection, user_id: UserId) -> Result<Vec<TenantId>> {
    let rows = sqlx::query!(
        "select tenant_id from members where user_id = $1 order by joined_at, tenant_id",
        user_id.as_uuid()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|r| TenantId::new(r.tenant_id)).collect())
}

/// The session, its person and the membership in one look; none for a session that is not this person's in this tenant.
pub async fn member_standing(tx: &mut TenantTx, session_id: SessionId, user_id: UserId) -> Result<Option<Standing>> {
    let tenant_id = tx.tenant_id().as_uuid();
    let row = sqlx::query!(
        r#"select s.revoked_at is not null or s.expires_at <= now() as "revoked!", u.session_version, u.email, m.role as "role?", t.currency
           from sessions s
           join users u on u.user_id = s.user_id
           join tenants t on t.tenant_id = s.tenant_id
           left join members m on m.tenant_id = s.tenant_id and m.user_id = s.user_id
           where s.session_id = $1 and s.user_id = $2 and s.tenant_id = $3"#,
        session_id.as_uuid(),
        user_id.as_uuid(),
        tenant_id
    )
    .fetch_optional(&mut **tx)
    .await?;
    row.map(|r| {
        Ok(Standing {
            revoked: r.revoked,
            session_version: r.session_version,
            email: r.email,
            role: r.role.as_deref().map(role).transpose()?,
            currency: Currency::parse(&r.currency).map_err(|e| StoreError::Corrupt(e.to_string()))?,
        })
    })
    .transpose()
}

fn role(word: &str) -> Result<Role> {
    word.parse().map_err(|e: tenancy::UnknownName| StoreError::Corrupt(e.to_string()))
}
