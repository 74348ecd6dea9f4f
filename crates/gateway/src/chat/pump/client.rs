//! The reader's end of a stream.

use super::super::failure::Failure;
use super::super::reply::{Body, Reply};
use super::Answer;
use bytes::Bytes;
use llm::wire::stream::error_event;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Batches between the upstream and a slow reader; when full, the upstream is not read.
const BATCHES_MAX: usize = 16;
/// A client that has seen nothing of its stream for this long is told that we are alive.
const QUIET_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// The reader's end: its head is sent with the first bytes, or when it has waited long.
pub(super) struct Client {
    head: Option<(oneshot::Sender<Answer>, mpsc::Receiver<Bytes>)>,
    body: mpsc::Sender<Bytes>,
    /// When the first content went out.
    pub(super) content_at: Option<Instant>,
}

impl Client {
    pub(super) fn new(answer: oneshot::Sender<Answer>) -> Self {
        let (body, receiver) = mpsc::channel(BATCHES_MAX);
        Self { head: Some((answer, receiver)), body, content_at: None }
    }

    /// Waits for `work`, keeping the client informed. None if the client leaves first.
    pub(super) async fn waiting<T>(
        &mut self,
        work: impl Future<Output = T>,
        headers: &[(&'static str, String)],
    ) -> Option<T> {
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
    pub(super) async fn send(&mut self, out: &mut Vec<u8>, head: impl FnOnce() -> Vec<(&'static str, String)>) -> bool {
        if let Some((answer, receiver)) = self.head.take()
            && answer.send(Ok(Reply { headers: head(), body: Body::Stream(receiver) })).is_err()
        {
            return false;
        }
        self.body.send(Bytes::from(std::mem::take(out))).await.is_ok()
    }

    /// Tells a client that has seen no content what went wrong: as a status if its head is still here, else as an event.
    pub(super) async fn fail(&mut self, failure: Failure) {
        match self.head.take() {
            Some((answer, _)) => drop(answer.send(Err(failure))),
            None => drop(self.body.send(Bytes::from(cut(&failure))).await),
        }
    }

    /// Time to the first content, if there was any.
    pub(super) fn first_byte_ms(&self, started_at: Instant) -> Option<u32> {
        self.content_at.map(|at| u32::try_from(at.duration_since(started_at).as_millis()).unwrap_or(u32::MAX))
    }
}

/// The last event of a stream that broke: truthful, and not followed by `[DONE]`.
pub(super) fn cut(failure: &Failure) -> Vec<u8> {
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
