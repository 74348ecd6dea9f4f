//! Everything around a gateway: Postgres, Redis, the simulated provider, a journal folder, a secret, a catalogue.

use crate::folder::Folder;
use crate::gateway::{Gateway, GatewayOptions, turnpike};
use crate::{Database, RedisServer, Simulator, catalogue};
use std::path::{Path, PathBuf};
use std::process::Output;

/// One for each test. Gateways of one stage share all of it, as replicas on one machine do.
#[derive(Debug)]
pub struct Stage {
    pub database: Database,
    pub redis: RedisServer,
    pub simulator: Simulator,
    /// 64 hexadecimal digits.
    pub secret: String,
    folder: Folder,
}

impl Stage {
    pub async fn start() -> Self {
        let (database, redis, simulator) = tokio::join!(Database::fresh(), RedisServer::start(), Simulator::start());
        let folder = Folder::create();
        let stage = Self { database, redis, simulator, secret: "5a".repeat(32), folder };
        stage.write_catalogue(&catalogue::toml(&stage.simulator.url));
        stage
    }

    /// A gateway without anything special.
    pub async fn gateway(&self) -> Gateway {
        self.gateway_with(GatewayOptions::default()).await
    }

    pub async fn gateway_with(&self, options: GatewayOptions) -> Gateway {
        Gateway::start(self, options).await
    }

    /// What gateways that start from now on read.
    pub fn write_catalogue(&self, toml: &str) {
        std::fs::write(self.catalogue_file(), toml).expect("a test's folder is writable");
    }

    /// What a subcommand of `turnpike` says about this stage.
    pub async fn turnpike(&self, arguments: &[&str]) -> Output {
        let mut command = turnpike(self, &GatewayOptions::default());
        command.args(arguments);
        tokio::task::spawn_blocking(move || command.output().expect("turnpike runs")).await.expect("no panic")
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn journal_dir(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    pub fn catalogue_file(&self) -> PathBuf {
        self.folder.path().join("catalogue.toml")
    }
}
