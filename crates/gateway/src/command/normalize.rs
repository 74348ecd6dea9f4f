//! `turnpike normalize`: recorded exchange messages on standard input, normalised messages on standard output.

use anyhow::{Context, Result, bail};
use market::normalize::{MapperDate, Mode, Options, Session};
use std::io::{BufRead, BufWriter, Write};
use std::process::ExitCode;

/// A line that cannot be read is told on standard error and left out.
pub(super) fn normalize(arguments: &[&str]) -> Result<ExitCode> {
    let mut session = Session::new(options(arguments)?);
    let mut printed = vec![];
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.context("read standard input")?;
        if let Err(error) = session.feed_line(&line, &mut printed) {
            eprintln!("turnpike: {error}");
        }
        for line in printed.drain(..) {
            match writeln!(out, "{line}") {
                // Whoever reads us has enough, as `head` has.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ExitCode::SUCCESS),
                written => written.context("write standard output")?,
            }
        }
    }
    out.flush().context("write standard output")?;
    Ok(ExitCode::SUCCESS)
}

fn options(arguments: &[&str]) -> Result<Options> {
    let mut exchange = None;
    let mut options = Options {
        exchange: market::exchange::Exchange::Binance,
        channels: vec![],
        mapper_date: MapperDate::Realtime,
        mode: Mode::Plain,
    };
    let mut arguments = arguments.iter();
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{name} needs a value"));
        match *name {
            "--strict" => options.mode = Mode::Strict,
            "--exchange" => exchange = Some(value()?.parse().context("--exchange")?),
            "--mapper-date" => options.mapper_date = value()?.parse().context("--mapper-date")?,
            "--data-types" => {
                let names = value()?.split(',').filter(|name| !name.is_empty());
                options.channels = names.map(str::parse).collect::<Result<_, _>>().context("--data-types")?;
            }
            other => bail!("normalize does not know {other}"),
        }
    }
    options.exchange = exchange.context("normalize needs --exchange")?;
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::topic::Channel;

    #[test]
    fn the_options_are_the_contracts() {
        let options = options(&[
            "--exchange",
            "binance",
            "--data-types",
            "trade,book_change",
            "--strict",
            "--mapper-date",
            "2021-10-12",
        ])
        .unwrap();
        assert_eq!(options.channels, [Channel::Trade, Channel::BookChange]);
        assert_eq!(options.mode, Mode::Strict);
        assert_ne!(options.mapper_date, MapperDate::Realtime);
    }

    #[test]
    fn what_is_missing_or_unknown_is_named() {
        for (arguments, says) in [
            (vec![], "--exchange"),
            (vec!["--exchange"], "--exchange needs a value"),
            (vec!["--exchange", "mtgox"], "mtgox"),
            (vec!["--exchange", "binance", "--data-types", "gossip"], "gossip"),
            (vec!["--exchange", "binance", "--loose"], "--loose"),
        ] {
            let error = format!("{:#}", options(&arguments).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }
}
