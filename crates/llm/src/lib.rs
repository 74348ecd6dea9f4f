#![doc = include_str!("../README.md")]

pub mod catalog;
pub mod estimate;
pub mod json;
pub mod provider;
pub mod route;
pub mod sse;
pub mod usage;
pub mod wire;
