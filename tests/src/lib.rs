#![doc = include_str!("../README.md")]

pub mod actor;
pub mod answer;
pub mod book;
pub mod catalogue;
pub mod client;
pub mod database;
pub mod eventually;
pub mod exchange;
pub mod folder;
pub mod gateway;
pub mod ledger;
pub mod program;
pub mod redis_server;
pub mod scene;
pub mod simulator;
pub mod socket;
pub mod stage;
pub mod stream;

pub use actor::Actor;
pub use answer::Answer;
pub use client::Client;
pub use database::Database;
pub use eventually::eventually;
pub use exchange::Exchange;
pub use gateway::{Gateway, GatewayOptions};
pub use ledger::UsageRow;
pub use redis_server::RedisServer;
pub use scene::Scene;
pub use simulator::Simulator;
pub use socket::Socket;
pub use stage::Stage;
pub use stream::Stream;
