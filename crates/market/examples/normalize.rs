//! `turnpike normalize` without the server around it: `normalize --exchange binance [--strict] [--mapper-date D] [--data-types a,b]`.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use market::normalize::{MapperDate, Mode, Options, Session};

fn main() -> ExitCode {
    match options(std::env::args().skip(1)).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let (mut exchange, mut channels, mut mapper_date, mut mode) = (None, vec![], MapperDate::Realtime, Mode::Plain);
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--strict" => mode = Mode::Strict,
            "--exchange" => exchange = Some(value()?.parse().map_err(|error| format!("{error}"))?),
            "--mapper-date" => mapper_date = value()?.parse().map_err(|error| format!("{error}"))?,
            "--data-types" => {
                let names = value()?;
                let names = names.split(',').filter(|name| !name.is_empty());
                channels = names.map(str::parse).collect::<Result<_, _>>().map_err(|error| format!("{error}"))?;
            }
            _ => return Err(format!("unknown argument {name}")),
        }
    }
    let exchange = exchange.ok_or("--exchange is missing")?;
    Ok(Options { exchange, channels, mapper_date, mode })
}

fn run(options: Options) -> Result<(), String> {
    let mut session = Session::new(options);
    let mut printed = vec![];
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| format!("read stdin: {error}"))?;
        if let Err(error) = session.feed_line(&line, &mut printed) {
            eprintln!("{error}");
        }
        for line in printed.drain(..) {
            writeln!(out, "{line}").map_err(|error| format!("write stdout: {error}"))?;
        }
    }
    out.flush().map_err(|error| format!("write stdout: {error}"))
}
