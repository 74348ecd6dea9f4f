//! Questions to an exchange's REST interface, under the one budget that it gives this address.

use crate::clock;
use market::depth::Snapshot;
use market::exchange::{Exchange, binance};
use market::instrument::Symbol;
use market::symbol_book::SnapshotRequest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, mpsc};

/// Five sixths of Binance's 6,000 a minute: others at this address ask too.
const WEIGHT_PER_MINUTE_MAX: u32 = 5_000;
/// At once; a snapshot is some hundred kilobytes.
const QUESTIONS_MAX: usize = 4;
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Where a refusal does not say how long it lasts.
const REFUSED_FOR: Duration = Duration::from_secs(60);
/// More than any answer: Binance's list of instruments is the longest, with some megabytes.
const ANSWER_BYTES_MAX: usize = 32 << 20;

/// The answer to a [`SnapshotRequest`].
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) symbol: Symbol,
    pub(super) request: SnapshotRequest,
    /// The error is the exchange's wish how long to wait.
    pub(super) snapshot: Result<Snapshot, Option<u64>>,
}

#[derive(Debug)]
pub(super) struct Snapshots {
    exchange: Exchange,
    base_url: String,
    client: reqwest::Client,
    questions: Semaphore,
    answers: mpsc::Sender<Answer>,
    /// Guards what follows; never held across an await.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    budget: Budget,
    /// The newest request of each symbol; older ones that still wait for the budget are not asked any more.
    newest: HashMap<Symbol, SnapshotRequest>,
}

/// Weight used in the present UTC minute, as the exchange counts it.
#[derive(Debug, Default)]
struct Budget {
    minute: u64,
    used: u32,
    refused_until: Option<Instant>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    Refused {
        retry_after_ms: u64,
    },
    /// The exchange answered that it cannot: with this status.
    Denied(u16),
    Unreachable(String),
}

impl Snapshots {
    pub(super) fn new(
        exchange: Exchange,
        base_url: String,
        client: reqwest::Client,
        answers: mpsc::Sender<Answer>,
    ) -> Arc<Self> {
        let questions = Semaphore::new(QUESTIONS_MAX);
        Arc::new(Self { exchange, base_url, client, questions, answers, state: Mutex::default() })
    }

