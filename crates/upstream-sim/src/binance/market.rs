//! One symbol while the exchange runs: its book and trades in step with the clock, and who is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::book::{Book, Depth};
use super::connection::Connection;
use super::decimal::E8;
use super::event::{AggregateTradeEvent, BookTicker, Event, TradeEvent, encode};
use super::exchange::ExchangeOptions;
use super::faults::{Fault, FaultRules, Place};
use super::instrument::Instrument;
use super::stream::{CHANNELS, Channel};
use super::trades::{Aggregate, Statistics, Trade, Trades};
use super::window::{Window, oversized};
use crate::simulator::{digest, unix_time_ms};

/// Changes come with every beat, so that a snapshot may fall between two depth messages.
pub(crate) const BEATS_PER_S: u64 = 50;

/// Beats between two messages of a depth stream.
const FAST_BEATS: u64 = BEATS_PER_S / 10;
const SLOW_BEATS: u64 = BEATS_PER_S;

/// An old snapshot is as old as the changes of this many seconds.
const OLD_SNAPSHOT_S: u64 = 10;

/// How long ago a book can still be asked for, in seconds of changes, and as a bound in changes.
const HISTORY_S: u64 = 60;
const HISTORY_CHANGES: u64 = 16_384;

pub(crate) struct Market {
    pub(crate) instrument: Instrument,
    /// Names of this symbol's streams, in the order of `CHANNELS`.
    streams: [String; CHANNELS.len()],
    changes_per_s: u64,
    /// At which of the beats its depth streams are told: symbols take turns, so that work spreads.
    turn: u64,
    /// Held while a beat's changes are made and its messages are put into outboxes; never across an await.
    state: Mutex<State>,
}

struct State {
    book: Book,
    trades: Trades,
    subscribers: [Vec<Arc<Connection>>; CHANNELS.len()],
    beats: u64,
    /// Fiftieths of a change that earlier beats left over.
    fiftieths_owed: u64,
    fast: Window,
    slow: Window,
    best_told: [(E8, E8); 2],
    stalled: Option<Stall>,
}

struct Stall {
    until: Instant,
    /// Trades held back; a stall's length bounds them.
    trades: Vec<(Channel, String)>,
}

impl Market {
    /// `place` is its number in the list, and sets its turn.
    pub(crate) fn open(instrument: Instrument, place: usize, options: &ExchangeOptions) -> Self {
        let changes_per_s = options.changes_per_s;
        let history = (changes_per_s * HISTORY_S).clamp(1_000, HISTORY_CHANGES);
        let book = Book::open(&instrument, options.seed ^ digest(&instrument.symbol), history as usize);
        let trades = Trades::open(1_000_000 + book.update_id() % 1_000_000, instrument.price, unix_time_ms());
        let symbol = instrument.symbol.to_ascii_lowercase();
        let best_told = book.best();
        let state = State {
            book,
            trades,
            subscribers: Default::default(),
            beats: 0,
            fiftieths_owed: 0,
            fast: Window::default(),
            slow: Window::default(),
            best_told,
            stalled: None,
        };
        Self {
            streams: CHANNELS.map(|channel| format!("{symbol}@{}", channel.name())),
            instrument,
            changes_per_s,
            turn: place as u64 % BEATS_PER_S,
            state: Mutex::new(state),
        }
    }

    /// Makes the changes of a beat and tells the subscribers.
    pub(crate) fn beat(&self, faults: &FaultRules) {
        let mut state = self.lock();
        let now_ms = unix_time_ms();
        self.begin_or_end_stall(&mut state, faults);
        state.fiftieths_owed += self.changes_per_s;
        while state.fiftieths_owed >= BEATS_PER_S {
            state.fiftieths_owed -= BEATS_PER_S;
            self.change(&mut state, now_ms);
        }
        state.beats += 1;
        if state.stalled.is_some() {
            return;
        }
        self.tell_best(&mut state);
        let told = state.beats + self.turn;
        if told.is_multiple_of(FAST_BEATS) {
            self.tell_depth(&mut state, Channel::FastDepth, now_ms, faults);
        }
        if told.is_multiple_of(SLOW_BEATS) {
            self.tell_depth(&mut state, Channel::SlowDepth, now_ms, faults);
        }
    }

    /// Ends a stall at the next beat.
    pub(crate) fn end_stall(&self) {
        if let Some(stall) = &mut self.lock().stalled {
            stall.until = Instant::now();
        }
    }

    pub(crate) fn subscribe(&self, channel: Channel, connection: &Arc<Connection>) {
        self.lock().subscribers[channel as usize].push(connection.clone());
    }

    pub(crate) fn unsubscribe(&self, channel: Channel, connection: &Connection) {
        self.lock().subscribers[channel as usize].retain(|subscriber| subscriber.id != connection.id);
    }

