//! Whatever happens to the frames between an exchange and us, a subscriber who rebuilds the book from our messages has the true
//! book or has been told that it has not, at every step.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use std::collections::{BTreeMap, VecDeque};

use market::encode::{Numbers, encode};
use market::exchange::{Exchange, Message};
use market::instrument::{Instrument, Symbol};
use market::symbol_book::{Action, SnapshotRequest, SymbolBook};
use market::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Price in cents → amount, bids and asks apart by price: bids are below 10,000.
type Levels = BTreeMap<i64, i64>;

const LOWEST_ASK: i64 = 10_000;

#[derive(Debug, Clone)]
enum Step {
    /// The market moves: one update id for each change, all in one frame.
    Market(Vec<(i64, i64)>),
    Deliver,
    Lose,
    Reorder,
    /// A frame that was delivered, this many back, comes again.
    Repeat(usize),
    /// The exchange sends two frames as one.
    Coalesce,
    /// A frame comes that spans the last two delivered.
    Overlap,
    /// The newest request is answered with the book as it was so many updates ago.
    Snapshot {
        updates_ago: usize,
    },
    /// Any earlier request is answered (again).
    LateSnapshot {
        request: usize,
        updates_ago: usize,
    },
    SnapshotFails,
    Disconnect,
    Garbage,
    Join,
    Wait,
}

fn step() -> impl Strategy<Value = Step> {
    let change = (0i64..24, 0i64..4).prop_map(|(place, amount)| (LOWEST_ASK - 1200 + place * 100, amount));
    prop_oneof![
        12 => prop::collection::vec(change, 1..5).prop_map(Step::Market),
        14 => Just(Step::Deliver),
        1 => Just(Step::Lose),
        1 => Just(Step::Reorder),
        1 => (0usize..80).prop_map(Step::Repeat),
        1 => Just(Step::Coalesce),
        1 => Just(Step::Overlap),
        4 => (0usize..8).prop_map(|updates_ago| Step::Snapshot { updates_ago }),
        1 => (0usize..10, 0usize..30).prop_map(|(request, updates_ago)| Step::LateSnapshot { request, updates_ago }),
        1 => Just(Step::SnapshotFails),
        1 => Just(Step::Disconnect),
        1 => Just(Step::Garbage),
        1 => Just(Step::Join),
        1 => Just(Step::Wait),
    ]
}

#[derive(Debug, Clone)]
struct Frame {
    first: usize,
    last: usize,
}

/// The exchange, our side of it, and everyone who listens.
struct World {
    /// The book after each update id; 0 is the beginning.
    truth: Vec<Levels>,
    changes: Vec<(i64, i64)>,
    under_way: VecDeque<Frame>,
    delivered: Vec<Frame>,
    levels_max: Option<usize>,
    book: SymbolBook,
    requests: Vec<SnapshotRequest>,
    subscribers: Vec<Subscriber>,
    published: u64,
    now_ms: i64,
}

#[derive(Default)]
struct Subscriber {
    levels: Levels,
    sequence: Option<u64>,
    flagged: bool,
    known_from: Option<i64>,
    known_to: Option<i64>,
}

fn cents(text: &Value) -> i64 {
    let text = text.as_str().unwrap();
    text.replace('.', "").parse().unwrap()
}

impl Subscriber {
    fn hear(&mut self, message: &Value) {
        match message["type"].as_str().unwrap() {
            "book_status" => self.flagged = message["status"] != "live",
            "book_change" => self.change(message),
            other => panic!("unexpected {other}"),
        }
    }

    fn change(&mut self, message: &Value) {
        if message["isSnapshot"] == true {
            self.levels.clear();
            self.known_from = message.get("bidsKnownDownTo").map(cents);
            self.known_to = message.get("asksKnownUpTo").map(cents);
        } else {
            assert_eq!(message["prevSequence"].as_u64(), self.sequence, "a hole in the numbers");
        }
        self.sequence = message["sequence"].as_u64();
        for level in ["bids", "asks"].into_iter().flat_map(|side| message[side].as_array().unwrap()) {
            match level["amount"].as_str().unwrap().parse().unwrap() {
                0 => self.levels.remove(&cents(&level["price"])),
                amount => self.levels.insert(cents(&level["price"]), amount),
            };
        }
    }

    fn known(&self, price: i64) -> bool {
        self.known_from.is_none_or(|from| price >= from) && self.known_to.is_none_or(|to| price <= to)
    }
}

