//! HTTP in and out: extract, call one function, render. The only part that knows actix.

pub mod assets;
pub mod authenticate;
pub mod console;
mod endpoints;
pub mod error;
pub mod health;
pub mod member;
pub mod openapi;
mod ticket;
mod v1;

use crate::app::App;
use actix_web::{App as Server, HttpServer, web};
use anyhow::{Context, Result};
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long requests in flight may go on after SIGTERM before their sockets are closed.
const DRAIN_WITHIN_S: u64 = 30;
/// A request's head must be complete by then.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Longer than common load balancers keep theirs, so that they close first.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Runs on the runtime that the server's workers belong to.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

/// Serves until SIGTERM or SIGINT, then drains. Prints where it listens once it does.
pub async fn serve(app: &Arc<App>) -> Result<()> {
    let workers = if app.config.workers == 0 {
        std::thread::available_parallelism().map_or(2, usize::from)
    } else {
        app.config.workers
    };
    let shared = Arc::clone(app);
    let public = HttpServer::new(move || {
        Server::new()
            .app_data(web::Data::from(Arc::clone(&shared)))
            .app_data(web::PayloadConfig::new(shared.config.body_bytes_max))
            .configure(endpoints::public)
    })
    .workers(workers)
    .keep_alive(KEEP_ALIVE)
    .client_request_timeout(HEAD_WITHIN)
    // Notices a client that leaves before the first byte of its answer.
    .h1_allow_half_closed(false)
    .tcp_nodelay(true)
    .shutdown_timeout(DRAIN_WITHIN_S)
    .bind(app.config.listen)
    .with_context(|| format!("listen on {}", app.config.listen))?;
    let shared = Arc::clone(app);
    let operator = HttpServer::new(move || {
        Server::new().app_data(web::Data::from(Arc::clone(&shared))).configure(endpoints::operator)
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .bind(app.config.operator_listen)
    .with_context(|| format!("listen on {} (operator_listen)", app.config.operator_listen))?;
    announce("turnpike operator listening on", &operator.addrs())?;
    announce("turnpike listening on", &public.addrs())?;
    let operator = operator.run();
    let operator_handle = operator.handle();
    let operator = actix_web::rt::spawn(operator);
    let draining = actix_web::rt::spawn(drain_sockets(Arc::clone(app)));
    public.run().await?;
    draining.abort();
    operator_handle.stop(false).await;
    operator.await??;
    Ok(())
}

/// Requests end by themselves; sockets would stay for as long as they may.
async fn drain_sockets(app: Arc<App>) {
    let (terminate, interrupt) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    let (Ok(mut terminate), Ok(mut interrupt)) = (terminate, interrupt) else { return };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    if let Some(relay) = &app.relay {
        relay.drain();
    }
}

/// One line on standard output, for whoever started us.
fn announce(what: &str, addresses: &[std::net::SocketAddr]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for address in addresses {
        writeln!(out, "{what} http://{address}")?;
    }
    Ok(out.flush()?)
}
