//! `cargo xtask bench`: what Turnpike adds to a request, with everything on (Postgres, Redis, journal, money), beside nginx as a
//! plain reverse proxy. Both are measured in the same run, in turns, by the same client, against the same simulated provider,
//! because these machines differ from minute to minute. Prints; never judges.

mod client;
mod cpu;
mod load;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::bench::client::{Kind, Target};
use crate::bench::cpu::Processes;
use crate::compile::{self, Profile};
use crate::demo::Demo;
use crate::ports::free_port;
use crate::servers::nginx;
use crate::servers::postgres::Durability;
use crate::servers::process::Server;
use crate::servers::throwaway::Folder;
use crate::stack::{self, Settings, Stack};
use crate::tools::node::Node;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;
use crate::{command, http, secrets};

/// Connections at saturation: enough to keep two cores busy, few enough that a thread each does not distort.
const CONNECTIONS: usize = 32;
/// Turns each candidate gets at saturation, so that a slow moment of the machine meets both.
const TURNS: u32 = 3;
/// Between two chunks of a stream; without it all 20 leave in one write, and nothing of a stream would be measured.
const CHUNK_DELAY_MS: u32 = 2;
/// The new account must not run into the limits of the default plan.
const NO_LIMITS: &str = "
    update plans set requests_per_minute = 100000000, tokens_per_minute = 2000000000, concurrent_requests = 100000;
    alter table tenants alter column credit_limit set default 1000000;
";

pub(crate) struct Options {
    /// For each of the measurements.
    seconds: u64,
}

impl Options {
    pub(crate) fn parse(flags: &[&str]) -> Result<Self> {
        match flags {
            [] => Ok(Self { seconds: 12 }),
            ["--seconds", number] => {
                let seconds = number.parse().ok().filter(|seconds| *seconds > 0);
                Ok(Self { seconds: seconds.with_context(|| format!("`{number}` is no number of seconds"))? })
            }
            _ => bail!("bench takes --seconds N, not {}", flags.join(" ")),
        }
    }
}

pub(crate) fn bench(workspace: &Workspace, options: Options) -> Result<ExitCode> {
    tools::ensure(workspace, &[Tool::Postgres, Tool::Redis, Tool::Node, Tool::Nginx])?;
    compile::console(workspace, &Node::find(workspace).context("find Node")?)?;
    compile::programs(workspace, Profile::Release)?;
    let folder = Folder::create("bench")?;
    let field = Field::prepare(workspace, &folder)?;
    let each = Duration::from_secs(options.seconds);

    println!("measuring: {} s each for four loads", options.seconds);
    let targets = [&field.direct, &field.nginx.0, &field.turnpike.0];
    let plain = load::paced(&targets, Kind::Plain, each)?;
    let stream = load::paced(&targets, Kind::Stream, each)?;
    report::latency(&plain, &stream);
    let mut costs = Vec::new();
    for (kind, fault) in [(Kind::Plain, None), (Kind::Stream, Some(format!("slow-chunk-{CHUNK_DELAY_MS}")))] {
        if let Some(fault) = fault {
            field.set_fault(&fault)?;
        }
        costs.push((kind, saturate(&field, kind, each)?));
    }
    report::cpu(&costs);
    Ok(ExitCode::SUCCESS)
}

/// Everything that takes part.
struct Field {
    direct: Target,
    nginx: (Target, Processes),
    turnpike: (Target, Processes),
    /// Redis and Postgres, counted apart.
    behind: Processes,
    simulator_port: u16,
    // Held to be stopped at the end: nginx first.
    _nginx: Server,
    _stack: Stack,
}

impl Field {
    fn prepare(workspace: &Workspace, folder: &Folder) -> Result<Self> {
        let logs = workspace.logs().join("bench");
        let ports = stack::Ports {
            console: free_port()?,
            operator: free_port()?,
            simulator: free_port()?,
            exchange: None,
            postgres: free_port()?,
            redis: free_port()?,
        };
        let (console, simulator_port) = (ports.console, ports.simulator);
        let settings = Settings {
            profile: Profile::Release.folder(),
            postgres_home: folder.path(),
            account: folder.account(),
            durability: Durability::Kept, // what it costs is part of the measurement
            journals: folder.path().join("journal"),
            logs: logs.clone(),
            ports,
            secrets: secrets::gateway_secrets(&folder.path().join("secrets.env"))?,
            more: vec![],
        };
        let stack = Stack::start_prepared(workspace, &settings, |postgres| {
            postgres.ask("postgres", stack::DATABASE, NO_LIMITS).map(|_| ())
        })?;
        let demo = Demo::ensure(&folder.path().join("demo.env"), stack::loopback(console))?;
        let nginx_port = free_port()?;
        let program = command::find_on_path("nginx").context("find nginx")?;
        let nginx = nginx::start(&program, &folder.path().join("nginx"), nginx_port, simulator_port, &logs)?;
        let key = |port: u16, key: &str| Target::new(stack::loopback(port), key);
        Ok(Self {
            direct: key(simulator_port, "none"),
            nginx: (key(nginx_port, "none"), Processes::tree(nginx.pid())),
            turnpike: (key(console, &demo.api_key), Processes::tree(stack.gateway.pid())),
            behind: Processes::trees(&[stack.redis.pid(), stack.postgres.server.pid()]),
            simulator_port,
            _nginx: nginx,
            _stack: stack,
        })
    }

    fn set_fault(&self, fault: &str) -> Result<()> {
        let body = format!("{{\"model\":\"*\",\"fault\":\"{fault}\"}}");
        let headers = [("content-type", "application/json")];
        let reply = http::request(stack::loopback(self.simulator_port), "POST", "/sim/faults", &headers, &body)?;
        if reply.status >= 300 {
            bail!("set {fault} at the simulator: {} {}", reply.status, reply.body);
        }
        Ok(())
    }
}

/// What one candidate used at saturation.
#[derive(Clone, Copy, Default)]
struct Cost {
    requests: u64,
    elapsed: Duration,
    /// Of its own processes.
    own: Duration,
    /// Of Redis and Postgres; nothing for nginx.
    behind: Duration,
}

struct Costs {
    nginx: Cost,
    turnpike: Cost,
}

fn saturate(field: &Field, kind: Kind, each: Duration) -> Result<Costs> {
    let turn = each / (2 * TURNS);
    let mut costs = Costs { nginx: Cost::default(), turnpike: Cost::default() };
    for _ in 0..TURNS {
        for (candidate, cost) in [(&field.nginx, &mut costs.nginx), (&field.turnpike, &mut costs.turnpike)] {
            let (own, behind) = (candidate.1.used()?, field.behind.used()?);
            let (requests, elapsed) = load::saturating(&candidate.0, kind, CONNECTIONS, turn)?;
            cost.requests += requests;
            cost.elapsed += elapsed;
            cost.own += candidate.1.used()?.saturating_sub(own);
            cost.behind += field.behind.used()?.saturating_sub(behind);
        }
    }
    costs.nginx.behind = Duration::ZERO; // the idle work of servers that nginx does not use
    Ok(costs)
}
