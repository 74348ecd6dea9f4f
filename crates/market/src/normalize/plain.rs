//! Books as the reference maps them, for conformance: after the first difference that joins the snapshot nothing is checked.

use std::collections::{HashMap, VecDeque};

use super::{MapperDate, Output, merge};
use crate::control::{BookStatus, Reason, Status};
use crate::depth::{Diff, Snapshot};
use crate::exchange::{Exchange, Message};
use crate::instrument::{Instrument, Symbol};
use crate::sequence::Gap;
use crate::timestamp::Timestamp;
use crate::topic::Numbered;

/// The reference's own bound of differences kept before a snapshot; the oldest goes when full.
const HELD_DIFFS_MAX: usize = 2000;

#[derive(Debug)]
pub(super) struct Books {
    mapper_date: MapperDate,
    books: HashMap<Symbol, Book>,
}

#[derive(Debug)]
enum Book {
    Waiting { held: VecDeque<Diff> },
    Mapping { snapshot_id: u64, joined: bool },
    Refused,
}

impl Books {
    pub(super) fn new(mapper_date: MapperDate) -> Self {
        Self { mapper_date, books: HashMap::new() }
    }

    pub(super) fn accept(
        &mut self,
        exchange: Exchange,
        message: Message,
        local_timestamp: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        match message {
            Message::Diff(diff) => self.accept_diff(exchange, diff, local_timestamp, outputs),
            Message::Snapshot(instrument, snapshot) => {
                self.accept_snapshot(instrument, snapshot, local_timestamp, outputs)
            }
            Message::Event(_) | Message::Accepted { .. } | Message::Refused { .. } => {}
        }
    }

    fn accept_diff(&mut self, exchange: Exchange, diff: Diff, local_timestamp: Timestamp, outputs: &mut Vec<Output>) {
        let checked = self.mapper_date == MapperDate::Realtime;
        let book = self.books.entry(diff.symbol.clone()).or_insert(Book::Waiting { held: VecDeque::new() });
        match book {
            Book::Waiting { held } => {
                if held.len() == HELD_DIFFS_MAX {
                    held.pop_front();
                }
                held.push_back(diff);
            }
            Book::Mapping { snapshot_id, .. } if diff.last_update_id <= *snapshot_id => {}
            Book::Mapping { snapshot_id, joined } => {
                if !*joined && checked && !joins(*snapshot_id, &diff) {
                    let instrument = Instrument { exchange, symbol: diff.symbol.clone() };
                    outputs.push(refusal(instrument, *snapshot_id, &diff, local_timestamp));
                    *book = Book::Refused;
                    return;
                }
                *joined = true;
                outputs.push(Output::Event(merge::change(exchange, diff, local_timestamp)));
            }
            Book::Refused => {}
        }
    }

    fn accept_snapshot(
        &mut self,
        instrument: Instrument,
        snapshot: Snapshot,
        local_timestamp: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        let checked = self.mapper_date == MapperDate::Realtime;
        let book = self.books.entry(instrument.symbol.clone()).or_insert(Book::Waiting { held: VecDeque::new() });
        // A second snapshot is ignored.
        let Book::Waiting { held } = book else { return };
        let snapshot_id = snapshot.update_id;
        let newer: Vec<Diff> = held.drain(..).filter(|diff| diff.last_update_id > snapshot_id).collect();
        if let Some(first) = newer.first().filter(|first| checked && !joins(snapshot_id, first)) {
            outputs.push(refusal(instrument, snapshot_id, first, local_timestamp));
            *book = Book::Refused;
            return;
        }
        *book = Book::Mapping { snapshot_id, joined: !newer.is_empty() };
        outputs.push(Output::Event(merge::merge(instrument, snapshot, &newer, local_timestamp)));
    }
}

/// Id 0 is the empty book of a new instrument: its first difference may have any id.
fn joins(snapshot_id: u64, diff: &Diff) -> bool {
    snapshot_id == 0 || diff.first_update_id.saturating_sub(1) <= snapshot_id
}

/// The reference gives the whole stream up here; we only this book.
fn refusal(instrument: Instrument, snapshot_id: u64, diff: &Diff, local_timestamp: Timestamp) -> Output {
    let gap = Gap::NoOverlap { from: snapshot_id + 1, to: diff.first_update_id - 1 };
    let last = Numbered { epoch: 0, sequence: 0 };
    let status = BookStatus { instrument, status: Status::Stale, reason: Reason::Gap(gap), last, local_timestamp };
    Output::Json(status.encode().payload().to_vec())
}
