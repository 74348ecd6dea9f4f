//! API keys, and the caller that one of them stands for.

use crate::{Result, Store, StoreError, TenantTx};
use billing::Currency;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tenancy::{ApiKey, ApiKeyId, Environment, KeyDigest, Limits, ModelAccess, Pepper, TenantId, UserId};
use uuid::Uuid;

/// A key as the console shows it. The key itself is stored nowhere.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    pub api_key_id: Uuid,
    pub name: String,
    pub environment: String,
    pub prefix: String,
    pub last_four: String,
    pub created_at: DateTime<Utc>,
    pub created_by: Uuid,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

/// Everything that a request needs to know of whoever sent it, as of one version of the tenant's facts.
#[derive(Debug, Clone)]
pub struct CallerFacts {
    pub tenant_id: TenantId,
    pub api_key_id: ApiKeyId,
    pub user_id: UserId,
    pub environment: Environment,
    pub revoked: bool,
    pub suspended: bool,
    pub version: i64,
    pub plan: String,
    pub limits: Limits,
    pub market_limits: MarketLimits,
    /// Of the plan and of the key: both must permit.
    pub plan_models: ModelAccess,
    pub key_models: ModelAccess,
    pub currency: Currency,
    pub fx_quote_id: Uuid,
    pub fx_rate: Decimal,
}

/// What the plan allows of market data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarketLimits {
    /// Of one gateway.
    pub connections: u32,
    /// Of one connection.
    pub topics: u32,
    /// To one connection.
    pub messages_per_second: u32,
}

