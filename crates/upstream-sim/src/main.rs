#![doc = include_str!("../README.md")]

mod faults;
mod served;
mod simulator;

mod control;
mod delivery;
mod openai;

use std::any::Any;
use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};

use crate::delivery::Socket;
use crate::simulator::Simulator;

const USAGE: &str = "usage: upstream-sim --listen ADDRESS:PORT [--workers N]";

/// Larger than any prompt that fits the context, so that a long one is refused for its tokens and not its bytes.
const BODY_LIMIT_BYTES: usize = 64 << 20;

/// Longer than a client pool keeps an idle connection, so that the client is always the one who closes.
const KEEP_ALIVE: Duration = Duration::from_secs(300);

/// Streams still running at SIGTERM get this long.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

struct Options {
    listen: SocketAddr,
    workers: Option<usize>,
}

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    let options = match parse_options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => {
            eprintln!("upstream-sim: {message}\n{USAGE}");
            return std::process::ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("upstream-sim: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn parse_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut listen = None;
    let mut workers = None;
    while let Some(name) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--listen" => {
                let address = value()?;
                let parsed = address.parse().map_err(|_| format!("{address:?} is not an address with a port"))?;
                listen = Some(parsed);
            }
            "--workers" => {
                let count = value()?;
                let parsed = count.parse().ok().filter(|count| *count > 0);
                workers = Some(parsed.ok_or(format!("{count:?} is not a number of workers"))?);
            }
            _ => return Err(format!("unknown argument {name:?}")),
        }
    }
    Ok(Options { listen: listen.ok_or("--listen is required")?, workers })
}

async fn serve(options: Options) -> std::io::Result<()> {
    let simulator = web::Data::new(Simulator::start());
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(simulator.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES))
            .configure(control::endpoints)
            .configure(openai::endpoints)
    })
    .on_connect(keep_socket)
    .tcp_nodelay(true)
    .keep_alive(KEEP_ALIVE)
    // Connections opened ahead of need send their first request late.
    .client_request_timeout(KEEP_ALIVE)
    // A client that closes is gone: without this a stream would run on unseen until a write fails.
    .h1_allow_half_closed(false)
    .shutdown_timeout(SHUTDOWN_TIMEOUT_S);
    if let Some(workers) = options.workers {
        server = server.workers(workers);
    }
    let server = server.disable_signals().bind(options.listen)?;
    let address = server.addrs()[0];
    let server = server.run();
    // Listened for before the line below is read: whoever reads it may send a signal at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let handle = server.handle();
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        handle.stop(true).await;
    });
    println!("upstream-sim listening on http://{address}");
    std::io::stdout().flush()?;
    server.await
}

/// Keeps a second handle of the connection's socket for the fault that closes it before any answer.
fn keep_socket(connection: &dyn Any, extensions: &mut Extensions) {
    let duplicate = connection.downcast_ref::<TcpStream>().and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(duplicate) = duplicate {
        extensions.insert(Socket::new(duplicate.into()));
    }
}
