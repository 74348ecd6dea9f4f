#![doc = include_str!("../README.md")]

mod bench;
mod check;
mod command;
mod compile;
mod counts;
mod demo;
mod generate;
mod http;
mod ports;
mod run;
mod secrets;
mod servers;
mod signals;
mod stack;
mod stages;
mod test;
mod tools;
mod walls;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  run [--fresh] [--live]   everything on this machine: Postgres, Redis, simulated providers, the gateway, the console
  test [FILTER]            every test; the last line counts them
  check                    what CI runs: fmt, clippy, walls, the console's lint, generated files, tests
  generate [--check]       renew .sqlx, openapi/ and the console's API types (or say which are stale)
  walls                    what each crate may depend on and name
  bench [--seconds N]      what Turnpike adds to a request, beside nginx in the same run";

fn main() -> ExitCode {
    signals::listen();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(code) => code,
        Err(_) if signals::stop_requested() => ExitCode::from(130),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    match words {
        ["run", flags @ ..] => run::run(&workspace, run::Options::parse(flags)?),
        ["test"] => test::test(&workspace, None),
        ["test", filter] => test::test(&workspace, Some(filter)),
        ["check"] => check::check(&workspace),
        ["generate"] => generate::renew(&workspace).map(|()| ExitCode::SUCCESS),
        ["generate", "--check"] => generate::verify(&workspace).map(|()| ExitCode::SUCCESS),
        ["walls"] => walls::report(&workspace).map(|()| ExitCode::SUCCESS),
        ["bench", flags @ ..] => bench::bench(&workspace, bench::Options::parse(flags)?),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        [] => bail!("no command given\n{USAGE}"),
        _ => bail!("unknown command: {}\n{USAGE}", words.join(" ")),
    }
}
