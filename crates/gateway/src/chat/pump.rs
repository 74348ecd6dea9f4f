//! Carrying an admitted request to its end, in a task of its own.
//!
//! The client only reads: it may leave at any moment. Then the upstream call is cut, and what was delivered is settled.

use super::admit::Admitted;
use super::call::{self, IDLE_MAX, Missed};
use super::failure::Failure;
use super::reply::{Body, Reply, limit_headers, served_headers};
use super::route::Stop;
use super::settle::{Course, elapsed_ms, settle};
use super::translate::{Counted, Request};
use crate::app::App;
use billing::Reason;
use bytes::Bytes;
use llm::wire::reply::{Enrichment, rewrite_reply};
use llm::wire::stream::{ChatStream, StreamError, error_event};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::books::Admission;
use store::journal::Settlement;
use tokio::sync::{mpsc, oneshot};

/// Batches between the upstream and a slow reader; when full, the upstream is not read.
const BATCHES_MAX: usize = 16;
/// A client that has seen nothing of its stream for this long is told that we are alive.
const QUIET_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

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

    /// A reply in one piece: settled before its status line is sent.
    async fn whole(mut self, answer: oneshot::Sender<Answer>) {
        let mut answer = answer;
        let fetched = tokio::select! {
            fetched = self.fetch() => fetched,
            // Nothing was delivered, and nothing will be: the call is cut, and costs nothing.
            () = answer.closed() => return self.leave(Counted::Nothing, Reason::ClientGone, 0).await,
        };
        let (index, body) = match fetched {
            Ok(fetched) => fetched,
            Err(missed) => {
                let reason = if matches!(missed.failure, Failure::Deadline { .. }) {
                    Reason::DeadlineExceeded
                } else {
                    Reason::UpstreamError
                };
                self.leave(Counted::Nothing, reason, 0).await;
                let _ = answer.send(Err(missed.failure));
                return;
            }
        };
        let counted = self.request.whole_usage(&body);
        let course = self.course(Reason::Completed, Some(elapsed_ms(self.started_at)));
        let stop = self.stops.swap_remove(index);
        let settled = match settle(self.admission, &stop, counted, course).await {
            Ok(settled) => settled,
            Err(failure) => return drop(answer.send(Err(failure))),
        };
        let enrichment = enrichment(&stop, &settled, self.strategy, &self.reason, self.bound);
        let mut headers = self.headers;
        headers.extend(served_headers(&stop.candidate));
        headers.push(("x-turnpike-cost-usd", settled.cost_usd.normalize().to_string()));
        // `fetch` has read it as an object; if it cannot be rewritten all the same, the caller gets what was paid for.
        let body = rewrite_reply(&body, &enrichment).map_or(body, Bytes::from);
        let _ = answer.send(Ok(Reply { headers, body: Body::Whole(body) }));
    }

    /// The first candidate that gives a whole reply.
    async fn fetch(&mut self) -> Result<(usize, Bytes), Missed> {
        let mut last = None;
        for index in 0..self.stops.len() {
            self.attempts += 1;
            let stop = &self.stops[index];
            let tried = async {
                let response =
                    call::start(&self.client, &self.request, stop, self.bound, self.admission.intent().request_id)
                        .await?;
                let body = call::whole(response, stop).await?;
                if llm::json::Members::of(&body).is_err() {
                    return Err(call::missed(Failure::Malformed("it is not a JSON object".into())));
                }
                Ok(body)
            };
            match tried.await {
                Ok(body) => return Ok((index, body)),
                Err(missed) if !missed.try_next => return Err(missed),
                Err(missed) => last = Some(missed),
            }
        }
        Err(last.unwrap_or_else(|| call::missed(Failure::Unreachable("the plan has no candidate left".into()))))
    }

    /// A stream: fails over freely until the first content byte, never after it.
    async fn stream(mut self, answer: oneshot::Sender<Answer>) {
        let (sender, receiver) = mpsc::channel(BATCHES_MAX);
        let mut client = Client { head: Some((answer, receiver)), body: sender, content_at: None };
        let mut last = None;
        for index in 0..self.stops.len() {
            self.attempts += 1;
            match self.attempt(index, &mut client).await {
                Attempt::Delivered { translator, reason } => {
                    return self.complete(index, translator, client, reason).await;
                }
                Attempt::Broken { translator, failure } => {
                    return self.broken(index, &translator, client, failure).await;
                }
                Attempt::ClientGone { delivered } => {
                    let counted = if delivered == 0 { Counted::Nothing } else { self.request.estimated(delivered) };
                    return self.leave(counted, Reason::ClientGone, index).await;
                }
                Attempt::Missed(missed) if !missed.try_next => {
                    last = Some(missed.failure);
                    break;
                }
                Attempt::Missed(missed) => last = Some(missed.failure),
            }
        }
        let failure = last.unwrap_or_else(|| Failure::Unreachable("the plan has no candidate left".into()));
        let reason =
            if matches!(failure, Failure::Deadline { .. }) { Reason::DeadlineExceeded } else { Reason::UpstreamError };
        self.leave(Counted::Nothing, reason, 0).await;
        client.fail(failure).await;
    }

    /// One candidate's stream, up to its end, its failure, or the client's leaving.
    async fn attempt(&mut self, index: usize, client: &mut Client) -> Attempt {
        let stop = &self.stops[index];
        let Request::Chat(chat) = &self.request else {
            return Attempt::Missed(call::missed(Failure::Malformed("only chat streams".into())));
        };
        let mut translator =
            ChatStream::new(stop.candidate.model.id.clone(), chat.include_usage).with_choices(chat.choices);
        let mut out = Vec::new();
        let opened = client
            .waiting(
                call::start(&self.client, &self.request, stop, self.bound, self.admission.intent().request_id),
                &self.headers,
            )
            .await;
        let mut response = match opened {
            None => return Attempt::ClientGone { delivered: 0 },
            Some(Err(missed)) => return Attempt::Missed(missed),
            Some(Ok(response)) => response,
        };
        let first_byte_by = call::timeout(stop);
        loop {
            let patience = if translator.committed() { IDLE_MAX } else { first_byte_by };
            let started = Instant::now();
            let read =
                client.waiting(async { tokio::time::timeout(patience, response.chunk()).await }, &self.headers).await;
            let at_end = matches!(read, Some(Ok(Ok(None))));
            let pushed = match read {
                None => return Attempt::ClientGone { delivered: translator.delivered_output_tokens() },
                Some(Ok(Ok(Some(chunk)))) => translator.push(&chunk, &mut out),
                // The provider closed: an end only if it had said so.
                Some(Ok(Ok(None))) => translator.end(&mut out),
                Some(Ok(Err(error))) => {
                    return ended(translator, Failure::Unreachable(error.without_url().to_string()));
                }
                Some(Err(_)) => return ended(translator, call::deadline(started)),
            };
            if translator.committed() && !out.is_empty() {
                client.content_at.get_or_insert_with(Instant::now);
                self.admission.progress(translator.delivered_output_tokens());
                if !client.send(&mut out, || head(&self.headers, stop)).await {
                    return Attempt::ClientGone { delivered: translator.delivered_output_tokens() };
                }
            }
            match pushed {
                Err(error) => return ended(translator, stream_failure(error)),
                Ok(()) if translator.done_seen() || (at_end && translator.finished()) => {
                    // An answer without content is an answer all the same: its frames go out now.
                    if !out.is_empty() && !client.send(&mut out, || head(&self.headers, stop)).await {
                        return Attempt::ClientGone { delivered: translator.delivered_output_tokens() };
                    }
                    return Attempt::Delivered { translator: Box::new(translator), reason: Reason::Completed };
                }
                Ok(()) if at_end => return ended(translator, Failure::Malformed("it ended in the middle".into())),
                Ok(()) => {}
            }
        }
    }

    /// Settles, then sends the usage chunk and `[DONE]`.
    async fn complete(mut self, index: usize, mut translator: Box<ChatStream>, mut client: Client, reason: Reason) {
        let counted = match translator.usage() {
            Some(usage) => Counted::Provider(usage),
            None => self.request.estimated(translator.delivered_output_tokens()),
        };
        if let Counted::Estimated(usage) = counted {
            translator.assume_usage(usage);
        }
        let course = self.course(reason, client.first_byte_ms(self.started_at));
        let stop = self.stops.swap_remove(index);
        let mut out = Vec::new();
        match settle(self.admission, &stop, counted, course).await {
            Ok(settled) => {
                translator.finish(&enrichment(&stop, &settled, self.strategy, &self.reason, self.bound), &mut out)
            }
            Err(failure) => out = cut(&failure),
        }
        client.send(&mut out, || head(&self.headers, &stop)).await;
    }

    /// After content has been sent there is no other candidate: one truthful error event, no `[DONE]`, and what was delivered is paid.
    async fn broken(mut self, index: usize, translator: &ChatStream, mut client: Client, failure: Failure) {
        let counted = match translator.usage() {
            Some(usage) => Counted::Provider(usage),
            None => self.request.estimated(translator.delivered_output_tokens()),
        };
        let course = self.course(Reason::UpstreamCut, client.first_byte_ms(self.started_at));
        let stop = self.stops.swap_remove(index);
        tracing::warn!(request.id = %self.admission.intent().request_id, provider.name = %stop.candidate.provider, failure = ?failure, "stream broke after its first content");
        if let Err(failure) = settle(self.admission, &stop, counted, course).await {
            tracing::error!(failure = ?failure, "broken stream could not be settled");
        }
        client.send(&mut cut(&failure), || head(&self.headers, &stop)).await;
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
}

