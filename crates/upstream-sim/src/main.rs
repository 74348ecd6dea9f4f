#![doc = include_str!("../README.md")]

mod options;

mod faults;
mod served;
mod simulator;

mod binance;
mod control;
mod delivery;
mod openai;

use std::any::Any;
use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::Duration;

use actix_web::dev::{Extensions, Server};
use actix_web::rt::net::TcpStream;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, web};
use tokio::signal::unix::{SignalKind, signal};

use crate::delivery::Socket;
use crate::options::{Options, USAGE};
use crate::simulator::Simulator;

/// Larger than any prompt that fits the context, so that a long one is refused for its tokens and not its bytes.
const BODY_LIMIT_BYTES: usize = 64 << 20;

/// Longer than a client pool keeps an idle connection, so that the client is always the one who closes.
const KEEP_ALIVE: Duration = Duration::from_secs(300);

/// Streams still running at SIGTERM get this long.
const SHUTDOWN_TIMEOUT_S: u64 = 1;

#[actix_web::main]
async fn main() -> std::process::ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
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

async fn serve(options: Options) -> std::io::Result<()> {
    let simulator = web::Data::new(Simulator::start());
    let (address, server) = bind(options.listen, options.workers, move |config| {
        config
            .app_data(simulator.clone())
            .app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES))
            .configure(control::endpoints)
            .configure(openai::endpoints);
    })?;
    let mut lines = format!("upstream-sim listening on http://{address}\n");
    let mut servers = vec![server];
    let mut exchange_to_close = None;
    if let Some(listen) = options.exchange_listen {
        let exchange = web::Data::from(binance::start(options.exchange));
        exchange_to_close = Some(exchange.clone());
        let (address, server) = bind(listen, options.workers, move |config| {
            config.app_data(exchange.clone()).configure(binance::endpoints);
        })?;
        lines.push_str(&format!("upstream-sim exchange listening on http://{address}\n"));
        servers.push(server);
    }
    // Listened for before the lines below are read: whoever reads them may send a signal at once.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let handles: Vec<_> = servers.iter().map(Server::handle).collect();
    actix_web::rt::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if let Some(exchange) = exchange_to_close {
            exchange.shut_down();
        }
        futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true))).await;
    });
    print!("{lines}");
    std::io::stdout().flush()?;
    futures_util::future::try_join_all(servers).await.map(drop)
}

/// Binds one listener, and says where.
fn bind(
    listen: SocketAddr,
    workers: Option<usize>,
    configure: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> std::io::Result<(SocketAddr, Server)> {
    let mut server = HttpServer::new(move || App::new().configure(configure.clone()))
        .on_connect(keep_socket)
        .tcp_nodelay(true)
        .keep_alive(KEEP_ALIVE)
        // Connections opened ahead of need send their first request late.
        .client_request_timeout(KEEP_ALIVE)
        // A client that closes is gone: without this a stream would run on unseen until a write fails.
        .h1_allow_half_closed(false)
        .shutdown_timeout(SHUTDOWN_TIMEOUT_S);
    if let Some(workers) = workers {
        server = server.workers(workers);
    }
    let server = server.disable_signals().bind(listen)?;
    let address = server.addrs()[0];
    Ok((address, server.run()))
}

/// Keeps a second handle of the connection's socket for the fault that closes it before any answer.
fn keep_socket(connection: &dyn Any, extensions: &mut Extensions) {
    let duplicate = connection.downcast_ref::<TcpStream>().and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(duplicate) = duplicate {
        extensions.insert(Socket::new(duplicate.into()));
    }
}
