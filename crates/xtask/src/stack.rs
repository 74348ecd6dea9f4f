//! A whole Turnpike as processes: Postgres, Redis, the simulated providers and exchange, the gateway, started in this order.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::http;
use crate::secrets::Env;
use crate::servers::account::Account;
use crate::servers::postgres::{Durability, Postgres, Programs};
use crate::servers::process::{Server, Servers, Stop};
use crate::servers::redis;
use crate::workspace::Workspace;
use rustix::process::Signal;

pub(crate) const DATABASE: &str = "turnpike";
/// Migrations run before the first answer.
const READY_WITHIN: Duration = Duration::from_secs(120);
/// Longer than the gateway gives its own requests to finish.
const DRAIN: Stop = Stop { signal: Signal::TERM, grace: Duration::from_secs(40) };

pub(crate) struct Ports {
    pub(crate) console: u16,
    pub(crate) operator: u16,
    pub(crate) simulator: u16,
    /// Of the simulated exchange. Without it market data comes from the real ones.
    pub(crate) exchange: Option<u16>,
    pub(crate) postgres: u16,
    pub(crate) redis: u16,
}

pub(crate) struct Settings<'a> {
    pub(crate) profile: &'a str,
    /// Postgres's folder and the account it runs under.
    pub(crate) postgres_home: &'a Path,
    pub(crate) account: Account,
    pub(crate) durability: Durability,
    pub(crate) journals: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) ports: Ports,
    pub(crate) secrets: Env,
    /// Settings of the gateway beside those that follow from the above.
    pub(crate) more: Vec<(&'static str, String)>,
}

/// What runs. Stopping goes backwards: the gateway drains while everything it needs is still there.
pub(crate) struct Stack {
    pub(crate) gateway: Server,
    pub(crate) simulator: Server,
    pub(crate) redis: Server,
    pub(crate) postgres: Postgres,
}

impl Stack {
    pub(crate) fn start(workspace: &Workspace, settings: &Settings) -> Result<Self> {
        let (ports, logs) = (&settings.ports, &settings.logs);
        let programs = Programs::fitting(&settings.postgres_home.join("data"))?;
        let postgres =
            programs.start(settings.account, settings.postgres_home, ports.postgres, settings.durability, logs)?;
        postgres.create_roles(&workspace.path("migrations"))?;
        postgres.create_database(DATABASE)?;
        let redis = redis::start(&redis::find().context("find redis-server")?, ports.redis, logs)?;
        let bin = workspace.built(settings.profile);
        let simulator = simulator(&bin, ports.simulator, ports.exchange, logs)?;
        let gateway = gateway(workspace, settings, &postgres)?;
        Ok(Self { gateway, simulator, redis, postgres })
    }

    /// The same, with a `change` to the migrated database before the gateway that stays reads it.
    pub(crate) fn start_prepared(
        workspace: &Workspace,
        settings: &Settings,
        change: impl FnOnce(&Postgres) -> Result<()>,
    ) -> Result<Self> {
        let mut stack = Self::start(workspace, settings)?;
        stack.gateway.stop();
        change(&stack.postgres)?;
        stack.gateway = gateway(workspace, settings, &stack.postgres)?;
        Ok(stack)
    }

