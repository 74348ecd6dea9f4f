//! Carrying an admitted request to its end, in a task of its own.
//!
//! The client only reads: it may leave at any moment. Then the upstream call is cut, and what was delivered is settled.

mod client;
mod stream;
mod whole;

use super::admit::Admitted;
use super::failure::Failure;
use super::reply::{Reply, limit_headers};
use super::route::Stop;
use super::settle::{Course, settle};
use super::translate::{Counted, Request};
use crate::app::App;
use billing::Reason;
use llm::wire::reply::Enrichment;
use std::sync::Arc;
use std::time::Instant;
use store::books::Admission;
use store::journal::Settlement;
use tokio::sync::oneshot;

type Answer = Result<Reply, Failure>;

/// Starts the task and waits for its answer.
pub async fn carry(app: &Arc<App>, admitted: Admitted, request: Request) -> Answer {
    let (sender, receiver) = oneshot::channel();
    let trip = Trip::new(app, admitted, request);
    tokio::spawn(async move {
        if trip.request.is_streaming() { trip.stream(sender).await } else { trip.whole(sender).await }
    });
    receiver.await.unwrap_or_else(|_| Err(Failure::Unavailable("the request's task ended without an answer".into())))
}

/// A request on its way.
struct Trip {
    client: reqwest::Client,
    admission: Admission,
    request: Request,
    stops: Vec<Stop>,
    strategy: &'static str,
    reason: String,
    bound: Option<u64>,
    headers: Vec<(&'static str, String)>,
    started_at: Instant,
    attempts: u32,
}

impl Trip {
    fn new(app: &App, admitted: Admitted, request: Request) -> Self {
        let Admitted { admission, route, granted, limits, bound } = admitted;
        let mut headers = limit_headers(admission.intent().request_id, limits, &granted);
        headers.extend(bound.filter(|b| *b > 0).map(|b| ("x-turnpike-max-tokens", b.to_string())));
        Self {
            client: app.upstream.clone(),
            admission,
            request,
            stops: route.stops,
            strategy: route.strategy,
            reason: route.reason,
            bound,
            headers,
            started_at: Instant::now(),
            attempts: 0,
        }
    }

    /// Settles a request that has no more to tell its client.
    async fn leave(mut self, counted: Counted, reason: Reason, index: usize) {
        let course = self.course(reason, None);
        let stop = self.stops.swap_remove(index);
        if let Err(failure) = settle(self.admission, &stop, counted, course).await {
            tracing::error!(failure = ?failure, "request could not be settled");
        }
    }

    fn course(&self, reason: Reason, first_byte_ms: Option<u32>) -> Course {
        let status = if matches!(reason, Reason::Completed | Reason::UpstreamCut) { 200 } else { 0 };
        Course { reason, status, attempts: self.attempts, started_at: self.started_at, first_byte_ms }
    }

    /// How a call without any delivery is named on its usage row.
    fn miss(failure: &Failure) -> Reason {
        if matches!(failure, Failure::Deadline { .. }) { Reason::DeadlineExceeded } else { Reason::UpstreamError }
    }
}

fn enrichment<'a>(
    stop: &'a Stop,
    settled: &Settlement,
    strategy: &'a str,
    reason: &'a str,
    max_tokens: Option<u64>,
) -> Enrichment<'a> {
    Enrichment {
        model: &stop.candidate.model.id,
        cost_usd: settled.cost_usd,
        latency_ms: u64::from(settled.ended.latency_ms),
        strategy,
        provider: &stop.candidate.provider,
        attempts: u32::from(settled.ended.attempts),
        reason,
        max_tokens: max_tokens.filter(|t| *t > 0),
    }
}
