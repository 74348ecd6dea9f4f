//! What the books say, read past every wall.

use crate::{Database, eventually};
use rust_decimal::Decimal;
use serde_json::Value;
use std::str::FromStr;
use std::time::Duration;
use uuid::Uuid;

/// Shipping takes 150 ms when all is well.
const SHIPPED_WITHIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct UsageRow {
    pub request_id: Uuid,
    pub tenant_id: Uuid,
    pub environment: String,
    pub endpoint: String,
    pub model: String,
    pub provider: String,
    pub input_tokens: i64,
    pub cached_input_tokens: i64,
    pub output_tokens: i64,
    pub reasoning_tokens: i64,
    pub cost_usd: Decimal,
    pub charge: Decimal,
    pub overage: Decimal,
    pub source: String,
    pub reason: String,
    pub streaming: bool,
    pub attempts: i16,
}

impl Database {
    /// Every row there is, in the order of their requests.
    pub async fn usage(&self) -> Vec<UsageRow> {
        sqlx::query_as("select * from usage order by started_at, request_id")
            .fetch_all(&self.superuser)
            .await
            .expect("usage can be read")
    }

    /// The one row of a request, once it is shipped. `request_id` as in `x-request-id`.
    pub async fn usage_of(&self, request_id: &str) -> UsageRow {
        let request_id = Uuid::from_str(request_id).expect("request ids are UUIDs");
        eventually(SHIPPED_WITHIN, "the request has its usage row", async || {
            let mut rows = self.usage().await;
            rows.retain(|row| row.request_id == request_id);
            assert!(rows.len() <= 1, "one row for one request: {rows:?}");
            rows.pop()
        })
        .await
    }

    /// All rows, once there are so many.
    pub async fn usage_rows(&self, count: usize) -> Vec<UsageRow> {
        eventually(SHIPPED_WITHIN, &format!("{count} requests have their usage rows"), async || {
            let rows = self.usage().await;
            assert!(rows.len() <= count, "{count} requests, and no more rows: {rows:#?}");
            (rows.len() == count).then_some(rows)
        })
        .await
    }

    /// Posted balance of a tenant, in its currency.
    pub async fn balance(&self, tenant_id: &str) -> Decimal {
        sqlx::query_scalar("select credits - debits from accounts where kind = 'customer' and tenant_id::text = $1")
            .bind(tenant_id)
            .fetch_one(&self.superuser)
            .await
            .expect("a tenant has a balance row")
    }

    /// Changes facts of a tenant as the operator would: the statement on its row, its version and a revision in one transaction.
    /// `change` is what follows `update tenants set`.
    pub async fn revise_tenant(&self, tenant_id: &str, change: &'static str) {
        let statement = format!(
            "with tenant as (update tenants set {change}, version = version + 1 where tenant_id::text = $1 returning tenant_id, version)
             insert into revisions (tenant_id, version) select tenant_id, version from tenant"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(tenant_id)
            .execute(&self.superuser)
            .await
            .expect("a tenant can be changed");
    }

    /// A plan of its own for one tenant.
    pub async fn limit_tenant(&self, tenant_id: &str, requests: i32, tokens: i32, concurrent: i32) {
        sqlx::query(
            "insert into plans (plan_id, name, requests_per_minute, tokens_per_minute, concurrent_requests) values ('small', 'Small', $1, $2, $3)",
        )
        .bind(requests)
        .bind(tokens)
        .bind(concurrent)
        .execute(&self.superuser)
        .await
        .expect("a plan can be made");
        self.revise_tenant(tenant_id, "plan_id = 'small'").await;
    }
}

/// A number or a string of JSON, exactly.
#[track_caller]
pub fn decimal(value: &Value) -> Decimal {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("not an amount: {other}"),
    };
    Decimal::from_str(&text)
        .or_else(|_| Decimal::from_scientific(&text))
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}