/// What a candidate's stream came to.
enum Attempt {
    /// It ended as its dialect says.
    Delivered {
        translator: Box<ChatStream>,
        reason: Reason,
    },
    /// It broke after content was sent.
    Broken {
        translator: Box<ChatStream>,
        failure: Failure,
    },
    /// It failed before anything was sent.
    Missed(Missed),
    ClientGone {
        delivered: u64,
    },
}

fn ended(translator: ChatStream, failure: Failure) -> Attempt {
    if translator.committed() {
        Attempt::Broken { translator: Box::new(translator), failure }
    } else {
        Attempt::Missed(call::missed(failure))
    }
}

fn stream_failure(error: StreamError) -> Failure {
    match error {
        StreamError::Provider { raw } => Failure::Malformed(format!("the provider reported {raw}")),
        other => Failure::Malformed(other.to_string()),
    }
}

fn cut(failure: &Failure) -> Vec<u8> {
    let (message, code) = match failure {
        Failure::Deadline { waited_ms } => {
            (format!("The provider sent nothing for {waited_ms} ms; the answer above is incomplete."), "timeout")
        }
        Failure::Malformed(reason) => (
            format!("The provider's stream broke ({reason}); the answer above is incomplete."),
            "provider_stream_broken",
        ),
        _ => ("The provider's stream broke; the answer above is incomplete.".to_owned(), "provider_stream_broken"),
    };
    error_event(&message, "api_error", Some(code))
}

