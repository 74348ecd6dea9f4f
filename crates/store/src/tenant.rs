//! Tenants, and the credit that a new one may be given.

use crate::ledger::money;
use crate::{Result, StoreError, TenantTx};
use billing::{Currency, Money};
use sqlx::PgConnection;
use tenancy::TenantId;

/// The plan of whoever signs up without choosing one.
pub const DEFAULT_PLAN: &str = "default";

/// A tenant as the console shows it.
#[derive(Debug, Clone)]
pub struct TenantRow {
    pub tenant_id: TenantId,
    pub name: String,
    pub currency: Currency,
    /// The plan's id.
    pub plan: String,
    /// `active` or `suspended`.
    pub status: String,
    /// What may be owed beyond the balance.
    pub credit_limit: Money,
}

/// Makes the tenant that the transaction is inside of.
pub async fn tenant_insert(tx: &mut TenantTx, name: &str, currency: Currency, plan: &str) -> Result<()> {
    let tenant_id = tx.tenant_id().as_uuid();
    sqlx::query!(
        "insert into tenants (tenant_id, name, currency, plan_id) values ($1, $2, $3, $4)",
        tenant_id,
        name,
        currency.as_str(),
        plan
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The tenant of the transaction. It exists: whoever asks is its member.
pub async fn tenant_get(tx: &mut TenantTx) -> Result<TenantRow> {
    let tenant_id = tx.tenant_id();
    let row = sqlx::query!(
        "select name, currency, plan_id, status, credit_limit from tenants where tenant_id = $1",
        tenant_id.as_uuid()
    )
    .fetch_one(&mut **tx)
    .await?;
    let currency = Currency::parse(&row.currency).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    Ok(TenantRow {
        tenant_id,
        name: row.name,
        currency,
        plan: row.plan_id,
        status: row.status,
        credit_limit: money(row.credit_limit, currency)?,
    })
}

/// Who asks for sign-up credit, and from where.
#[derive(Debug, Clone, Copy)]
pub struct GrantRequest<'a> {
    /// The address's identity, not its spelling.
    pub email_normalised: &'a str,
    /// A name for the network, such as `192.0.2.0/24`.
    pub network: &'a str,
    pub tenant_id: TenantId,
    /// Grants that one network may receive in 24 hours.
    pub per_network_max: i64,
}

/// Notes that the credit is given, and says whether it may be: once per address, ever, and not too often per network. Networks
/// are served one after the other, so that two at once do not both take the last grant of a day.
pub async fn sign_up_grant_take(connection: &mut PgConnection, request: GrantRequest<'_>) -> Result<bool> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('sign-up ' || $1, 0))::text as locked",
        request.network
    )
    .fetch_one(&mut *connection)
    .await?;
    let taken = sqlx::query!(
        "insert into sign_up_grants (email_normalised, network, tenant_id)
         select $1, $2, $3
         where (select count(*) from sign_up_grants where network = $2 and granted_at > now() - interval '24 hours') < $4
         on conflict do nothing",
        request.email_normalised,
        request.network,
        request.tenant_id.as_uuid(),
        request.per_network_max
    )
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() > 0)
}
