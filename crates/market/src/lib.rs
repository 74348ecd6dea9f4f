#![doc = include_str!("../README.md")]

pub mod book;
pub mod control;
pub mod depth;
pub mod digits;
pub mod encode;
pub mod event;
pub mod exchange;
pub mod instrument;
pub mod normalize;
pub mod quarantine;
pub mod sequence;
pub mod symbol_book;
mod text;
pub mod timestamp;
pub mod topic;
