//! Admission: one script, one round trip.

use super::{Redis, keys};
use crate::Result;
use crate::journal::Lsn;
use tenancy::{Limits, RequestId, TenantId};

/// What one admission asks of a tenant's state.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub tenant_id: TenantId,
    pub request_id: RequestId,
    pub node: &'a str,
    pub epoch: u64,
    /// The load that the node last asserted to.
    pub generation: i64,
    /// Version of the facts that the caller was authenticated with.
    pub version: i64,
    pub hold_micros: i64,
    pub tokens: u64,
    pub limits: Limits,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Granted(Granted),
    /// Absent, of another server, or older than what this node has asserted to: load it.
    Load,
    /// Newer than what this node has asserted to: it was fenced, or has not caught up.
    Behind,
    Fenced,
    /// The request is over already.
    Released,
    /// The state has another version of the tenant's facts.
    Stale {
        version: i64,
    },
    Suspended,
    RequestsPerMinute {
        retry_after_ms: u64,
    },
    TokensPerMinute {
        retry_after_ms: u64,
    },
    Concurrency,
    Balance {
        available_micros: i64,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    pub generation: i64,
    /// The minute, on Redis's clock, that the estimate was counted in.
    pub minute: u64,
    pub requests_remaining: u64,
    pub tokens_remaining: u64,
    pub reset_ms: u64,
}

impl Redis {
    pub async fn admit(&self, q: &Question<'_>) -> Result<Answer> {
        let answer: Vec<String> = self
            .scripts
            .admit
            .key(keys::state(q.tenant_id))
            .key(keys::rate(q.tenant_id))
            .key(keys::mark(q.tenant_id, q.request_id))
            .arg(q.request_id.to_string())
            .arg(q.node)
            .arg(q.epoch)
            .arg(q.generation)
            .arg(q.version)
            .arg(q.hold_micros)
            .arg(q.tokens)
            .arg(q.limits.requests_per_minute)
            .arg(q.limits.tokens_per_minute)
            .arg(q.limits.concurrent_requests)
            .invoke_async(&mut self.connection())
            .await?;
        let number = |i: usize| answer.get(i).and_then(|s| s.parse::<i64>().ok()).unwrap_or_default();
        let count = |i: usize| u64::try_from(number(i)).unwrap_or_default();
        Ok(match answer.first().map(String::as_str) {
            Some("ok") => Answer::Granted(Granted {
                generation: number(1),
                minute: count(2),
                requests_remaining: count(3),
                tokens_remaining: count(4),
                reset_ms: count(5),
            }),
            Some("load") => Answer::Load,
            Some("behind") => Answer::Behind,
            Some("fenced") => Answer::Fenced,
            Some("released") => Answer::Released,
            Some("stale") => Answer::Stale { version: number(1) },
            Some("suspended") => Answer::Suspended,
            Some("requests") => Answer::RequestsPerMinute { retry_after_ms: count(1) },
            Some("tokens") => Answer::TokensPerMinute { retry_after_ms: count(1) },
            Some("concurrency") => Answer::Concurrency,
            Some("balance") => Answer::Balance { available_micros: number(1) },
            other => return Err(crate::StoreError::Corrupt(format!("admit.lua answered {other:?}"))),
        })
    }

    /// Raises a hold to `wanted_micros`, or as far as the balance goes. Nothing if the state does not count or the hold is not there.
    pub async fn extend(
        &self,
        tenant_id: TenantId,
        request_id: RequestId,
        generation: i64,
        wanted_micros: i64,
    ) -> Result<Option<(i64, i64)>> {
        let answer: Option<(i64, i64)> = self
            .scripts
            .extend
            .key(keys::state(tenant_id))
            .arg(request_id.to_string())
            .arg(generation)
            .arg(wanted_micros)
            .invoke_async(&mut self.connection())
            .await?;
        Ok(answer)
    }
}

/// A node's cumulative spend for one tenant.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    pub lsn: Lsn,
    pub micros: i64,
}
