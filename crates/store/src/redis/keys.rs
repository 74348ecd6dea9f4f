//! Names of keys. The braces are the hash tag: everything of a tenant lies in one slot.

use tenancy::{RequestId, TenantId};
use uuid::Uuid;

pub fn state(tenant_id: TenantId) -> String {
    format!("{{{tenant_id}}}:money")
}

/// Requests and tokens per minute, on server time.
pub fn rate(tenant_id: TenantId) -> String {
    format!("{{{tenant_id}}}:rate")
}

/// Says for an hour that a request is over, so that an admission which arrives late is refused.
pub fn mark(tenant_id: TenantId, request_id: RequestId) -> String {
    format!("{{{tenant_id}}}:over:{request_id}")
}

pub fn debit_mark(tenant_id: TenantId, debit_id: Uuid) -> String {
    format!("{{{tenant_id}}}:over:debit:{debit_id}")
}