    /// The servers in the order of their start.
    pub(crate) fn into_servers(self) -> Servers {
        let mut servers = Servers::default();
        for server in [self.postgres.server, self.redis, self.simulator, self.gateway] {
            servers.push(server);
        }
        servers
    }
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn simulator(bin: &Path, port: u16, exchange: Option<u16>, logs: &Path) -> Result<Server> {
    let mut command = Command::new(bin.join("upstream-sim"));
    command.args(["--listen", &format!("127.0.0.1:{port}")]);
    if let Some(exchange) = exchange {
        command.args(["--exchange-listen", &format!("127.0.0.1:{exchange}")]);
    }
    let mut server = Server::start("upstream-sim", &mut command, logs, Stop::TERM)?;
    server.wait_until(Duration::from_secs(10), || std::net::TcpStream::connect(loopback(port)).is_ok())?;
    Ok(server)
}

fn gateway(workspace: &Workspace, settings: &Settings, postgres: &Postgres) -> Result<Server> {
    let ports = &settings.ports;
    let mut command = Command::new(workspace.built(settings.profile).join("turnpike"));
    command.arg("serve");
    for name in foreign_variables(workspace)? {
        command.env_remove(name);
    }
    command.envs(&settings.secrets);
    command
        .env("TURNPIKE_LISTEN", format!("127.0.0.1:{}", ports.console))
        .env("TURNPIKE_OPERATOR_LISTEN", format!("127.0.0.1:{}", ports.operator))
        .env("TURNPIKE_PUBLIC_URL", format!("http://127.0.0.1:{}", ports.console))
        .env("TURNPIKE_DATABASE_URL", postgres.url("turnpike_app", DATABASE))
        .env("TURNPIKE_DATABASE_JOB_URL", postgres.url("turnpike_job", DATABASE))
        .env("TURNPIKE_DATABASE_OWNER_URL", postgres.url("turnpike_owner", DATABASE))
        .env("TURNPIKE_REDIS_URL", format!("redis://127.0.0.1:{}", ports.redis))
        .env("TURNPIKE_SANDBOX_URL", format!("http://127.0.0.1:{}", ports.simulator))
        .env("TURNPIKE_SIMULATE_MISSING_CREDENTIALS", "true")
        .env("TURNPIKE_JOURNAL_DIR", &settings.journals);
    if let Some(exchange) = ports.exchange {
        command
            .env("TURNPIKE_MARKET_BINANCE_SOCKET_URL", format!("ws://127.0.0.1:{exchange}/stream"))
            .env("TURNPIKE_MARKET_BINANCE_REST_URL", format!("http://127.0.0.1:{exchange}"));
    }
    for (name, value) in &settings.more {
        command.env(name, value);
    }
    for name in pasted_turnpike_keys() {
        command.env_remove(name);
    }
    let mut server = Server::start("turnpike", &mut command, &settings.logs, DRAIN)?;
    let address = loopback(ports.console);
    server.wait_until(READY_WITHIN, || {
        http::request(address, "GET", "/readyz", &[], "").is_ok_and(|reply| reply.status == 200)
    })?;
    Ok(server)
}

/// Inherited `TURNPIKE_…` variables that are no settings of the gateway's but a client's or a test's: it refuses what it does not
/// know. Settings pass.
fn foreign_variables(workspace: &Workspace) -> Result<Vec<String>> {
    let path = workspace.path("crates/gateway/turnpike.toml");
    let documented = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let is_setting =
        |key: &str| documented.lines().any(|line| line.split('=').next().is_some_and(|name| name.trim() == key));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let foreign =
        |name: &String| name.strip_prefix("TURNPIKE_").is_some_and(|key| !is_setting(&key.to_ascii_lowercase()));
    Ok(names.filter(foreign).collect())
}

/// Variables for real providers' keys that hold one of Turnpike's own: whoever pasted the printed `OPENAI_API_KEY` line into
/// this shell must not have that key sent to OpenAI.
fn pasted_turnpike_keys() -> impl Iterator<Item = &'static str> {
    PROVIDERS.iter().map(|(_, name)| *name).filter(|name| {
        std::env::var(name).is_ok_and(|value| value.starts_with("tp_live_") || value.starts_with("tp_test_"))
    })
}

/// Providers by the variable that holds a real key.
pub(crate) const PROVIDERS: [(&str, &str); 4] = [
    ("OpenAI", "OPENAI_API_KEY"),
    ("Anthropic", "ANTHROPIC_API_KEY"),
    ("Gemini", "GEMINI_API_KEY"),
    ("DeepSeek", "DEEPSEEK_API_KEY"),
];

/// True where a real key is in the environment.
pub(crate) fn is_real(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| !value.is_empty()) && pasted_turnpike_keys().all(|name| name != variable)
}
