//! Books that refuse to go on after a break.

use std::collections::HashMap;

use super::{Output, merge};
use crate::control::{BookStatus, Reason, Status};
use crate::depth::Diff;
use crate::exchange::{Exchange, Message};
use crate::instrument::{Instrument, Symbol};
use crate::sequence::{Alignment, Sequence, Verdict};
use crate::timestamp::Timestamp;
use crate::topic::{Numbered, Numbering};

#[derive(Debug, Default)]
pub(super) struct Books {
    books: HashMap<Symbol, Book>,
}

#[derive(Debug)]
struct Book {
    sequence: Sequence,
    /// Not printed with the changes, but a status says how many there were.
    numbering: Numbering,
    broken: bool,
}

impl Books {
    pub(super) fn accept(
        &mut self,
        exchange: Exchange,
        message: Message,
        local_timestamp: Timestamp,
        outputs: &mut Vec<Output>,
    ) {
        match message {
            Message::Diff(diff) => self.book(&diff.symbol).accept_diff(exchange, diff, local_timestamp, outputs),
            Message::Snapshot(instrument, snapshot) => {
                let book = self.book(&instrument.symbol);
                match book.sequence.accept_snapshot(snapshot.update_id) {
                    Alignment::Aligned(diffs) => {
                        let number = book.numbering.take();
                        let recovered = std::mem::take(&mut book.broken);
                        let event = merge::merge(instrument.clone(), snapshot, &diffs, local_timestamp);
                        outputs.push(Output::Event(event));
                        if recovered {
                            outputs.push(status(instrument, Status::Live, Reason::Aligned, number, local_timestamp));
                        }
                    }
                    Alignment::TooOld => {
                        let number = book.numbering.last();
                        let reason = Reason::SnapshotTooOld;
                        outputs.push(status(instrument, Status::Resyncing, reason, number, local_timestamp));
                    }
                    Alignment::NotWanted => {}
                }
            }
            Message::Event(_) | Message::Accepted { .. } | Message::Refused { .. } => {}
        }
    }

    fn book(&mut self, symbol: &Symbol) -> &mut Book {
        self.books.entry(symbol.clone()).or_insert_with(|| Book {
            sequence: Sequence::new(),
            numbering: Numbering::new(0),
            broken: false,
        })
    }
}

impl Book {
    fn accept_diff(&mut self, exchange: Exchange, diff: Diff, local_timestamp: Timestamp, outputs: &mut Vec<Output>) {
        let instrument = merge::instrument(exchange, &diff.symbol);
        match self.sequence.accept_diff(diff) {
            Verdict::Apply(diff) => {
                self.numbering.take();
                outputs.push(Output::Event(merge::change(exchange, diff, local_timestamp)));
            }
            Verdict::Broken(gap) => {
                self.broken = true;
                let number = self.numbering.last();
                outputs.push(status(instrument, Status::Stale, Reason::Gap(gap), number, local_timestamp));
            }
            Verdict::Known | Verdict::Held => {}
        }
    }
}

fn status(
    instrument: Instrument,
    status: Status,
    reason: Reason,
    last: Numbered,
    local_timestamp: Timestamp,
) -> Output {
    let status = BookStatus { instrument, status, reason, last, local_timestamp };
    Output::Json(status.encode().payload().to_vec())
}
