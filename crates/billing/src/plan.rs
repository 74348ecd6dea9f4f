//! What a tenant has signed up for.

use serde::{Deserialize, Serialize};
use tenancy::{Limits, ModelAccess};

use crate::money::Money;

/// A plan as it stands today. Invoices never read it: what was agreed then is kept with them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The operator's word for it, such as `default`.
    pub id: String,
    /// What people read, also in a refusal (`model_not_in_plan`).
    pub name: String,
    pub limits: Limits,
    pub models: ModelAccess,
    /// Given once to each new identity; may be zero.
    pub sign_up_credit: Money,
    /// How far below zero the balance may go; zero for prepaid.
    pub credit_limit: Money,
}
