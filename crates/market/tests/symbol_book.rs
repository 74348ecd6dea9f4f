//! What a subscriber and the exchange see of one symbol's book, step by step.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use market::control::{Reason, Status};
use market::depth::{Diff, Level, Snapshot};
use market::digits::Digits;
use market::event::Body;
use market::exchange::Exchange;
use market::instrument::{Instrument, Symbol};
use market::sequence::Gap;
use market::symbol_book::{Action, SnapshotRequest, SymbolBook};
use market::timestamp::Timestamp;

/// Actions in short: what a test is about, and nothing else.
#[derive(Debug, PartialEq)]
enum Seen {
    Need { after_ms: u64 },
    Snapshot { sequence: u64, bids: Vec<&'static str> },
    Delta { sequence: u64 },
    Tell(Status, Reason),
}

struct Scene {
    book: SymbolBook,
    request: Option<SnapshotRequest>,
    now_ms: i64,
}

fn levels(prices: &[&str]) -> Vec<Level> {
    let digits = |text: &str| Digits::parse(text).unwrap();
    prices.iter().map(|price| Level::new(digits(price), digits("1")).unwrap()).collect()
}

impl Scene {
    fn new() -> Self {
        let instrument = Instrument { exchange: Exchange::Binance, symbol: Symbol::parse("BTCUSDT").unwrap() };
        Self { book: SymbolBook::new(instrument, 9), request: None, now_ms: 1_700_000_000_000 }
    }

    fn live() -> Self {
        let mut scene = Self::new();
        scene.diff(10, 11, &["99"]);
        scene.snapshot(10, &["98"], None);
        assert!(scene.book.live());
        scene
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms_or_us(self.now_ms).unwrap()
    }

    fn diff(&mut self, first_update_id: u64, last_update_id: u64, bids: &[&str]) -> Vec<Seen> {
        let symbol = Symbol::parse("BTCUSDT").unwrap();
        let (timestamp, bids) = (self.now(), levels(bids));
        let diff = Diff { symbol, first_update_id, last_update_id, timestamp, bids, asks: vec![] };
        let mut actions = vec![];
        self.book.accept_diff(diff, self.now(), &mut actions);
        self.seen(actions)
    }

    fn snapshot(&mut self, update_id: u64, bids: &[&str], levels_max: Option<usize>) -> Vec<Seen> {
        let request = self.request.expect("one was asked for");
        let snapshot = Snapshot { update_id, bids: levels(bids), asks: vec![], levels_max };
        let mut actions = vec![];
        self.book.accept_snapshot(request, snapshot, self.now(), &mut actions);
        self.seen(actions)
    }

    fn fail(&mut self, retry_after_ms: Option<u64>) -> Vec<Seen> {
        let mut actions = vec![];
        self.book.snapshot_failed(self.request.expect("one was asked for"), retry_after_ms, self.now(), &mut actions);
        self.seen(actions)
    }

    fn disconnect(&mut self) -> Vec<Seen> {
        let mut actions = vec![];
        self.book.disconnect(self.now(), &mut actions);
        self.seen(actions)
    }

    fn seen(&mut self, actions: Vec<Action>) -> Vec<Seen> {
        let mut seen = vec![];
        for action in actions {
            seen.push(match action {
                Action::NeedSnapshot { request, after_ms } => {
                    self.request = Some(request);
                    Seen::Need { after_ms }
                }
                Action::Publish(event, numbered) => {
                    assert_eq!(numbered.epoch, 9);
                    let Body::BookChange(change) = event.body else { panic!("books publish changes") };
                    let sequence = numbered.sequence;
                    if change.snapshot {
                        Seen::Snapshot { sequence, bids: prices(&change.bids) }
                    } else {
                        Seen::Delta { sequence }
                    }
                }
                Action::Tell(status) => Seen::Tell(status.status, status.reason),
            });
        }
        seen
    }
}

fn prices(levels: &[Level]) -> Vec<&'static str> {
    levels.iter().map(|level| &*level.price.digits().to_string().leak()).collect()
}

