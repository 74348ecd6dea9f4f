//! The record of everything that reached the simulator, right even when the client leaves in the middle.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use serde::Serialize;

use crate::simulator::unix_time_ms;

/// Enough for a long crash test; about 60 MB when full. The oldest record is forgotten first, and counted.
const RING_RECORDS: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// The last byte of a whole answer was handed to the connection.
    Complete,
    /// The client left before that.
    #[default]
    ClientGone,
    /// The simulator broke off on purpose.
    Cut,
    /// An error was answered, or told in the middle of a stream.
    Error,
    /// The simulator never answered, and the client gave up.
    Hung,
}

/// One request. Counts are whole tokens by the rule of `openai::tokens`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) client_request_id: Option<String>,
    pub(crate) endpoint: &'static str,
    pub(crate) model: String,
    pub(crate) fault: Option<String>,
    /// 0 when no status was sent.
    pub(crate) status: u16,
    pub(crate) stream: bool,
    pub(crate) prompt_tokens: u64,
    pub(crate) cached_tokens: u64,
    /// What the whole answer holds, reasoning included, whether or not all of it was sent.
    pub(crate) completion_tokens: u64,
    pub(crate) reasoning_tokens: u64,
    /// Visible tokens handed to the connection: `completion_tokens - reasoning_tokens` when complete.
    pub(crate) sent_tokens: u64,
    /// Whether the client was told the usage.
    pub(crate) usage_sent: bool,
    pub(crate) outcome: Outcome,
    /// Requests in flight when this one arrived, itself included.
    pub(crate) concurrent: u64,
    pub(crate) arrived_at_ms: u64,
    pub(crate) duration_ms: u64,
}

#[derive(Default)]
pub(crate) struct Served {
    counters: Counters,
    /// Guards the ring alone; held to push one record or to copy all, never across an await.
    ring: Mutex<VecDeque<Record>>,
}

#[derive(Default)]
struct Counters {
    requests: AtomicU64,
    complete: AtomicU64,
    client_gone: AtomicU64,
    cut: AtomicU64,
    errors: AtomicU64,
    hung: AtomicU64,
    in_flight: AtomicU64,
    max_in_flight: AtomicU64,
    prompt_tokens: AtomicU64,
    completion_tokens: AtomicU64,
    sent_tokens: AtomicU64,
    forgotten: AtomicU64,
}

/// Counters since the start or the last reset. `requests` counts arrivals, the outcomes count endings,
/// so that `requests` = the sum of the outcomes + `in_flight` (a reset under load aside).
#[derive(Debug, Serialize)]
pub(crate) struct Stats {
    requests: u64,
    complete: u64,
    client_gone: u64,
    cut: u64,
    errors: u64,
    hung: u64,
    in_flight: u64,
    max_in_flight: u64,
    tokens: TokenStats,
    forgotten: u64,
}

#[derive(Debug, Serialize)]
struct TokenStats {
    prompt: u64,
    completion: u64,
    sent: u64,
}

impl Served {
    pub(crate) fn arrive(self: &Arc<Self>, endpoint: &'static str, client_request_id: Option<String>) -> Visit {
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        let concurrent = self.counters.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.counters.max_in_flight.fetch_max(concurrent, Ordering::Relaxed);
        Visit {
            served: Arc::clone(self),
            arrived: Instant::now(),
            record: Record {
                client_request_id,
                endpoint,
                concurrent,
                arrived_at_ms: unix_time_ms(),
                ..Record::default()
            },
        }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.ring().iter().cloned().collect()
    }

    pub(crate) fn forgotten(&self) -> u64 {
        self.counters.forgotten.load(Ordering::Relaxed)
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.counters;
        Stats {
            requests: read(&counters.requests),
            complete: read(&counters.complete),
            client_gone: read(&counters.client_gone),
            cut: read(&counters.cut),
            errors: read(&counters.errors),
            hung: read(&counters.hung),
            in_flight: read(&counters.in_flight),
            max_in_flight: read(&counters.max_in_flight),
            tokens: TokenStats {
                prompt: read(&counters.prompt_tokens),
                completion: read(&counters.completion_tokens),
                sent: read(&counters.sent_tokens),
            },
            forgotten: read(&counters.forgotten),
        }
    }

