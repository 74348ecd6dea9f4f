//! Taking credit away: debits, and records that no standing hold vouches for.

use super::{Redis, keys};
use crate::Result;
use tenancy::TenantId;
use uuid::Uuid;

impl Redis {
    /// Takes what is available up to `wanted_micros` and holds it. Returns (held, generation of the state that granted it), or
    /// nothing where the state does not count or the debit is finished.
    pub async fn debit_hold(
        &self,
        tenant_id: TenantId,
        debit_id: Uuid,
        wanted_micros: i64,
    ) -> Result<Option<(i64, i64)>> {
        let answer: Option<(i64, i64)> = self
            .scripts
            .debit
            .key(keys::state(tenant_id))
            .key(keys::debit_mark(tenant_id, debit_id))
            .arg(debit_id.to_string())
            .arg(wanted_micros)
            .invoke_async(&mut self.connection())
            .await?;
        Ok(answer)
    }
}
