//! The life of a frame: frame → normalise → book → sequence → fan-out → subscriber.
//!
//! One task for each exchange owns its topics, so that a snapshot and the changes after it cannot cross. It lives on a thread of its
//! own: a market in turmoil must not delay what the rest of the process does. It never waits for a subscriber
//! ([`subscriber`]); a session ([`session`]) stands between a client's socket and the exchanges, and pays for it by the
//! minute ([`minute`]).

mod connection;
mod fan_out;
pub mod frame;
mod hub;
mod listing;
pub mod minute;
mod operation;
pub mod session;
mod snapshots;
pub mod subscriber;
mod trades;

use crate::clock;
use crate::config::Market;
use anyhow::{Context, Result};
use connection::{Arrival, Connector};
use frame::Close;
use hub::Hub;
pub use hub::JoinError;
use hub::Joining;
use listing::Listing;
use market::control::{BookStatus, Reason};
use market::event::Event;
use market::exchange::{Exchange, Message, binance};
use market::instrument::Symbol;
use market::quarantine::Quarantine;
use market::symbol_book::Action;
use market::timestamp::Timestamp;
use market::topic::{Numbered, Topic};
use snapshots::{Answer, Snapshots};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use subscriber::Subscriber;
use tenancy::TenantId;
use tokio::sync::{mpsc, oneshot, watch};

/// Frames between the socket and the books; when full, the socket is not read, and the exchange notices.
const ARRIVALS_MAX: usize = 4_096;
/// Frames taken at once.
const BATCH: usize = 256;
/// Orders of sessions; when full, they wait.
const ORDERS_MAX: usize = 1_024;
/// How often subscribers who have caught up are looked for.
const TEND_EVERY: Duration = Duration::from_millis(100);

/// The exchanges, and everybody who listens to them here.
#[derive(Debug)]
pub struct Relay {
    exchanges: HashMap<Exchange, Line>,
    next_subscriber: AtomicU64,
    draining: AtomicBool,
    /// Guards the seats; never held across an await.
    seats: Mutex<Seats>,
}

/// The way to one exchange's task.
#[derive(Debug)]
struct Line {
    orders: mpsc::Sender<Order>,
    listing: Listing,
    lag: Arc<Lag>,
}

#[derive(Debug, Default)]
struct Seats {
    by_tenant: HashMap<TenantId, u32>,
    taken: HashMap<u64, Weak<Subscriber>>,
}

/// Time between the exchange's clock and our receipt, of the newest message that had both; none before the first.
#[derive(Debug)]
struct Lag(AtomicU64);

#[derive(Debug)]
enum Order {
    Join(Joining, oneshot::Sender<Result<(), JoinError>>),
    Leave { subscriber: Arc<Subscriber>, topics: Vec<Topic>, acknowledgement: Option<bytes::Bytes> },
    Book(Topic, oneshot::Sender<Option<Result<(Event, Numbered), BookStatus>>>),
}

impl Relay {
    /// Starts a thread with a task for each exchange; nothing is asked of an exchange before somebody wants it.
    pub fn start(config: &Market, client: &reqwest::Client) -> Result<Self> {
        let exchange = Exchange::Binance;
        let (orders, ordered) = mpsc::channel(ORDERS_MAX);
        let (arrivals, arrived) = mpsc::channel(ARRIVALS_MAX);
        let (answers, answered) = mpsc::channel(ORDERS_MAX);
        let (wanted, is_wanted) = watch::channel(BTreeSet::new());
        let lag = Arc::new(Lag(AtomicU64::new(u64::MAX)));
        let snapshots = Snapshots::new(exchange, config.binance_rest_url.clone(), client.clone(), answers);
        let connector = Connector { exchange, url: config.binance_socket_url.clone(), wanted: is_wanted, arrivals };
        let ingest = Ingest {
            exchange,
            hub: Hub::new(exchange),
            wanted,
            snapshots: Arc::clone(&snapshots),
            lag: Arc::clone(&lag),
            quarantine: Quarantine::default(),
            messages: vec![],
            actions: vec![],
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("relay".into())
            .spawn(move || {
                runtime.block_on(async move {
                    tokio::join!(connector.run(), ingest.run(ordered, arrived, answered));
                });
            })
            .context("start the relay's thread")?;
        Ok(Self {
            exchanges: HashMap::from([(exchange, Line { orders, listing: Listing::new(snapshots), lag })]),
            next_subscriber: AtomicU64::default(),
            draining: AtomicBool::default(),
            seats: Mutex::default(),
        })
    }

    /// A place for one more socket of the tenant, if its plan has one left.
    pub fn seat(self: &Arc<Self>, tenant_id: TenantId, subscriber: &Arc<Subscriber>, seats_max: u32) -> Option<Seat> {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.by_tenant.entry(tenant_id).or_default();
        if *taken >= seats_max {
            return None;
        }
        *taken += 1;
        seats.taken.insert(subscriber.id(), Arc::downgrade(subscriber));
        metrics::gauge!("turnpike_market_connections").increment(1);
        Some(Seat { relay: Arc::clone(self), tenant_id, subscriber_id: subscriber.id() })
    }

    pub fn new_subscriber(&self, messages_per_second: u32) -> Arc<Subscriber> {
        Subscriber::new(self.next_subscriber.fetch_add(1, Ordering::Relaxed), messages_per_second)
    }

    /// Closes every socket and takes no more.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        let seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        for subscriber in seats.taken.values().filter_map(Weak::upgrade) {
            subscriber.close(Close::Drain, None);
        }
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Whether the exchange lists it.
    pub async fn lists(&self, exchange: Exchange, symbol: &Symbol) -> bool {
        match self.exchanges.get(&exchange) {
            Some(line) => line.listing.has(symbol).await,
            None => false,
        }
    }