#[test]
fn the_first_difference_asks_for_a_snapshot_and_the_snapshot_brings_the_book_to_life() {
    let mut scene = Scene::new();
    assert_eq!(
        scene.diff(10, 11, &["99"]),
        [Seen::Tell(Status::Resyncing, Reason::SnapshotRequested), Seen::Need { after_ms: 0 }]
    );
    assert_eq!(scene.diff(12, 12, &["97"]), []);
    assert_eq!(
        scene.snapshot(10, &["98"], None),
        [Seen::Snapshot { sequence: 1, bids: vec!["99", "98", "97"] }, Seen::Tell(Status::Live, Reason::Aligned)]
    );
    assert_eq!(scene.diff(13, 14, &["96"]), [Seen::Delta { sequence: 2 }]);
}

#[test]
fn a_gap_is_told_before_anything_else_and_numbers_go_on_after_it() {
    let mut scene = Scene::live();
    assert_eq!(
        scene.diff(15, 16, &["90"]),
        [
            Seen::Tell(Status::Stale, Reason::Gap(Gap::Lost { from: 12, to: 14 })),
            Seen::Tell(Status::Resyncing, Reason::SnapshotRequested),
            Seen::Need { after_ms: 500 },
        ]
    );
    assert_eq!(scene.book.snapshot(), None);
    assert_eq!(
        scene.snapshot(15, &["91"], None),
        [Seen::Snapshot { sequence: 2, bids: vec!["91", "90"] }, Seen::Tell(Status::Live, Reason::Aligned)]
    );
}

#[test]
fn a_symbol_that_keeps_breaking_waits_longer_each_time_and_a_recovered_one_does_not_wait() {
    let mut scene = Scene::live();
    let need = |seen: Vec<Seen>| seen.into_iter().filter(|seen| matches!(seen, Seen::Need { .. })).collect::<Vec<_>>();
    assert_eq!(need(scene.diff(15, 16, &[])), [Seen::Need { after_ms: 500 }]);
    assert_eq!(need(scene.snapshot(3, &[], None)), [Seen::Need { after_ms: 1000 }]);
    assert_eq!(need(scene.fail(None)), [Seen::Need { after_ms: 2000 }]);
    assert_eq!(need(scene.fail(Some(120_000))), [Seen::Need { after_ms: 120_000 }]);
    for _ in 0..50 {
        scene.fail(None);
    }
    assert_eq!(need(scene.fail(None)), [Seen::Need { after_ms: 32_000 }]);
    scene.snapshot(16, &[], None);
    scene.now_ms += 60_000;
    assert_eq!(need(scene.diff(20, 21, &[])), [Seen::Need { after_ms: 0 }]);
}

#[test]
fn a_late_answer_to_an_old_request_is_ignored() {
    let mut scene = Scene::new();
    scene.diff(10, 11, &["99"]);
    let old = scene.request;
    assert_eq!(scene.disconnect(), [Seen::Tell(Status::Stale, Reason::Disconnected)]);
    scene.diff(20, 21, &["95"]);
    let newest = std::mem::replace(&mut scene.request, old);
    assert_eq!(scene.snapshot(30, &["98"], None), []);
    scene.request = newest;
    assert_eq!(scene.snapshot(20, &["94"], None).len(), 2);
    assert_eq!(scene.snapshot(25, &["1"], None), [], "the same answer twice");
}

#[test]
fn a_late_joiner_gets_the_book_with_the_number_that_the_next_change_follows() {
    let mut scene = Scene::live();
    scene.diff(12, 13, &["97"]);
    let (event, numbered) = scene.book.snapshot().unwrap();
    let Body::BookChange(change) = event.body else { panic!("books publish changes") };
    assert!(change.snapshot);
    assert_eq!((numbered.sequence, prices(&change.bids)), (2, vec!["99", "98", "97"]));
    assert_eq!(scene.diff(14, 14, &["96"]), [Seen::Delta { sequence: 3 }]);
}