    /// Streams that someone listens to, with the number of connections.
    pub(crate) fn listened(&self) -> Vec<(&str, usize)> {
        let state = self.lock();
        let counts = state.subscribers.iter().map(Vec::len);
        self.streams.iter().map(String::as_str).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    /// Everyone who listens to any of the symbol's streams, each once.
    pub(crate) fn listeners(&self) -> Vec<Arc<Connection>> {
        let state = self.lock();
        let mut listeners: Vec<_> = state.subscribers.iter().flatten().cloned().collect();
        listeners.sort_by_key(|connection| connection.id);
        listeners.dedup_by_key(|connection| connection.id);
        listeners
    }

    pub(crate) fn depth(&self, limit: usize) -> Depth {
        self.lock().book.depth(limit)
    }

    /// As `Book::depth_at`.
    pub(crate) fn depth_at(&self, update_id: u64, limit: usize) -> Option<Depth> {
        self.lock().book.depth_at(update_id, limit)
    }

    pub(crate) fn old_depth(&self, limit: usize) -> Depth {
        let state = self.lock();
        let changes = (self.changes_per_s * OLD_SNAPSHOT_S).max(100);
        let update_id = (state.book.update_id() - changes).max(state.book.oldest_update_id());
        state.book.depth_at(update_id, limit).expect("an update id between the oldest and the newest is held")
    }

    pub(crate) fn newest_trades(&self, limit: usize) -> Vec<Trade> {
        self.lock().trades.newest(limit)
    }

    /// The statistics since the start, and the best bid and ask.
    pub(crate) fn statistics(&self) -> (Statistics, [(E8, E8); 2]) {
        let state = self.lock();
        (state.trades.since_start, state.book.best())
    }

    fn begin_or_end_stall(&self, state: &mut State, faults: &FaultRules) {
        if let Some(stall) = &state.stalled {
            if Instant::now() < stall.until {
                return;
            }
            for (channel, payload) in state.stalled.take().map(|stall| stall.trades).unwrap_or_default() {
                self.tell(state, channel, payload);
            }
        }
        if state.subscribers.iter().all(Vec::is_empty) {
            return;
        }
        if let Some(Fault::StallMs(milliseconds)) = faults.take(Place::Symbol, &self.instrument.symbol) {
            let until = Instant::now() + Duration::from_millis(milliseconds);
            state.stalled = Some(Stall { until, trades: Vec::new() });
        }
    }

    fn change(&self, state: &mut State, now_ms: u64) {
        let change = state.book.advance();
        let update_id = state.book.update_id();
        for window in [&mut state.fast, &mut state.slow] {
            window.add(&change, update_id);
        }
        if let Some(aggregate) = state.trades.record(&change, now_ms) {
            self.tell_trades(state, &aggregate, now_ms);
        }
        if state.stalled.is_none() {
            self.tell_best(state);
        }
    }

    fn tell_trades(&self, state: &mut State, aggregate: &Aggregate, now_ms: u64) {
        let symbol = self.instrument.symbol.as_str();
        for trade in &aggregate.trades {
            let payload = TradeEvent {
                kind: "trade",
                sent_at_ms: now_ms,
                symbol,
                id: trade.id,
                price: trade.price,
                quantity: trade.quantity,
                traded_at_ms: trade.traded_at_ms,
                buyer_is_maker: trade.buyer_is_maker,
                ignore: true,
            };
            self.tell_or_hold(state, Channel::Trade, || encode(&payload));
        }
        let (first, last) = (aggregate.trades[0], aggregate.trades[aggregate.trades.len() - 1]);
        let payload = AggregateTradeEvent {
            kind: "aggTrade",
            sent_at_ms: now_ms,
            symbol,
            id: aggregate.id,
            price: first.price,
            quantity: aggregate.quantity(),
            first_trade_id: first.id,
            last_trade_id: last.id,
            traded_at_ms: first.traded_at_ms,
            buyer_is_maker: first.buyer_is_maker,
            ignore: true,
        };
        self.tell_or_hold(state, Channel::AggregateTrade, || encode(&payload));
    }

    fn tell_best(&self, state: &mut State) {
        let best = state.book.best();
        if best == state.best_told {
            return;
        }
        state.best_told = best;
        let [(bid, bid_quantity), (ask, ask_quantity)] = best;
        let symbol = self.instrument.symbol.as_str();
        let update_id = state.book.update_id();
        if !state.subscribers[Channel::BookTicker as usize].is_empty() {
            let payload = encode(&BookTicker { update_id, symbol, bid, bid_quantity, ask, ask_quantity });
            self.tell(state, Channel::BookTicker, payload);
        }
    }

    /// Sends what a window gathered, unless nothing changed or a fault has it otherwise.
    fn tell_depth(&self, state: &mut State, channel: Channel, now_ms: u64, faults: &FaultRules) {
        let update_id = state.book.update_id();
        let listened = !state.subscribers[channel as usize].is_empty();
        let window = if channel == Channel::FastDepth { &mut state.fast } else { &mut state.slow };
        let Some(gathered) = window.close(&self.instrument.symbol, update_id, now_ms) else {
            return;
        };
        if !listened {
            window.reordered = None;
            return;
        }
        let late = window.reordered.take();
        let fault = faults.take(Place::Depth, &self.instrument.symbol);
        let payloads = match fault {
            Some(Fault::Gap) => vec![],
            Some(Fault::Repeat) => vec![encode(&gathered), encode(&gathered)],
            Some(Fault::Oversized) => vec![encode(&oversized(gathered))],
            Some(Fault::Reorder) => {
                window.reordered = Some(encode(&gathered));
                vec![]
            }
            _ => vec![encode(&gathered)],
        };
        for payload in payloads.into_iter().chain(late) {
            self.tell(state, channel, payload);
        }
    }

    fn tell_or_hold(&self, state: &mut State, channel: Channel, payload: impl FnOnce() -> String) {
        if state.subscribers[channel as usize].is_empty() {
            return;
        }
        let payload = payload();
        match &mut state.stalled {
            Some(stall) => stall.trades.push((channel, payload)),
            None => self.tell(state, channel, payload),
        }
    }

    fn tell(&self, state: &State, channel: Channel, payload: String) {
        let event = Event::new(&self.streams[channel as usize], payload);
        for subscriber in &state.subscribers[channel as usize] {
            subscriber.push(&event);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
