//! The store on a real Postgres and a real Redis.

#![expect(clippy::unwrap_used, unreachable_pub, reason = "a test may fail, and is no library")]

mod catalogs;
mod debits;
mod holds;
mod journals;
mod loads;
mod shipping;
mod world;
