//! `cargo xtask check`: what CI runs. A failing stage does not keep the later ones from running.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::command::run;
use crate::compile::{self, Profile};
use crate::counts::Counts;
use crate::stages::Stages;
use crate::tools::node::Node;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;
use crate::{generate, signals, test, walls};

pub(crate) fn check(workspace: &Workspace) -> Result<ExitCode> {
    let mut stages = Stages::default();
    let mut counts = Counts::default();
    stages.run("format", || run(&mut workspace.cargo(&["fmt", "--all", "--check"])));
    stages.run("walls", || walls::report(workspace));
    stages.run("tools", || tools::ensure(workspace, &[Tool::Postgres, Tool::Redis, Tool::Node, Tool::Python]));
    let node = Node::find(workspace).context("find Node")?;
    stages.run("console", || compile::console(workspace, &node));
    stages.run("console lint", || run(&mut node.npm(workspace, &["run", "--silent", "lint"])));
    stages.run("clippy", || {
        run(&mut workspace.cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    stages.run("programs", || compile::programs(workspace, Profile::Debug));
    stages.run("generated files", || generate::verify(workspace));
    let tests = stages.run("tests", || {
        test::prepare(workspace)?;
        test::rust(workspace, None)
    });
    add(&mut counts, tests, &mut stages);
    let tests = stages.run("console tests", || test::console(workspace, &node, None));
    add(&mut counts, tests, &mut stages);
    stages.print();
    println!();
    println!("{counts}");
    let passed = stages.all_passed() && !signals::stop_requested();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Adds a stage's counts; one that gave none could not run its tests, and that is a failure to be counted.
fn add(counts: &mut Counts, more: Option<Counts>, stages: &mut Stages) {
    let more = more.unwrap_or_default().with_outcome(more.is_some());
    *counts += more;
    if more.failed > 0 {
        stages.fail_last();
    }
}
