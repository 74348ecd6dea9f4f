//! The command line.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use crate::binance::ExchangeOptions;

pub(crate) const USAGE: &str = "usage: upstream-sim --listen ADDRESS:PORT [--workers N]
       [--exchange-listen ADDRESS:PORT [--exchange-seed N] [--exchange-symbols N] [--exchange-rate N]
        [--exchange-weight-limit N] [--exchange-ping-ms N]]";

pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    /// Of each listener.
    pub(crate) workers: Option<usize>,
    pub(crate) exchange_listen: Option<SocketAddr>,
    pub(crate) exchange: ExchangeOptions,
}

/// As many as fit the three digits of their names.
const MADE_UP_SYMBOLS_LIMIT: usize = 1_000;

/// Bounds the work of a step.
const CHANGES_PER_S_LIMIT: u64 = 10_000;

impl Options {
    /// The error says which argument is wrong, and why.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut listen = None;
        let mut workers = None;
        let mut exchange_listen = None;
        let mut exchange = ExchangeOptions::default();
        while let Some(name) = arguments.next() {
            let value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--listen" => listen = Some(address(value)?),
                "--workers" => {
                    workers = Some(number(value, |count| *count > 0, "a number of workers")?);
                }
                "--exchange-listen" => exchange_listen = Some(address(value)?),
                "--exchange-seed" => exchange.seed = number(value, |_| true, "a seed")?,
                "--exchange-symbols" => {
                    let fits = |count: &usize| *count <= MADE_UP_SYMBOLS_LIMIT;
                    exchange.made_up_symbols = number(value, fits, "a number of symbols up to 1000")?;
                }
                "--exchange-rate" => {
                    let fits = |rate: &u64| (1..=CHANGES_PER_S_LIMIT).contains(rate);
                    exchange.changes_per_s = number(value, fits, "a number of changes a second from 1 to 10000")?;
                }
                "--exchange-weight-limit" => {
                    exchange.weight_per_minute = number(value, |limit| *limit > 0, "a weight")?;
                }
                "--exchange-ping-ms" => {
                    let milliseconds = number(value, |interval| *interval > 0, "a number of milliseconds")?;
                    exchange.ping_interval = Duration::from_millis(milliseconds);
                }
                _ => return Err(format!("unknown argument {name:?}")),
            }
        }
        Ok(Self { listen: listen.ok_or("--listen is required")?, workers, exchange_listen, exchange })
    }
}

fn address(value: impl FnOnce() -> Result<String, String>) -> Result<SocketAddr, String> {
    let text = value()?;
    text.parse().map_err(|_| format!("{text:?} is not an address with a port"))
}

fn number<N: FromStr>(
    value: impl FnOnce() -> Result<String, String>,
    fits: impl Fn(&N) -> bool,
    meaning: &str,
) -> Result<N, String> {
    let text = value()?;
    text.parse().ok().filter(fits).ok_or(format!("{text:?} is not {meaning}"))
}
