//! Loading a tenant's state, and keeping its facts fresh.

use super::admit::Spent;
use super::{Redis, keys};
use crate::Result;
use redis::{FromRedisValue, Value};
use tenancy::{RequestId, TenantId};
use uuid::Uuid;

/// Absolute values of one version of a tenant's facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub version: i64,
    /// Posted balance plus what the nodes that are not gone have shipped, rounded down.
    pub credit_micros: i64,
    pub limit_micros: i64,
    pub suspended: bool,
    pub gone: Vec<String>,
}

impl Facts {
    /// `,node,node,`, so that a whole name can be searched for.
    fn gone_list(&self) -> String {
        if self.gone.is_empty() { String::new() } else { format!(",{},", self.gone.join(",")) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    Begun,
    /// Somebody else's load is fresh.
    Loading,
    /// It has become valid.
    Valid,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    Opened,
    Missing(Vec<String>),
    /// Another load, another server, or gone.
    Over,
}

impl Redis {
    pub async fn load_begin(&self, tenant_id: TenantId, token: &str, generation: i64, grace_ms: u64) -> Result<Begun> {
        let answer: String = self
            .scripts
            .load
            .key(keys::state(tenant_id))
            .arg("begin")
            .arg(token)
            .arg(generation)
            .arg(grace_ms)
            .invoke_async(&mut self.connection())
            .await?;
        Ok(match answer.as_str() {
            "begun" => Begun::Begun,
            "valid" => Begun::Valid,
            _ => Begun::Loading,
        })
    }

    /// Says what a node has spent and holds, to one load. Returns whether that load is still under way.
    pub async fn load_assert(
        &self,
        tenant_id: TenantId,
        token: &str,
        node: &str,
        spent: Spent,
        holds: &[(RequestId, i64)],
    ) -> Result<bool> {
        let mut call = self.scripts.load.key(keys::state(tenant_id));
        call.arg("assert").arg(token).arg(node).arg(spent.lsn.epoch).arg(spent.lsn.n).arg(spent.micros);
        for (request_id, micros) in holds {
            call.arg(request_id.to_string()).arg(*micros);
        }
        Ok(call.invoke_async::<String>(&mut self.connection()).await? == "asserted")
    }

    pub async fn load_open(
        &self,
        tenant_id: TenantId,
        token: &str,
        generation: i64,
        facts: &Facts,
        counted: &[String],
        pending: &[(Uuid, i64)],
    ) -> Result<Opened> {
        let mut call = self.scripts.load.key(keys::state(tenant_id));
        call.arg("open").arg(token).arg(generation).arg(facts.version).arg(facts.credit_micros).arg(facts.limit_micros);
        call.arg(i32::from(facts.suspended)).arg(facts.gone_list()).arg(counted.len()).arg(counted);
        for (debit_id, micros) in pending {
            call.arg(debit_id.to_string()).arg(*micros);
        }
        Ok(match call.invoke_async::<Value>(&mut self.connection()).await? {
            Value::Array(missing) => {
                Opened::Missing(missing.into_iter().filter_map(|v| String::from_redis_value(v).ok()).collect())
            }
            other if String::from_redis_value(other.clone()).is_ok_and(|s| s == "opened") => Opened::Opened,
            _ => Opened::Over,
        })
    }

    /// Applies one version of the facts; an equal or lower version changes nothing. `done` are debits that are posted.
    pub async fn revise(&self, tenant_id: TenantId, facts: &Facts, done: &[Uuid]) -> Result<()> {
        let mut call = self.scripts.revise.key(keys::state(tenant_id));
        for debit_id in done {
            call.key(keys::debit_mark(tenant_id, *debit_id));
        }
        call.arg(facts.version)
            .arg(facts.credit_micros)
            .arg(facts.limit_micros)
            .arg(i32::from(facts.suspended))
            .arg(facts.gone_list());
        for debit_id in done {
            call.arg(debit_id.to_string());
        }
        call.invoke_async::<String>(&mut self.connection()).await?;
        Ok(())
    }

    /// (held, available) in micros where the state is valid; for display, never for a decision.
    pub async fn holds_peek(&self, tenant_id: TenantId) -> Result<Option<(i64, i64)>> {
        type Fields = (Option<i64>, Option<i64>, Option<i64>, Option<i64>, Option<String>);
        let fields: Fields = redis::cmd("HMGET")
            .arg(keys::state(tenant_id))
            .arg(&["credit", "limit", "spent", "held", "token"])
            .query_async(&mut self.connection())
            .await?;
        Ok(match fields {
            (Some(credit), Some(limit), Some(spent), Some(held), None) => Some((held, credit + limit - spent - held)),
            _ => None,
        })
    }

    /// Ids of the requests that hold something, of any node; for `verify ledger` and the console.
    pub async fn holds_list(&self, tenant_id: TenantId) -> Result<Vec<String>> {
        let fields: Vec<String> =
            redis::cmd("HKEYS").arg(keys::state(tenant_id)).query_async(&mut self.connection()).await?;
        Ok(fields.into_iter().filter_map(|f| f.strip_prefix("hold:").map(str::to_owned)).collect())
    }
}