/// Stores a new key with its entry in the directory, in the caller's transaction.
pub async fn api_key_insert(
    tx: &mut TenantTx,
    id: ApiKeyId,
    name: &str,
    key: &ApiKey,
    pepper: &Pepper,
    created_by: UserId,
) -> Result<ApiKeyRow> {
    let tenant_id = tx.tenant_id().as_uuid();
    let digest = key.digest(pepper);
    sqlx::query!(
        "insert into directory (kind, digest, tenant_id, id) values ('api_key', $1, $2, $3)",
        digest.as_bytes().as_slice(),
        tenant_id,
        id.as_uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query_as!(
        ApiKeyRow,
        "insert into api_keys (tenant_id, api_key_id, name, environment, digest, pepper_version, prefix, last_four, created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         returning api_key_id, name, environment, prefix, last_four, created_at, created_by, last_used_at, revoked_at",
        tenant_id,
        id.as_uuid(),
        name,
        key.environment().as_str(),
        digest.as_bytes().as_slice(),
        pepper.version,
        key.prefix(),
        key.last_four(),
        created_by.as_uuid()
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Newest first.
pub async fn api_key_list(tx: &mut TenantTx, limit: i64) -> Result<Vec<ApiKeyRow>> {
    let tenant_id = tx.tenant_id().as_uuid();
    Ok(sqlx::query_as!(
        ApiKeyRow,
        "select api_key_id, name, environment, prefix, last_four, created_at, created_by, last_used_at, revoked_at from api_keys where tenant_id = $1 order by created_at desc, api_key_id limit $2",
        tenant_id,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

pub async fn api_key_rename(tx: &mut TenantTx, id: ApiKeyId, name: &str) -> Result<Option<ApiKeyRow>> {
    let tenant_id = tx.tenant_id().as_uuid();
    Ok(sqlx::query_as!(
        ApiKeyRow,
        "update api_keys set name = $3 where tenant_id = $1 and api_key_id = $2
         returning api_key_id, name, environment, prefix, last_four, created_at, created_by, last_used_at, revoked_at",
        tenant_id,
        id.as_uuid(),
        name
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Revokes; again is no error. The caller revises the tenant in the same transaction. Returns whether the key exists.
pub async fn api_key_revoke(tx: &mut TenantTx, id: ApiKeyId) -> Result<bool> {
    let tenant_id = tx.tenant_id().as_uuid();
    let revoked = sqlx::query!(
        "update api_keys set revoked_at = coalesce(revoked_at, now()) where tenant_id = $1 and api_key_id = $2",
        tenant_id,
        id.as_uuid()
    )
    .execute(&mut **tx)
    .await?;
    Ok(revoked.rows_affected() > 0)
}

/// Who a key stands for, or nothing if it is unknown. `digests` are those under every pepper that is still accepted.
pub async fn caller_get(store: &Store, digests: &[KeyDigest]) -> Result<Option<CallerFacts>> {
    let digests: Vec<Vec<u8>> = digests.iter().map(|d| d.as_bytes().to_vec()).collect();
    let mut tx = store.global_tx().await?;
    let found =
        sqlx::query!("select tenant_id, id from directory where kind = 'api_key' and digest = any($1)", &digests)
            .fetch_optional(&mut *tx)
            .await?;
    drop(tx);
    let Some(found) = found else { return Ok(None) };
    caller_get_by_id(store, TenantId::new(found.tenant_id), ApiKeyId::new(found.id)).await
}

/// The same for a key whose id is known already.
pub async fn caller_get_by_id(store: &Store, tenant_id: TenantId, api_key_id: ApiKeyId) -> Result<Option<CallerFacts>> {
    let mut tx = store.tenant_tx(tenant_id).await?;
    let row = sqlx::query!(
        r#"select k.user_id as "user_id!", k.environment, k.revoked_at is not null as "revoked!", k.models as key_models, t.version, t.currency, t.status = 'suspended' as "suspended!",
                  p.name as plan, p.requests_per_minute, p.tokens_per_minute, p.concurrent_requests, p.models as plan_models,
                  p.market_connections, p.market_topics, p.market_messages_per_second, q.fx_quote_id, q.rate
           from (select *, created_by as user_id from api_keys where tenant_id = $1 and api_key_id = $2) k
           join tenants t on t.tenant_id = k.tenant_id
           join plans p on p.plan_id = t.plan_id
           join lateral (select fx_quote_id, rate from fx_quotes where base = 'USD' and quote = t.currency and as_of <= now() order by as_of desc limit 1) q on true"#,
        tenant_id.as_uuid(),
        api_key_id.as_uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let corrupt = |e: &dyn std::fmt::Display| StoreError::Corrupt(e.to_string());
    let access = |models: Option<Vec<String>>| models.map_or(ModelAccess::All, ModelAccess::Only);
    let count = |n: i32| n.unsigned_abs();
    Ok(Some(CallerFacts {
        tenant_id,
        api_key_id,
        user_id: UserId::new(row.user_id),
        environment: row.environment.parse().map_err(|e| corrupt(&e))?,
        revoked: row.revoked,
        suspended: row.suspended,
        version: row.version,
        plan: row.plan,
        limits: Limits {
            requests_per_minute: count(row.requests_per_minute),
            tokens_per_minute: count(row.tokens_per_minute),
            concurrent_requests: count(row.concurrent_requests),
        },
        market_limits: MarketLimits {
            connections: count(row.market_connections),
            topics: count(row.market_topics),
            messages_per_second: count(row.market_messages_per_second),
        },
        plan_models: access(row.plan_models),
        key_models: access(row.key_models),
        currency: Currency::parse(&row.currency).map_err(|e| corrupt(&e))?,
        fx_quote_id: row.fx_quote_id,
        fx_rate: row.rate,
    }))
}

/// A member as a caller without a key: revoked is who is no longer one. Usage of theirs names the nil key.
pub async fn caller_get_of_member(store: &Store, tenant_id: TenantId, user_id: UserId) -> Result<Option<CallerFacts>> {
    let mut tx = store.tenant_tx(tenant_id).await?;
    let row = sqlx::query!(
        r#"select t.version, t.currency, t.status = 'suspended' as "suspended!",
                  exists (select from members m where m.tenant_id = $1 and m.user_id = $2) as "member!",
                  p.name as plan, p.requests_per_minute, p.tokens_per_minute, p.concurrent_requests, p.models as plan_models,
                  p.market_connections, p.market_topics, p.market_messages_per_second, q.fx_quote_id, q.rate
           from tenants t
           join plans p on p.plan_id = t.plan_id
           join lateral (select fx_quote_id, rate from fx_quotes where base = 'USD' and quote = t.currency and as_of <= now() order by as_of desc limit 1) q on true
           where t.tenant_id = $1"#,
        tenant_id.as_uuid(),
        user_id.as_uuid()
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let count = |n: i32| n.unsigned_abs();
    Ok(Some(CallerFacts {
        tenant_id,
        api_key_id: ApiKeyId::new(Uuid::nil()),
        user_id,
        environment: Environment::Live,
        revoked: !row.member,
        suspended: row.suspended,
        version: row.version,
        plan: row.plan,
        limits: Limits {
            requests_per_minute: count(row.requests_per_minute),
            tokens_per_minute: count(row.tokens_per_minute),
            concurrent_requests: count(row.concurrent_requests),
        },
        market_limits: MarketLimits {
            connections: count(row.market_connections),
            topics: count(row.market_topics),
            messages_per_second: count(row.market_messages_per_second),
        },
        plan_models: row.plan_models.map_or(ModelAccess::All, ModelAccess::Only),
        key_models: ModelAccess::All,
        currency: Currency::parse(&row.currency).map_err(|e| StoreError::Corrupt(e.to_string()))?,
        fx_quote_id: row.fx_quote_id,
        fx_rate: row.rate,
    }))
}