fn head(headers: &[(&'static str, String)], stop: &Stop) -> Vec<(&'static str, String)> {
    headers.iter().cloned().chain(served_headers(&stop.candidate)).collect()
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

/// The reader's end: its head is sent with the first bytes, or when it has waited long.
struct Client {
    head: Option<(oneshot::Sender<Answer>, mpsc::Receiver<Bytes>)>,
    body: mpsc::Sender<Bytes>,
    /// When the first content went out.
    content_at: Option<Instant>,
}

impl Client {
    /// Waits for `work`, keeping the client informed. None if the client leaves first.
    async fn waiting<T>(&mut self, work: impl Future<Output = T>, headers: &[(&'static str, String)]) -> Option<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Some(done),
                () = Self::gone(&mut self.head, &self.body) => return None,
                () = tokio::time::sleep(QUIET_MAX) => {
                    // Fail-over is still possible, so provider and model are not named yet.
                    if !self.send(&mut KEEP_ALIVE.to_vec(), || headers.to_vec()).await {
                        return None;
                    }
                }
            }
        }
    }

    async fn gone(head: &mut Option<(oneshot::Sender<Answer>, mpsc::Receiver<Bytes>)>, body: &mpsc::Sender<Bytes>) {
        match head {
            Some((answer, _)) => answer.closed().await,
            None => body.closed().await,
        }
    }

    /// Sends what is in `out` and empties it. False if the client has left.
    async fn send(&mut self, out: &mut Vec<u8>, head: impl FnOnce() -> Vec<(&'static str, String)>) -> bool {
        if let Some((answer, receiver)) = self.head.take()
            && answer.send(Ok(Reply { headers: head(), body: Body::Stream(receiver) })).is_err()
        {
            return false;
        }
        self.body.send(Bytes::from(std::mem::take(out))).await.is_ok()
    }

    /// Tells a client that has seen no content what went wrong: as a status if its head is still here, else as an event.
    async fn fail(&mut self, failure: Failure) {
        match self.head.take() {
            Some((answer, _)) => drop(answer.send(Err(failure))),
            None => drop(self.body.send(Bytes::from(cut(&failure))).await),
        }
    }

    /// Time to the first content, if there was any.
    fn first_byte_ms(&self, started_at: Instant) -> Option<u32> {
        self.content_at.map(|at| u32::try_from(at.duration_since(started_at).as_millis()).unwrap_or(u32::MAX))
    }
}
