//! Turnpike from outside: real processes, real sockets, real Postgres and Redis. A module for each kind of promise.

#![allow(clippy::unwrap_used, reason = "a test that finds nothing to unwrap has failed, and says where")]

mod browser;
mod disconnects;
mod durability;
mod fail_over;
mod keys;
mod limits;
mod load;
mod market;
mod market_bill;
mod market_slow;
mod money;
mod reconcile;
mod refusals;
mod road;
mod roles;
mod sdk;
mod sessions;
mod sign_up;
mod stage;
mod streams;
mod tenancy;
