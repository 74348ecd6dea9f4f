//! Subcommands. `run` chooses one by its name and gives it the rest of the line.

mod migrate;
mod normalize;
mod openapi;
mod serve;
mod verify;

use crate::config::Config;
use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "usage: turnpike COMMAND

  serve [--config FILE]            the server; applies migrations if database_owner_url is set; drains on SIGTERM
  migrate [--config FILE]          applies migrations
  openapi {gateway|console}        prints the API's description
  normalize --exchange NAME [--data-types A,B] [--mapper-date realtime|DAY] [--strict]
                                   recorded exchange messages on stdin, normalised messages on stdout
  verify ledger [--config FILE]    recomputes every charge and balance; exit 1 and a diff where money does not reconcile";

pub fn run(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", rest @ ..] => serve::serve(config(rest)?),
        ["migrate", rest @ ..] => migrate::migrate(&config(rest)?),
        ["normalize", rest @ ..] => normalize::normalize(rest),
        ["openapi", api] => openapi::print(api),
        ["verify", "ledger", rest @ ..] => verify::ledger(config(rest)?),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!("unknown command {:?}\n\n{USAGE}", arguments.join(" ")),
    }
}

/// `--config FILE`, or the file that `TURNPIKE_CONFIG` names, or only defaults and environment.
fn config(rest: &[&str]) -> Result<Config> {
    let named = std::env::var("TURNPIKE_CONFIG").ok();
    let file = match rest {
        [] => named.as_deref(),
        ["--config", file] => Some(*file),
        _ => bail!("expected --config FILE, found {rest:?}"),
    };
    Config::load(file, std::env::vars().filter(|(name, _)| name != "TURNPIKE_CONFIG"))
}
