//! One symbol's order book as it is relayed: sequence, levels and numbers together.
//!
//! ```text
//! diff ──► sequence ──► book ──► numbered change
//!             │ gap
//!             └──► stale ──► resyncing (snapshot requested) ──► snapshot ──► live
//! ```

use std::collections::VecDeque;

use crate::book::Book;
use crate::control::{BookStatus, Reason, Status};
use crate::depth::{Diff, Snapshot};
use crate::event::{Body, BookChange, Coverage, Event};
use crate::instrument::Instrument;
use crate::sequence::{Alignment, Sequence, Verdict};
use crate::timestamp::Timestamp;
use crate::topic::{Numbered, Numbering};

/// Wait before the second snapshot of a resync, doubled for each further one up to the longest.
const RETRY_MS_MIN: u64 = 500;
const RETRY_MS_MAX: u64 = 32_000;
/// A book that was live this long has recovered: its next resync begins without waiting.
const RECOVERED_AFTER_MS: u64 = 60_000;
/// Least time between two refreshes of a limited book, so that a wild market does not eat the exchange's request budget.
const REFRESH_MS_MIN: u64 = 10_000;
/// Differences kept while a refresh is under way, 200 s at ten a second. The refresh is given up when full.
const REFRESH_DIFFS_MAX: usize = 2000;

#[derive(Debug)]
pub struct SymbolBook {
    instrument: Instrument,
    sequence: Sequence,
    book: Book,
    numbering: Numbering,
    status: BookStatus,
    crossed: bool,
    /// Times of the book's last change.
    timestamp: Timestamp,
    local_timestamp: Timestamp,
    /// The snapshot under way, if any; an answer to an older request is ignored.
    request: Option<SnapshotRequest>,
    requests_made: u64,
    /// Snapshots in a row that did not help.
    attempts: u32,
    snapshot_at: Timestamp,
    refresh: Option<Refresh>,
}

/// A live book that waits for a new limited snapshot, because the market nears the edge of the last one.
#[derive(Debug)]
struct Refresh {
    /// Update id of the book when the refresh began: an older snapshot could not be joined to `diffs`.
    from_update_id: u64,
    diffs: VecDeque<Diff>,
    /// A snapshot that is ahead of the stream.
    ahead: Option<Snapshot>,
}

/// Names one request for a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SnapshotRequest(u64);

/// What the caller must do, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Fetch a snapshot after this wait, and give the answer back with the request's name. There is at most one under way;
    /// a new one takes the place of the old.
    NeedSnapshot { request: SnapshotRequest, after_ms: u64 },
    /// Send to every subscriber of the topic.
    Publish(Event, Numbered),
    /// Send to every subscriber of the topic.
    Tell(BookStatus),
}

impl SymbolBook {
    /// `epoch`: see [`Numbering::new`].
    pub fn new(instrument: Instrument, epoch: u64) -> Self {
        let numbering = Numbering::new(epoch);
        let status = BookStatus {
            instrument: instrument.clone(),
            status: Status::Stale,
            reason: Reason::NotStarted,
            last: numbering.last(),
            local_timestamp: Timestamp::default(),
        };
        Self {
            instrument,
            sequence: Sequence::new(),
            book: Book::default(),
            numbering,
            status,
            crossed: false,
            timestamp: Timestamp::default(),
            local_timestamp: Timestamp::default(),
            request: None,
            requests_made: 0,
            attempts: 0,
            snapshot_at: Timestamp::default(),
            refresh: None,
        }
    }

    /// `now`: when the frame was read from the socket.
    pub fn accept_diff(&mut self, diff: Diff, now: Timestamp, actions: &mut Vec<Action>) {
        match self.sequence.accept_diff(diff) {
            Verdict::Apply(diff) => self.follow(diff, now, actions),
            Verdict::Known => {}
            Verdict::Held => self.begin_resync(now, actions),
            Verdict::Broken(gap) => {
                self.become_stale(Reason::Gap(gap), now, actions);
                self.begin_resync(now, actions);
            }
        }
    }

