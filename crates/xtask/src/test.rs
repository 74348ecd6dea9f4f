//! `cargo xtask test`: every test, and one last line that counts them.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::command::{output, status, stream};
use crate::compile::{self, Profile};
use crate::counts::Counts;
use crate::servers::redis;
use crate::servers::throwaway::Throwaway;
use crate::signals;
use crate::tools::node::Node;
use crate::tools::{self, Tool, python};
use crate::workspace::Workspace;

pub(crate) fn test(workspace: &Workspace, filter: Option<&str>) -> Result<ExitCode> {
    let node = prepare(workspace)?;
    let mut counts = rust(workspace, filter)?;
    if !signals::stop_requested() {
        counts += console(workspace, &node, filter)?;
    }
    println!();
    println!("{counts}");
    Ok(if counts.failed == 0 && !signals::stop_requested() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Tools, console and programs: what the tests expect to find.
pub(crate) fn prepare(workspace: &Workspace) -> Result<Node> {
    let mut needed = vec![Tool::Postgres, Tool::Redis, Tool::Node, Tool::Python];
    if has_browser_tests(workspace) {
        needed.push(Tool::Chromium);
    }
    tools::ensure(workspace, &needed)?;
    let node = Node::find(workspace).context("find Node")?;
    compile::console(workspace, &node)?;
    compile::programs(workspace, Profile::Debug)?;
    for folder in CLIENT_FOLDERS {
        install_packages(workspace, &node, folder)?;
    }
    Ok(node)
}

/// Where clients from npm stand: a browser's driver, and somebody else's market client.
const CLIENT_FOLDERS: [&str; 2] = ["tests/browser", "tests/sdk"];

/// As the lock file has them; nothing to do where they are newer than it.
fn install_packages(workspace: &Workspace, node: &Node, folder: &str) -> Result<()> {
    let folder = workspace.path(folder);
    let changed = |name: &str| folder.join(name).metadata().and_then(|m| m.modified()).ok();
    let Some(locked) = changed("package-lock.json") else { return Ok(()) };
    // npm writes this file at the end of every installation.
    if changed("node_modules/.package-lock.json").is_some_and(|installed| installed >= locked) {
        return Ok(());
    }
    println!("installing the packages of {} from npm", folder.display());
    output(&mut node.npm_in(&folder, &["ci", "--no-audit", "--no-fund"]))?;
    Ok(())
}

fn has_browser_tests(workspace: &Workspace) -> bool {
    workspace.path("tests/browser").exists()
}

/// Unit, store, acceptance and SDK tests, all as Rust tests. They share one Postgres, in which each makes a database of its own;
/// a Redis each of them starts for itself.
pub(crate) fn rust(workspace: &Workspace, filter: Option<&str>) -> Result<Counts> {
    let throwaway = Throwaway::start(workspace, "test")?;
    let mut cargo = workspace.cargo(&["test", "--workspace", "--no-fail-fast"]);
    cargo
        .env("TURNPIKE_TEST_POSTGRES", throwaway.postgres.url("postgres", "postgres"))
        .env("TURNPIKE_TEST_REDIS_SERVER", redis::find().context("find redis-server")?)
        .env("TURNPIKE_TEST_NODE", Node::find(workspace).context("find Node")?.program())
        .env("TURNPIKE_BIN_DIR", workspace.built(Profile::Debug.folder()));
    if workspace.path("tests/sdk/requirements.txt").exists() {
        cargo.env("TURNPIKE_TEST_PYTHON", python::clients(workspace)?);
    }
    if let Some(chromium) = tools::chromium().filter(|_| has_browser_tests(workspace)) {
        cargo.env("TURNPIKE_TEST_CHROMIUM", chromium);
    }
    if let Some(filter) = filter {
        cargo.args(["--", filter]);
    }
    let mut counts = Counts::default();
    let ended = stream(&mut cargo, |line| {
        println!("{line}");
        if let Some(more) = Counts::from_cargo_line(line) {
            counts += more;
        }
    })?;
    Ok(counts.with_outcome(ended.success()))
}

/// The console's own tests.
pub(crate) fn console(workspace: &Workspace, node: &Node, filter: Option<&str>) -> Result<Counts> {
    let report: PathBuf = workspace.built("xtask").join("vitest.json");
    let _ = std::fs::remove_file(&report); // of an earlier time
    let output = format!("--outputFile.json={}", report.display());
    let mut npm =
        node.npm(workspace, &["run", "--silent", "test", "--", "--reporter=default", "--reporter=json", &output]);
    if let Some(filter) = filter {
        npm.args(["--passWithNoTests", "-t", filter]);
    }
    let ended = status(&mut npm)?;
    let text = std::fs::read_to_string(&report).unwrap_or_default();
    let mut counts = Counts::from_vitest_report(&text).unwrap_or_default();
    if filter.is_some() {
        counts.skipped = 0; // Vitest reports what the filter left out as skipped; cargo does not
    }
    Ok(counts.with_outcome(ended.success()))
}
