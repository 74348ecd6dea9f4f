//! `cargo xtask run`: everything on this machine, until Ctrl-C.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::demo::{self, Demo};
use crate::ports::Ports;
use crate::servers::account::Account;
use crate::servers::leftovers;
use crate::servers::postgres::Durability;
use crate::servers::process::Servers;
use crate::stack::{self, Settings, Stack};
use crate::tools::node::Node;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;
use crate::{compile, secrets, signals};

pub(crate) struct Options {
    fresh: bool,
    /// Market data from the real exchanges.
    live: bool,
}

impl Options {
    pub(crate) fn parse(flags: &[&str]) -> Result<Self> {
        let mut options = Self { fresh: false, live: false };
        for flag in flags {
            match *flag {
                "--fresh" => options.fresh = true,
                "--live" => options.live = true,
                _ => bail!("run does not know {flag}; it takes --fresh and --live"),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(workspace: &Workspace, options: Options) -> Result<ExitCode> {
    let state = workspace.state();
    std::fs::create_dir_all(&state).with_context(|| format!("create {}", state.display()))?;
    let _lock = match lock(workspace)? {
        Lock::Ours(file) => file,
        Lock::Held(where_it_is) => {
            println!("Turnpike runs already: {where_it_is}");
            return Ok(ExitCode::FAILURE);
        }
    };
    leftovers::stop(&workspace.logs());
    if options.fresh {
        start_over(workspace)?;
    }
    tools::ensure(workspace, &[Tool::Postgres, Tool::Redis, Tool::Node])?;
    let node = Node::find(workspace).context("find Node")?;
    compile::console(workspace, &node)?;
    compile::programs(workspace, compile::Profile::Debug)?;

    let (stack, console) = start(workspace, options.live)?;
    let mut servers = stack.into_servers();
    let base_url = format!("http://127.0.0.1:{console}");
    std::fs::write(state.join("running"), &base_url).context("note where the console is")?;
    let demo = Demo::ensure(&state.join("demo.env"), stack::loopback(console))?;
    demo::print(&base_url, &demo, &node);
    demo::print_exchanges(options.live);

    let code = watch(&mut servers)?;
    servers.stop();
    let _ = std::fs::remove_file(state.join("running")); // the lock decides; this only words the message
    Ok(code)
}

fn start(workspace: &Workspace, live: bool) -> Result<(Stack, u16)> {
    let mut ports = Ports::load(workspace);
    let ports = stack::Ports {
        console: ports.take("console", 8080)?,
        operator: ports.take("operator", 9090)?,
        simulator: ports.take("simulator", 9701)?,
        exchange: if live { None } else { Some(ports.take("exchange", 9711)?) },
        postgres: ports.take("postgres", 15432)?,
        redis: ports.take("redis", 16379)?,
    };
    let console = ports.console;
    let homes = postgres_homes(workspace);
    let existing = homes.iter().map(|home| home.join("data")).find(|data| data.exists());
    let account = Account::for_postgres(&existing.unwrap_or_else(|| homes[0].join("data")))?;
    let home = account.choose_home(&homes)?;
    let settings = Settings {
        profile: compile::Profile::Debug.folder(),
        postgres_home: &home,
        account,
        durability: Durability::Kept,
        journals: workspace.state().join("journal"),
        logs: workspace.logs(),
        ports,
        secrets: secrets::gateway_secrets(&workspace.state().join("secrets.env"))?,
        more: vec![],
    };
    Ok((Stack::start(workspace, &settings)?, console))
}

/// Beside everything else; or, where root's Postgres runs as somebody who may not enter the checkout, under /var/lib.
fn postgres_homes(workspace: &Workspace) -> [PathBuf; 2] {
    let mut hasher = DefaultHasher::new();
    workspace.root().hash(&mut hasher);
    let elsewhere = format!("/var/lib/turnpike/{:016x}", hasher.finish());
    [workspace.state().join("postgres"), PathBuf::from(elsewhere)]
}

/// Forgets data, demo account and secrets. Tools, ports and logs stay.
fn start_over(workspace: &Workspace) -> Result<()> {
    let state = workspace.state();
    for dir in postgres_homes(workspace).into_iter().chain([state.join("journal")]) {
        if dir.exists() {
            std::fs::remove_dir_all(&dir).with_context(|| format!("remove {}", dir.display()))?;
        }
    }
    for file in ["demo.env", "secrets.env"] {
        let _ = std::fs::remove_file(state.join(file)); // there may be none
    }
    Ok(())
}

enum Lock {
    /// Held until the file is dropped, by the kernel, so that a killed run leaves none behind.
    Ours(File),
    /// Where the run that holds it is.
    Held(String),
}

fn lock(workspace: &Workspace) -> Result<Lock> {
    let path = workspace.state().join("lock");
    let file = File::create(&path).with_context(|| {
        format!(
            "write to {} (if another user ran this here before, run as that user, or remove the folder)",
            path.display()
        )
    })?;
    match file.try_lock() {
        Ok(()) => Ok(Lock::Ours(file)),
        Err(std::fs::TryLockError::WouldBlock) => {
            let url = std::fs::read_to_string(workspace.state().join("running"));
            Ok(Lock::Held(url.unwrap_or_else(|_| "it is still starting; its logs are in .turnpike/logs".to_owned())))
        }
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| format!("lock {}", path.display())),
    }
}

/// Waits for a stop request or for the first server that ends by itself.
fn watch(servers: &mut Servers) -> Result<ExitCode> {
    loop {
        if signals::stop_requested() {
            println!("\nstopping");
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(obituary) = servers.first_dead()? {
            eprintln!("{obituary}");
            return Ok(ExitCode::FAILURE);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