    /// The whole book with its number; its status where it is kept but not live; none where nobody keeps it.
    pub async fn book(&self, topic: Topic) -> Option<Result<(Event, Numbered), BookStatus>> {
        let (answer, answered) = oneshot::channel();
        self.exchanges.get(&topic.instrument.exchange)?.orders.send(Order::Book(topic, answer)).await.ok()?;
        answered.await.ok()?
    }

    /// As a heartbeat says it.
    pub fn lag_ms(&self) -> Vec<(Exchange, u64)> {
        let known = |(exchange, line): (&Exchange, &Line)| Some((*exchange, line.lag.get()?));
        self.exchanges.iter().filter_map(known).collect()
    }

    async fn join(&self, exchange: Exchange, joining: Joining) -> Result<(), JoinError> {
        let (answer, answered) = oneshot::channel();
        let Some(line) = self.exchanges.get(&exchange) else { return Err(JoinError::Full) };
        // The task ends with the process only.
        line.orders.send(Order::Join(joining, answer)).await.map_err(|_| JoinError::Full)?;
        answered.await.unwrap_or(Err(JoinError::Full))
    }

    /// `acknowledgement` is sent after the last message of the topics. They are of one exchange.
    async fn leave(&self, subscriber: &Arc<Subscriber>, topics: Vec<Topic>, acknowledgement: Option<bytes::Bytes>) {
        let Some(line) = topics.first().and_then(|topic| self.exchanges.get(&topic.instrument.exchange)) else {
            return;
        };
        let _ = line.orders.send(Order::Leave { subscriber: Arc::clone(subscriber), topics, acknowledgement }).await;
    }
}

/// One of the plan's connections, until it is dropped.
#[derive(Debug)]
pub struct Seat {
    relay: Arc<Relay>,
    tenant_id: TenantId,
    subscriber_id: u64,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.relay.seats.lock().unwrap_or_else(PoisonError::into_inner);
        seats.taken.remove(&self.subscriber_id);
        if let Some(taken) = seats.by_tenant.get_mut(&self.tenant_id) {
            *taken -= 1;
            if *taken == 0 {
                seats.by_tenant.remove(&self.tenant_id);
            }
        }
        metrics::gauge!("turnpike_market_connections").decrement(1);
    }
}

impl Lag {
    fn get(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Relaxed)).filter(|ms| *ms != u64::MAX)
    }

    fn note(&self, timestamp: Timestamp, local_timestamp: Timestamp) {
        self.0.store(local_timestamp.ms_since(timestamp), Ordering::Relaxed);
    }
}

/// The task of one exchange.
struct Ingest {
    exchange: Exchange,
    hub: Hub,
    wanted: watch::Sender<BTreeSet<String>>,
    snapshots: Arc<Snapshots>,
    lag: Arc<Lag>,
    quarantine: Quarantine,
    /// Kept for their allocations.
    messages: Vec<Message>,
    actions: Vec<Action>,
}