    /// `now`: when the answer was read. Answers to any but the newest request are ignored.
    pub fn accept_snapshot(
        &mut self,
        request: SnapshotRequest,
        snapshot: Snapshot,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        if self.request != Some(request) {
            return;
        }
        self.request = None;
        match self.sequence.accept_snapshot(snapshot.update_id) {
            Alignment::Aligned(diffs) => self.become_live(snapshot, &diffs, now, actions),
            Alignment::TooOld => self.retry(Reason::SnapshotTooOld, 0, now, actions),
            Alignment::NotWanted => self.refresh_from(snapshot, now, actions),
        }
    }

    /// The request failed or timed out. `retry_after_ms`: the exchange's own wish, if longer than ours.
    pub fn snapshot_failed(
        &mut self,
        request: SnapshotRequest,
        retry_after_ms: Option<u64>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        if self.request == Some(request) {
            self.request = None;
            self.retry(Reason::SnapshotFailed, retry_after_ms.unwrap_or(0), now, actions);
        }
    }

    /// The connection is lost or silent: what comes next may leave something out. The next difference begins a resync.
    pub fn disconnect(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.sequence = Sequence::new();
        self.request = None;
        self.become_stale(Reason::Disconnected, now, actions);
    }

    /// The whole book with the number of the last message, for a subscriber who comes late or was resynchronised: the topic's next
    /// message follows on it. `None` while the book is not live: send [`status`](Self::status) instead.
    pub fn snapshot(&self) -> Option<(Event, Numbered)> {
        self.live().then(|| (self.event(self.book.to_snapshot()), self.numbering.last()))
    }

    /// The newest status, with the present last number.
    pub fn status(&self) -> BookStatus {
        BookStatus { last: self.numbering.last(), ..self.status.clone() }
    }

    pub fn live(&self) -> bool {
        self.sequence.last_update_id().is_some()
    }

    /// In the exchange's numbers: up to where the book is whole. `None` while it is not live.
    pub fn last_update_id(&self) -> Option<u64> {
        self.sequence.last_update_id()
    }

    fn follow(&mut self, diff: Diff, now: Timestamp, actions: &mut Vec<Action>) {
        self.book.apply(&diff.bids, &diff.asks);
        (self.timestamp, self.local_timestamp) = (diff.timestamp, now);
        let kept = self.refresh.as_ref().map(|_| diff.clone());
        let change = BookChange { snapshot: false, bids: diff.bids, asks: diff.asks, coverage: Coverage::default() };
        self.publish(change, actions);
        match kept {
            Some(diff) => self.continue_refresh(diff, now, actions),
            None if self.book.near_edge() => self.begin_refresh(now, actions),
            None => {}
        }
        self.watch_crossing(now, actions);
    }

    fn become_stale(&mut self, reason: Reason, now: Timestamp, actions: &mut Vec<Action>) {
        if self.status.status == Status::Live && now.ms_since(self.snapshot_at) >= RECOVERED_AFTER_MS {
            self.attempts = 0;
        }
        self.refresh = None;
        self.crossed = false;
        self.tell(Status::Stale, reason, now, actions);
    }

    fn begin_resync(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        if self.status.status != Status::Resyncing {
            self.tell(Status::Resyncing, Reason::SnapshotRequested, now, actions);
        }
        if self.request.is_none() {
            self.request_snapshot(0, actions);
        }
    }

    fn become_live(&mut self, snapshot: Snapshot, diffs: &[Diff], now: Timestamp, actions: &mut Vec<Action>) {
        // A REST snapshot has no time of its own; with differences in it, theirs is the exchange's.
        self.timestamp = diffs.last().map_or(now, |diff| diff.timestamp);
        self.replace_book(snapshot, diffs, now, actions);
        self.tell(Status::Live, Reason::Aligned, now, actions);
        self.watch_crossing(now, actions);
    }

