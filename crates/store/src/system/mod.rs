//! Statements across tenants, as `turnpike_job`. Nothing outside this folder uses that role (but `revisions`, which reads what
//! every tenant's changes leave behind).

pub mod catalog;
pub mod debit;
pub mod load;
pub mod node;
pub mod ship;
pub mod verify;
