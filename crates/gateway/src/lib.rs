#![doc = include_str!("../README.md")]

pub mod app;
pub mod catalog;
pub mod chat;
pub mod clock;
pub mod command;
pub mod config;
pub mod http;
pub mod jobs;
pub mod relay;
pub mod secrets;