    /// Asks after the wait, and when the budget allows. Every request is answered, unless a newer one of the symbol has come.
    pub(super) fn request(self: &Arc<Self>, symbol: Symbol, request: SnapshotRequest, after_ms: u64) {
        self.state().newest.insert(symbol.clone(), request);
        let snapshots = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(after_ms)).await;
            let is_newest = || snapshots.state().newest.get(&symbol) == Some(&request);
            let path = snapshots.exchange.snapshot_path(&symbol);
            let Some(answer) = snapshots.ask(&path, binance::SNAPSHOT_WEIGHT, is_newest).await else { return };
            let snapshot = match answer {
                Ok(body) => snapshots.exchange.parse_snapshot(&body).map_err(|error| {
                    tracing::warn!(exchange.name = %snapshots.exchange, symbol = %symbol, error = %error, "snapshot of a book cannot be read");
                    None
                }),
                Err(failure) => {
                    tracing::warn!(exchange.name = %snapshots.exchange, symbol = %symbol, failure = %failure, "snapshot of a book cannot be had");
                    Err(failure.retry_after_ms())
                }
            };
            // Only a relay that is going away takes no answers.
            let _ = snapshots.answers.send(Answer { symbol, request, snapshot }).await;
        });
    }

    pub(super) fn exchange(&self) -> Exchange {
        self.exchange
    }

    /// The symbol's book is no longer kept.
    pub(super) fn forget(&self, symbol: &Symbol) {
        self.state().newest.remove(symbol);
    }

    /// None where it is no longer wanted when its turn has come.
    pub(super) async fn ask(
        &self,
        path: &str,
        weight: u32,
        wanted: impl Fn() -> bool,
    ) -> Option<Result<bytes::Bytes, Failure>> {
        let _one = self.questions.acquire().await.expect("the semaphore is never closed");
        loop {
            if !wanted() {
                return None;
            }
            let Some(pause) = self.state().budget.take(weight, minute(), Instant::now()) else { break };
            tokio::time::sleep(pause).await;
        }
        Some(
            tokio::time::timeout(ANSWER_WITHIN, self.fetch(path))
                .await
                .unwrap_or_else(|_| Err(Failure::Unreachable("no answer within 10 s".into()))),
        )
    }

    async fn fetch(&self, path: &str) -> Result<bytes::Bytes, Failure> {
        let unreachable = |error: reqwest::Error| Failure::Unreachable(error.without_url().to_string());
        let response = self.client.get(format!("{}{path}", self.base_url)).send().await.map_err(unreachable)?;
        let header = |name: &str| response.headers().get(name)?.to_str().ok()?.parse::<u64>().ok();
        let (used, retry_after_s) = (header("x-mbx-used-weight-1m"), header("retry-after"));
        let status = response.status().as_u16();
        {
            let mut state = self.state();
            state.budget.learn(used, minute());
            if matches!(status, 418 | 429) {
                let pause = retry_after_s.map_or(REFUSED_FOR, Duration::from_secs);
                state.budget.refused_until = Some(Instant::now() + pause);
                return Err(Failure::Refused { retry_after_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) });
            }
        }
        match status {
            200 => whole(response).await,
            other => Err(Failure::Denied(other)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn whole(mut response: reqwest::Response) -> Result<bytes::Bytes, Failure> {
    let mut body = bytes::BytesMut::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| Failure::Unreachable(error.without_url().to_string()))?
    {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Failure::Unreachable("the answer is larger than 32 MiB".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn minute() -> u64 {
    u64::try_from(clock::now().timestamp() / 60).unwrap_or_default()
}

impl Budget {
    /// Takes the weight, or says how long to wait before asking again.
    fn take(&mut self, weight: u32, minute: u64, now: Instant) -> Option<Duration> {
        self.begin(minute);
        if let Some(until) = self.refused_until.filter(|until| *until > now) {
            return Some(until - now);
        }
        if self.used + weight > WEIGHT_PER_MINUTE_MAX {
            return Some(Duration::from_secs(1));
        }
        self.used += weight;
        None
    }

    /// What the exchange says was used, by everybody at this address.
    fn learn(&mut self, used: Option<u64>, minute: u64) {
        self.begin(minute);
        if let Some(used) = used.and_then(|used| u32::try_from(used).ok()) {
            self.used = self.used.max(used);
        }
    }

    fn begin(&mut self, minute: u64) {
        if minute != self.minute {
            (self.minute, self.used) = (minute, 0);
        }
    }
}

impl Failure {
    fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::Refused { retry_after_ms } => Some(*retry_after_ms),
            Self::Denied(_) | Self::Unreachable(_) => None,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { retry_after_ms } => write!(f, "refused for {retry_after_ms} ms"),
            Self::Denied(status) => write!(f, "status {status}"),
            Self::Unreachable(reason) => f.write_str(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_of_a_minute_is_not_overdrawn_and_begins_anew() {
        let mut budget = Budget::default();
        let now = Instant::now();
        for _ in 0..WEIGHT_PER_MINUTE_MAX / 250 {
            assert_eq!(budget.take(250, 1, now), None);
        }
        assert!(budget.take(250, 1, now).is_some());
        assert_eq!(budget.take(250, 2, now), None);
        budget.learn(Some(4_900), 2);
        assert!(budget.take(250, 2, now).is_some());
        assert_eq!(budget.take(20, 2, now), None);
    }

    #[test]
    fn a_refusal_is_kept_to_whatever_the_minute() {
        let mut budget = Budget::default();
        let now = Instant::now();
        budget.refused_until = Some(now + Duration::from_secs(90));
        assert_eq!(budget.take(20, 1, now), Some(Duration::from_secs(90)));
        assert!(budget.take(20, 2, now + Duration::from_secs(61)).is_some());
        assert_eq!(budget.take(20, 3, now + Duration::from_secs(91)), None);
    }
}