impl World {
    fn new(levels_max: Option<usize>) -> Self {
        let instrument = Instrument { exchange: Exchange::Binance, symbol: Symbol::parse("BTCUSDT").unwrap() };
        Self {
            truth: vec![Levels::new()],
            changes: vec![],
            under_way: VecDeque::new(),
            delivered: vec![],
            levels_max,
            book: SymbolBook::new(instrument, 1),
            requests: vec![],
            // Before anything is known there is nothing to trust.
            subscribers: vec![Subscriber { flagged: true, ..Subscriber::default() }],
            published: 0,
            now_ms: 1_633_998_514_469,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms_or_us(self.now_ms).unwrap()
    }

    fn newest(&self) -> usize {
        self.truth.len() - 1
    }

    fn market(&mut self, changes: Vec<(i64, i64)>) {
        let first = self.truth.len();
        for (price, amount) in changes {
            let mut levels = self.truth.last().unwrap().clone();
            if amount == 0 {
                levels.remove(&price)
            } else {
                levels.insert(price, amount)
            };
            self.truth.push(levels);
            self.changes.push((price, amount));
        }
        self.under_way.push_back(Frame { first, last: self.newest() });
    }

    fn deliver(&mut self, frame: Frame) {
        let last_amounts: Levels = self.changes[frame.first - 1..frame.last].iter().copied().collect();
        let side = |asks: bool| -> Vec<[String; 2]> {
            last_amounts.iter().filter(|(price, _)| (**price >= LOWEST_ASK) == asks).map(level).collect()
        };
        let json = json!({"stream": "btcusdt@depth@100ms", "data": {"e": "depthUpdate", "E": self.now_ms, "s": "BTCUSDT",
            "U": frame.first, "u": frame.last, "b": side(false), "a": side(true)}});
        let mut messages = vec![];
        Exchange::Binance.normalise(json.to_string().as_bytes(), self.now(), &mut messages).unwrap();
        let Some(Message::Diff(diff)) = messages.pop() else { panic!("one diff") };
        let mut actions = vec![];
        self.book.accept_diff(diff, self.now(), &mut actions);
        self.act(actions);
    }

    fn answer(&mut self, request: SnapshotRequest, updates_ago: usize) {
        let id = self.newest().saturating_sub(updates_ago);
        let limit = self.levels_max.unwrap_or(usize::MAX);
        let bids: Vec<_> = self.truth[id].range(..LOWEST_ASK).rev().take(limit).map(level).collect();
        let asks: Vec<_> = self.truth[id].range(LOWEST_ASK..).take(limit).map(level).collect();
        let body = json!({"lastUpdateId": id, "bids": bids, "asks": asks}).to_string();
        let mut snapshot = Exchange::Binance.parse_snapshot(body.as_bytes()).unwrap();
        snapshot.levels_max = self.levels_max;
        let mut actions = vec![];
        self.book.accept_snapshot(request, snapshot, self.now(), &mut actions);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        for action in actions {
            let encoded = match action {
                Action::NeedSnapshot { request, .. } => {
                    self.requests.push(request);
                    continue;
                }
                Action::Publish(event, numbered) => {
                    self.published += 1;
                    assert_eq!(numbered.sequence, self.published);
                    encode(&event, Some(numbered), Numbers::String)
                }
                Action::Tell(status) => status.encode(),
            };
            let message = serde_json::from_slice(&encoded.payload()).unwrap();
            self.subscribers.iter_mut().for_each(|subscriber| subscriber.hear(&message));
        }
    }

    fn join(&mut self) {
        let mut subscriber = Subscriber::default();
        match self.book.snapshot() {
            Some((event, numbered)) => {
                let encoded = encode(&event, Some(numbered), Numbers::String);
                subscriber.hear(&serde_json::from_slice(&encoded.payload()).unwrap());
            }
            None => subscriber.hear(&serde_json::from_slice(&self.book.status().encode().payload()).unwrap()),
        }
        self.subscribers.push(subscriber);
    }

    fn take(&mut self, step: Step) {
        self.now_ms += 100;
        match step {
            Step::Market(changes) => self.market(changes),
            Step::Deliver => {
                if let Some(frame) = self.under_way.pop_front() {
                    self.delivered.push(frame.clone());
                    self.deliver(frame);
                }
            }
            Step::Lose => drop(self.under_way.pop_front()),
            Step::Reorder => {
                if self.under_way.len() > 1 {
                    self.under_way.swap(0, 1);
                }
            }
            Step::Repeat(back) => {
                if let Some(frame) = self.delivered.iter().rev().nth(back).cloned() {
                    self.deliver(frame);
                }
            }
            Step::Coalesce => {
                if self.under_way.len() > 1 && self.under_way[0].last + 1 == self.under_way[1].first {
                    let first = self.under_way.pop_front().unwrap().first;
                    self.under_way[0].first = first;
                }
            }
            Step::Overlap => {
                if let [.., one, two] = &self.delivered[..]
                    && one.last + 1 == two.first
                {
                    let frame = Frame { first: one.first, last: two.last };
                    self.deliver(frame);
                }
            }
            Step::Snapshot { updates_ago } => {
                if let Some(request) = self.requests.last() {
                    self.answer(*request, updates_ago);
                }
            }
            Step::LateSnapshot { request, updates_ago } => {
                if let Some(request) = self.requests.iter().rev().nth(request) {
                    self.answer(*request, updates_ago);
                }
            }
            Step::SnapshotFails => {
                if let Some(request) = self.requests.last() {
                    let mut actions = vec![];
                    self.book.snapshot_failed(*request, None, self.now(), &mut actions);
                    self.act(actions);
                }
            }
            Step::Disconnect => {
                self.under_way.clear();
                let mut actions = vec![];
                self.book.disconnect(self.now(), &mut actions);
                self.act(actions);
            }
            Step::Garbage => {
                // The frame cannot be read, so it is as good as lost.
                self.under_way.pop_front();
                let garbage =
                    br#"{"stream":"btcusdt@depth@100ms","data":{"U":1,"u":2,"s":"BTCUSDT","E":1,"b":[["1"]],"a":[]}}"#;
                assert!(Exchange::Binance.normalise(garbage, self.now(), &mut vec![]).is_err());
            }
            Step::Join => self.join(),
            Step::Wait => self.now_ms += 20_000,
        }
    }

    fn check(&self) {
        for subscriber in self.subscribers.iter().filter(|subscriber| !subscriber.flagged) {
            let id = self.book.last_update_id().expect("who is not flagged has a book");
            let truth = &self.truth[id as usize];
            let known = |levels: &Levels| -> Levels {
                levels.iter().filter(|(price, _)| subscriber.known(**price)).map(|(p, a)| (*p, *a)).collect()
            };
            assert_eq!(known(&subscriber.levels), known(truth), "at update id {id}");
            for (price, amount) in &subscriber.levels {
                assert_eq!(truth.get(price), Some(amount), "a level beyond the edge is true as well");
            }
        }
    }

    /// Faults end; the book must become whole and up to date again.
    fn recover(&mut self) {
        while !self.under_way.is_empty() {
            self.take(Step::Deliver);
            self.check();
        }
        for _ in 0..3 {
            self.take(Step::Market(vec![(LOWEST_ASK, 1), (LOWEST_ASK - 100, 2)]));
            self.take(Step::Deliver);
            self.take(Step::Snapshot { updates_ago: 0 });
            self.check();
        }
        assert_eq!(self.book.last_update_id(), Some(self.newest() as u64));
        assert!(self.subscribers.iter().all(|subscriber| !subscriber.flagged));
    }
}

fn level((price, amount): (&i64, &i64)) -> [String; 2] {
    [format!("{}.{:02}", price / 100, price % 100), amount.to_string()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_subscribers_book_is_true_or_flagged_at_every_step(steps in prop::collection::vec(step(), 1..160)) {
        let mut world = World::new(None);
        for step in steps {
            world.take(step);
            world.check();
        }
        world.recover();
    }

    #[test]
    fn a_limited_snapshot_is_true_as_far_as_it_says(steps in prop::collection::vec(step(), 1..160), levels_max in 1usize..6) {
        let mut world = World::new(Some(levels_max));
        for step in steps {
            world.take(step);
            world.check();
        }
        world.recover();
    }
}

/// The properties above would hold of a book that is always flagged; this one shows that a quiet stream is live throughout.
#[test]
fn without_faults_the_book_is_live_from_the_first_snapshot_on() {
    let mut world = World::new(None);
    world.take(Step::Market(vec![(9_900, 1), (10_100, 2)]));
    world.take(Step::Deliver);
    world.take(Step::Snapshot { updates_ago: 1 });
    for round in 0..500 {
        world.take(Step::Market(vec![(9_000 + round % 12 * 100, round % 3), (10_500, 1 + round)]));
        world.take(Step::Deliver);
        world.take(Step::Repeat(5));
        world.check();
        assert!(world.book.live() && !world.subscribers[0].flagged);
    }
    assert_eq!(world.requests.len(), 1);
}