    fn replace_book<'a>(
        &mut self,
        snapshot: Snapshot,
        diffs: impl IntoIterator<Item = &'a Diff>,
        now: Timestamp,
        actions: &mut Vec<Action>,
    ) {
        let update_id = snapshot.update_id;
        self.book = Book::from_snapshot(snapshot);
        for diff in diffs.into_iter().filter(|diff| diff.last_update_id > update_id) {
            self.book.apply(&diff.bids, &diff.asks);
        }
        self.local_timestamp = now;
        self.snapshot_at = now;
        self.publish(self.book.to_snapshot(), actions);
    }

    fn retry(&mut self, reason: Reason, wish_ms: u64, now: Timestamp, actions: &mut Vec<Action>) {
        if self.live() {
            // A refresh that failed: the book is as good as before, and the next difference near the edge asks again.
            self.refresh = None;
            self.snapshot_at = now;
            return;
        }
        self.tell(Status::Resyncing, reason, now, actions);
        self.request_snapshot(wish_ms, actions);
    }

    fn request_snapshot(&mut self, wish_ms: u64, actions: &mut Vec<Action>) {
        self.requests_made += 1;
        let request = SnapshotRequest(self.requests_made);
        let back_off_ms = match self.attempts {
            0 => 0,
            attempts => (RETRY_MS_MIN << (attempts - 1).min(10)).min(RETRY_MS_MAX),
        };
        self.attempts = self.attempts.saturating_add(1);
        self.request = Some(request);
        actions.push(Action::NeedSnapshot { request, after_ms: back_off_ms.max(wish_ms) });
    }

    fn begin_refresh(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let Some(from_update_id) = self.sequence.last_update_id() else { return };
        if now.ms_since(self.snapshot_at) < REFRESH_MS_MIN {
            return;
        }
        self.refresh = Some(Refresh { from_update_id, diffs: VecDeque::new(), ahead: None });
        self.attempts = 0;
        self.request_snapshot(0, actions);
    }

    fn continue_refresh(&mut self, diff: Diff, now: Timestamp, actions: &mut Vec<Action>) {
        let Some(refresh) = &mut self.refresh else { return };
        if let Some(snapshot) = refresh.ahead.take_if(|snapshot| snapshot.update_id <= diff.last_update_id) {
            self.refresh = None;
            return self.replace_book(snapshot, [&diff], now, actions);
        }
        if refresh.diffs.len() == REFRESH_DIFFS_MAX {
            self.refresh = None;
            self.request = None;
            self.snapshot_at = now;
            return;
        }
        refresh.diffs.push_back(diff);
    }

    fn refresh_from(&mut self, snapshot: Snapshot, now: Timestamp, actions: &mut Vec<Action>) {
        let Some(last_update_id) = self.sequence.last_update_id() else { return };
        let Some(mut refresh) = self.refresh.take() else { return };
        if snapshot.update_id < refresh.from_update_id {
            return self.retry(Reason::SnapshotTooOld, 0, now, actions);
        }
        if snapshot.update_id > last_update_id {
            refresh.ahead = Some(snapshot);
            self.refresh = Some(refresh);
            return;
        }
        self.replace_book(snapshot, &refresh.diffs, now, actions);
        self.watch_crossing(now, actions);
    }

    fn watch_crossing(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let crossed = self.book.crossed();
        if crossed != self.crossed {
            self.crossed = crossed;
            self.tell(Status::Live, if crossed { Reason::Crossed } else { Reason::Uncrossed }, now, actions);
        }
    }

    fn publish(&mut self, change: BookChange, actions: &mut Vec<Action>) {
        let event = self.event(change);
        actions.push(Action::Publish(event, self.numbering.take()));
    }

    fn event(&self, change: BookChange) -> Event {
        Event {
            instrument: self.instrument.clone(),
            timestamp: self.timestamp,
            local_timestamp: self.local_timestamp,
            body: Body::BookChange(change),
        }
    }

    fn tell(&mut self, status: Status, reason: Reason, now: Timestamp, actions: &mut Vec<Action>) {
        self.status.status = status;
        self.status.reason = reason;
        self.status.local_timestamp = now;
        actions.push(Action::Tell(self.status()));
    }
}