impl Ingest {
    async fn run(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut arrivals: mpsc::Receiver<Arrival>,
        mut answers: mpsc::Receiver<Answer>,
    ) {
        let mut tending = tokio::time::interval(TEND_EVERY);
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                _ = arrivals.recv_many(&mut batch, BATCH) => for arrival in batch.drain(..) {
                    match arrival {
                        Arrival::Frame { frame, at } => self.accept_frame(&frame, at),
                        Arrival::Lost => self.accept_loss(),
                    }
                },
                Some(answer) = answers.recv() => self.accept_answer(answer),
                order = orders.recv() => match order {
                    Some(order) => self.obey(order),
                    None => return,
                },
                _ = tending.tick() => if self.hub.tend(Instant::now()) {
                    self.want();
                },
            }
        }
    }

    /// frame → normalise → book → sequence → fan-out
    fn accept_frame(&mut self, frame: &[u8], at: Timestamp) {
        let mut messages = std::mem::take(&mut self.messages);
        if let Err(error) = self.exchange.normalise(frame, at, &mut messages) {
            metrics::counter!("turnpike_market_frames_refused_total", "exchange" => self.exchange.as_str())
                .increment(1);
            tracing::warn!(exchange.name = %self.exchange, error = %error, count = self.quarantine.count() + 1, "frame was refused");
            self.quarantine.put(frame, error);
        }
        for message in messages.drain(..) {
            match message {
                Message::Event(event) => {
                    self.lag.note(event.timestamp, event.local_timestamp);
                    self.hub.publish(event, epoch(), Instant::now());
                }
                Message::Diff(diff) => {
                    self.lag.note(diff.timestamp, at);
                    let symbol = diff.symbol.clone();
                    if let Some(book) = self.hub.book_mut(&symbol) {
                        book.accept_diff(diff, at, &mut self.actions);
                        self.act(&symbol);
                    }
                }
                Message::Refused { id, code, reason } => {
                    tracing::error!(exchange.name = %self.exchange, id, code, reason, "exchange refused a subscription");
                }
                Message::Accepted { .. } | Message::Snapshot(..) => {}
            }
        }
        self.messages = messages;
    }

    /// What a book wants done, in its order.
    fn act(&mut self, symbol: &Symbol) {
        let now = Instant::now();
        for action in self.actions.drain(..) {
            match action {
                Action::Publish(event, numbered) => self.hub.publish_change(&event, numbered, now),
                Action::Tell(status) => {
                    tracing::info!(exchange.name = %self.exchange, symbol = %symbol, status = ?status.status, reason = status.reason.as_str(), "book changed its status");
                    self.hub.tell(&status, now);
                }
                Action::NeedSnapshot { request, after_ms } => {
                    self.snapshots.request(symbol.clone(), request, after_ms);
                }
            }
        }
    }

    fn accept_answer(&mut self, answer: Answer) {
        let Some(book) = self.hub.book_mut(&answer.symbol) else { return self.snapshots.forget(&answer.symbol) };
        let now = clock::timestamp();
        match answer.snapshot {
            Ok(snapshot) => book.accept_snapshot(answer.request, snapshot, now, &mut self.actions),
            Err(wish_ms) => book.snapshot_failed(answer.request, wish_ms, now, &mut self.actions),
        }
        self.act(&answer.symbol);
    }

    fn accept_loss(&mut self) {
        for symbol in self.hub.books() {
            // While the exchange cannot be reached, once is enough.
            if let Some(book) = self.hub.book_mut(&symbol)
                && book.status().reason != Reason::Disconnected
            {
                book.disconnect(clock::timestamp(), &mut self.actions);
            }
            self.act(&symbol);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Join(joining, answer) => {
                let joined = self.hub.join(&joining, binance::STREAMS_PER_CONNECTION_MAX, epoch());
                self.want();
                // A session that has gone meanwhile leaves by itself.
                let _ = answer.send(joined);
            }
            Order::Leave { subscriber, topics, acknowledgement } => {
                self.hub.leave(&subscriber, &topics, Instant::now());
                if let Some(frame) = acknowledgement {
                    subscriber.answer(frame);
                }
            }
            Order::Book(topic, answer) => drop(answer.send(self.hub.book(&topic))),
        }
    }

    /// Tells the connection what is wanted, if that has changed.
    fn want(&self) {
        let streams = self.hub.streams();
        self.wanted.send_if_modified(|wanted| {
            let changed = *wanted != streams;
            if changed {
                *wanted = streams;
            }
            changed
        });
    }
}

/// Microseconds since 1970: higher than every earlier epoch, as long as the clock is not set back while a topic is away.
fn epoch() -> u64 {
    u64::try_from(clock::timestamp().unix_ns() / 1_000).unwrap_or_default()
}
