//! The simulator as its clients meet it: the built binary, over real sockets.

// Clippy sees tests only in functions marked so; all of this target is one.
#![allow(clippy::unwrap_used)]

mod simulator;

mod binance;
mod chat;
mod faults;
mod record;
mod refusals;
