//! The store on a real Postgres and a real Redis.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod debits;
mod holds;
mod journals;
mod loads;
mod shipping;
mod world;