    /// Forgets every record and count; requests in flight stay in flight and are recorded when they end.
    pub(crate) fn reset(&self) {
        let mut ring = self.ring();
        let counters = &self.counters;
        for counter in [
            &counters.complete,
            &counters.client_gone,
            &counters.cut,
            &counters.errors,
            &counters.hung,
            &counters.prompt_tokens,
            &counters.completion_tokens,
            &counters.sent_tokens,
            &counters.forgotten,
        ] {
            counter.store(0, Ordering::Relaxed);
        }
        let in_flight = counters.in_flight.load(Ordering::Relaxed);
        counters.requests.store(in_flight, Ordering::Relaxed);
        counters.max_in_flight.store(in_flight, Ordering::Relaxed);
        ring.clear();
    }

    fn leave(&self, record: Record) {
        let counters = &self.counters;
        let outcome = match record.outcome {
            Outcome::Complete => &counters.complete,
            Outcome::ClientGone => &counters.client_gone,
            Outcome::Cut => &counters.cut,
            Outcome::Error => &counters.errors,
            Outcome::Hung => &counters.hung,
        };
        let mut ring = self.ring();
        outcome.fetch_add(1, Ordering::Relaxed);
        counters.prompt_tokens.fetch_add(record.prompt_tokens, Ordering::Relaxed);
        counters.completion_tokens.fetch_add(record.completion_tokens, Ordering::Relaxed);
        counters.sent_tokens.fetch_add(record.sent_tokens, Ordering::Relaxed);
        counters.in_flight.fetch_sub(1, Ordering::Relaxed);
        if ring.len() == RING_RECORDS {
            ring.pop_front();
            counters.forgotten.fetch_add(1, Ordering::Relaxed);
        }
        ring.push_back(record);
    }

    fn ring(&self) -> MutexGuard<'_, VecDeque<Record>> {
        // A panic elsewhere cannot leave the ring half written: one push is its only change.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request in flight. Dropping it writes its record, with `client_gone` unless an outcome was set before:
/// actix drops handler and body when the client leaves.
pub(crate) struct Visit {
    served: Arc<Served>,
    arrived: Instant,
    pub(crate) record: Record,
}

impl Visit {
    pub(crate) fn send_tokens(&mut self, count: u64) {
        self.record.sent_tokens += count;
    }

    /// Writes the record now, before the last bytes reach the client, so that whoever has the whole answer finds its record.
    pub(crate) fn end(mut self, outcome: Outcome) {
        self.record.outcome = outcome;
    }

    /// What to record should the client leave from here on.
    pub(crate) fn expect(&mut self, outcome: Outcome) {
        self.record.outcome = outcome;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut record = std::mem::take(&mut self.record);
        record.duration_ms = u64::try_from(self.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.served.leave(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_that_is_dropped_is_a_client_that_left() {
        let served = Arc::new(Served::default());
        let mut visit = served.arrive("chat.completions", Some("r-1".into()));
        visit.send_tokens(3);
        assert_eq!(served.stats().in_flight, 1);
        drop(visit);
        let records = served.records();
        assert_eq!((records.len(), records[0].outcome, records[0].sent_tokens), (1, Outcome::ClientGone, 3));
        assert_eq!((served.stats().in_flight, served.stats().client_gone, served.stats().max_in_flight), (0, 1, 1));
    }

    #[test]
    fn the_ring_forgets_the_oldest_and_says_how_many() {
        let served = Arc::new(Served::default());
        for number in 0..RING_RECORDS + 2 {
            let mut visit = served.arrive("chat.completions", None);
            visit.record.prompt_tokens = number as u64;
            visit.end(Outcome::Complete);
        }
        assert_eq!((served.records().len(), served.forgotten()), (RING_RECORDS, 2));
        assert_eq!(served.records()[0].prompt_tokens, 2);
    }

    #[test]
    fn a_reset_keeps_what_is_in_flight() {
        let served = Arc::new(Served::default());
        let visit = served.arrive("chat.completions", None);
        served.arrive("chat.completions", None).end(Outcome::Complete);
        served.reset();
        assert_eq!((served.stats().requests, served.stats().in_flight, served.records().len()), (1, 1, 0));
        visit.end(Outcome::Complete);
        assert_eq!((served.stats().complete, served.stats().in_flight, served.records().len()), (1, 0, 1));
    }
}