#[test]
fn a_crossed_book_is_flagged_until_it_is_not() {
    let mut scene = Scene::live();
    let mut diff = |first_update_id, asks: &[(&str, &str)]| {
        let digits = |text: &str| Digits::parse(text).unwrap();
        let asks = asks.iter().map(|(price, amount)| Level::new(digits(price), digits(amount)).unwrap()).collect();
        let symbol = Symbol::parse("BTCUSDT").unwrap();
        let timestamp = scene.now();
        let diff = Diff { symbol, first_update_id, last_update_id: first_update_id, timestamp, bids: vec![], asks };
        let mut actions = vec![];
        scene.book.accept_diff(diff, timestamp, &mut actions);
        scene.seen(actions)
    };
    assert_eq!(diff(12, &[("98.5", "1")]), [Seen::Delta { sequence: 2 }, Seen::Tell(Status::Live, Reason::Crossed)]);
    assert_eq!(diff(13, &[("98.6", "1")]), [Seen::Delta { sequence: 3 }]);
    assert_eq!(
        diff(14, &[("98.5", "0"), ("98.6", "0")]),
        [Seen::Delta { sequence: 4 }, Seen::Tell(Status::Live, Reason::Uncrossed)]
    );
}

/// 98 to 60 are known; at 65 less than a quarter of that is left.
fn near_the_edge() -> Scene {
    let mut scene = Scene::new();
    scene.diff(10, 11, &[]);
    scene.snapshot(11, &["98", "60"], Some(2));
    scene.now_ms += 10_000;
    let zero = Level::new(Digits::parse("98").unwrap(), Digits::parse("0").unwrap()).unwrap();
    let symbol = Symbol::parse("BTCUSDT").unwrap();
    let (timestamp, bids) = (scene.now(), [levels(&["65"]), vec![zero]].concat());
    let diff = Diff { symbol, first_update_id: 12, last_update_id: 13, timestamp, bids, asks: vec![] };
    let mut actions = vec![];
    scene.book.accept_diff(diff, timestamp, &mut actions);
    assert_eq!(scene.seen(actions), [Seen::Delta { sequence: 2 }, Seen::Need { after_ms: 0 }]);
    scene
}

#[test]
fn near_the_edge_of_what_is_known_a_live_book_is_refreshed_without_a_break() {
    let mut scene = near_the_edge();
    assert_eq!(scene.diff(14, 15, &["64"]), [Seen::Delta { sequence: 3 }]);
    assert_eq!(
        scene.snapshot(14, &["65", "40", "30"], Some(3)),
        [Seen::Snapshot { sequence: 4, bids: vec!["65", "64", "40", "30"] }]
    );
    assert_eq!(scene.diff(16, 17, &["63"]), [Seen::Delta { sequence: 5 }]);
}

#[test]
fn a_refresh_that_is_ahead_waits_for_its_stream() {
    let mut scene = near_the_edge();
    assert_eq!(scene.snapshot(16, &["64", "20"], Some(2)), []);
    assert_eq!(scene.diff(14, 15, &["64"]), [Seen::Delta { sequence: 3 }]);
    assert_eq!(
        scene.diff(16, 17, &["63"]),
        [Seen::Delta { sequence: 4 }, Seen::Snapshot { sequence: 5, bids: vec!["64", "63", "20"] }]
    );
}

#[test]
fn a_refresh_that_comes_too_old_or_fails_leaves_the_book_live() {
    let mut scene = near_the_edge();
    assert_eq!(scene.snapshot(12, &["1"], Some(2)), []);
    assert!(scene.book.live());
    assert_eq!(scene.diff(14, 14, &["64"]), [Seen::Delta { sequence: 3 }], "not at once again");
    scene.now_ms += 10_000;
    assert_eq!(scene.diff(15, 15, &["64"]), [Seen::Delta { sequence: 4 }, Seen::Need { after_ms: 0 }]);
    assert_eq!(scene.fail(None), []);
    assert!(scene.book.live());
}
