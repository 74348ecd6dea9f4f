//! What the whole exchange shares: its symbols, its connections, the faults in force, and the counts.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;

use super::connection::{Connection, Connections};
use super::faults::{Fault, FaultRules, Place};
use super::instrument::listed;
use super::market::Market;
use super::rest_error::RestError;
use super::stream::Channel;
use super::weights::Weights;
use crate::simulator::unix_time_ms;

/// What the command line says.
#[derive(Clone, Copy)]
pub(crate) struct ExchangeOptions {
    pub(crate) seed: u64,
    pub(crate) made_up_symbols: usize,
    /// Of each symbol's book.
    pub(crate) changes_per_s: u64,
    pub(crate) weight_per_minute: u32,
    pub(crate) ping_interval: Duration,
}

impl Default for ExchangeOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            made_up_symbols: 0,
            changes_per_s: 40,
            weight_per_minute: 6_000,
            ping_interval: Duration::from_secs(20),
        }
    }
}

pub(crate) struct Exchange {
    pub(crate) options: ExchangeOptions,
    pub(crate) markets: Vec<Market>,
    by_symbol: HashMap<String, usize>,
    pub(crate) connections: Connections,
    pub(crate) faults: FaultRules,
    pub(crate) weights: Weights,
    pub(crate) counts: Counts,
}

#[derive(Default)]
pub(crate) struct Counts {
    /// Text, ping and pong frames of clients.
    client_messages: AtomicU64,
    /// Streams asked for that will never carry anything.
    silent_streams: AtomicU64,
    snapshots: AtomicU64,
    rest_requests: AtomicU64,
    rest_refused: AtomicU64,
}

impl Counts {
    pub(crate) fn snapshot(&self) {
        self.snapshots.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn request(&self) {
        self.rest_requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts those refused for speed, not those that were wrong.
    pub(crate) fn refusal(&self, error: &RestError) {
        self.rest_refused.fetch_add(u64::from(error.is_about_speed()), Ordering::Relaxed);
    }

    pub(crate) fn client_message(&self) {
        self.client_messages.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn silent_stream(&self) {
        self.silent_streams.fetch_add(1, Ordering::Relaxed);
    }
}

/// The answer of `GET /sim/binance/stats`.
#[derive(Serialize)]
pub(crate) struct Stats<'a> {
    connections_open: usize,
    connections_max: u64,
    connections_opened: u64,
    client_messages: u64,
    messages_sent: u64,
    silent_streams: u64,
    snapshots: u64,
    rest_requests: u64,
    rest_refused: u64,
    subscriptions: usize,
    /// By stream: how many connections listen to it.
    streams: HashMap<&'a str, usize>,
}

impl Exchange {
    pub(crate) fn open(options: ExchangeOptions) -> Self {
        let open = |(place, instrument)| Market::open(instrument, place, &options);
        let markets: Vec<_> = listed(options.made_up_symbols).into_iter().enumerate().map(open).collect();
        let by_symbol = markets.iter().enumerate().map(|(place, market)| (market.instrument.symbol.clone(), place));
        Self {
            options,
            by_symbol: by_symbol.collect(),
            markets,
            connections: Connections::default(),
            faults: FaultRules::default(),
            weights: Weights::new(options.weight_per_minute),
            counts: Counts::default(),
        }
    }

    /// `symbol` in upper case.
    pub(crate) fn market(&self, symbol: &str) -> Option<&Market> {
        self.by_symbol.get(symbol).map(|place| &self.markets[*place])
    }

    /// The market and channel a stream's name stands for, if it ever carries anything.
    pub(crate) fn stream(&self, name: &str) -> Option<(&Market, Channel)> {
        let (symbol, channel) = super::stream::parse(name)?;
        Some((self.market(&symbol)?, channel))
    }

    /// Carries out the faults that end connections, on those there are now.
    pub(crate) fn break_connections(&self) {
        let concerned = |symbol: &str| -> Vec<Arc<Connection>> {
            match self.market(symbol) {
                Some(market) => market.listeners(),
                None if symbol == "*" => self.connections.all(),
                None => Vec::new(),
            }
        };
        let fits = |symbol: &str| !concerned(symbol).is_empty();
        let Some((symbol, fault)) = self.faults.take_where(Place::Connections, fits) else {
            return;
        };
        for connection in concerned(&symbol) {
            match fault {
                Fault::Close24h => connection.shut_down(unix_time_ms()),
                _ => connection.cut(),
            }
        }
    }

    /// Says goodbye to every client, as the exchange does before it stops.
    pub(crate) fn shut_down(&self) {
        self.connections.all().iter().for_each(|connection| connection.shut_down(unix_time_ms()));
    }

    pub(crate) fn stats(&self) -> Stats<'_> {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let streams: HashMap<_, _> = self.markets.iter().flat_map(Market::listened).collect();
        Stats {
            connections_open: self.connections.count(),
            connections_max: read(&self.connections.most),
            connections_opened: read(&self.connections.opened),
            client_messages: read(&self.counts.client_messages),
            messages_sent: read(&self.connections.messages_sent),
            silent_streams: read(&self.counts.silent_streams),
            snapshots: read(&self.counts.snapshots),
            rest_requests: read(&self.counts.rest_requests),
            rest_refused: read(&self.counts.rest_refused),
            subscriptions: streams.values().sum(),
            streams,
        }
    }

    /// Forgets the faults and ends the stalls that run.
    pub(crate) fn clear_faults(&self) {
        self.faults.clear();
        self.markets.iter().for_each(Market::end_stall);
    }

    /// Forgets faults, limits used and counts. Books, trades and connections go on.
    pub(crate) fn reset(&self) {
        self.clear_faults();
        self.weights.forget();
        self.connections.reset_counts();
        let counts = &self.counts;
        for count in [
            &counts.client_messages,
            &counts.silent_streams,
            &counts.snapshots,
            &counts.rest_requests,
            &counts.rest_refused,
        ] {
            count.store(0, Ordering::Relaxed);
        }
    }
}
