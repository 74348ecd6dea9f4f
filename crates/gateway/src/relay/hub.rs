//! The topics of one exchange: who wants them, what is known of each, and so what the exchange is asked for.

use super::fan_out::{Member, Shared, fan_out};
use super::subscriber::{CaughtUp, Subscriber, TopicId};
use super::trades::{TooOld, Trades};
use crate::clock;
use bytes::{Bytes, BytesMut};
use market::control::{BookStatus, Reason, encode_lagged};
use market::encode::{Numbers, encode};
use market::event::{Body, Event};
use market::exchange::Exchange;
use market::instrument::Symbol;
use market::symbol_book::SymbolBook;
use market::timestamp::Timestamp;
use market::topic::{Channel, Numbered, Numbering, Topic};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a topic without subscribers is kept up, for the one who only reconnects.
const LINGER: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Hub {
    exchange: Exchange,
    topics: HashMap<Topic, Followed>,
    ids: HashMap<TopicId, Topic>,
    next_id: TopicId,
    /// Subscribers of whom something was left out.
    lagging: HashMap<u64, Arc<Subscriber>>,
}

/// A topic that the exchange is asked for.
#[derive(Debug)]
struct Followed {
    id: TopicId,
    members: Vec<Member>,
    kept: Kept,
    /// Since when nobody wants it.
    unwanted_since: Option<Instant>,
}

/// What must be known to number a topic's messages and to begin it for one who comes late.
#[derive(Debug)]
enum Kept {
    Book(Box<SymbolBook>),
    Trades(Trades),
    Ticker(Numbering, Option<Box<(Event, Numbered)>>),
}

/// A subscriber who joins topics, all or none.
#[derive(Debug)]
pub(super) struct Joining {
    pub(super) subscriber: Arc<Subscriber>,
    pub(super) topics: Vec<Topic>,
    pub(super) numbers: Numbers,
    /// Of trades.
    pub(super) from: Option<Numbered>,
    /// Sent before anything of the topics.
    pub(super) acknowledgement: Bytes,
}

/// Why nobody can join.
#[derive(Debug, PartialEq, Eq)]
pub enum JoinError {
    TooOld,
    /// One connection to the exchange takes no more.
    Full,
}

impl Hub {
    pub(super) fn new(exchange: Exchange) -> Self {
        Self { exchange, topics: HashMap::new(), ids: HashMap::new(), next_id: 0, lagging: HashMap::new() }
    }

    /// The exchange's streams that feed the topics.
    pub(super) fn streams(&self) -> BTreeSet<String> {
        let streams = |topic: &Topic| self.exchange.stream_names(&topic.instrument.symbol, topic.channel);
        self.topics.keys().flat_map(streams).collect()
    }

    /// Whoever is subscribed already begins anew. `epoch` is higher than any before.
    pub(super) fn join(&mut self, joining: &Joining, streams_max: usize, epoch: u64) -> Result<(), JoinError> {
        let new = joining.topics.iter().filter(|topic| !self.topics.contains_key(topic)).count();
        if self.topics.len() + new > streams_max {
            return Err(JoinError::Full);
        }
        let from = match joining.from {
            Some(from) => Some(self.past(&joining.topics, from, joining.numbers)?),
            None => None,
        };
        let subscriber = &joining.subscriber;
        for topic in &joining.topics {
            if let Some(followed) = self.topics.get_mut(topic) {
                followed.leave(subscriber);
            }
        }
        subscriber.answer(joining.acknowledgement.clone());
        for topic in &joining.topics {
            let followed = self.follow(topic, epoch);
            if let Some(frame) = from.clone().or_else(|| followed.kept.beginning(joining.numbers, clock::timestamp())) {
                subscriber.begin_topic(followed.id, topic.channel, frame, 0);
            }
            followed.unwanted_since = None;
            followed.members.push(Member { subscriber: Arc::clone(subscriber), numbers: joining.numbers });
        }
        Ok(())
    }

    pub(super) fn leave(&mut self, subscriber: &Arc<Subscriber>, topics: &[Topic], now: Instant) {
        for topic in topics {
            if let Some(followed) = self.topics.get_mut(topic) {
                followed.leave(subscriber);
                followed.unwanted_since = followed.unwanted_since.or(followed.members.is_empty().then_some(now));
            }
        }
    }

    /// Of a live book, the whole of it.
    pub(super) fn book(&self, topic: &Topic) -> Option<Result<(Event, Numbered), BookStatus>> {
        match &self.topics.get(topic)?.kept {
            Kept::Book(book) => Some(book.snapshot().ok_or_else(|| book.status())),
            Kept::Trades(_) | Kept::Ticker(..) => None,
        }
    }

    pub(super) fn book_mut(&mut self, symbol: &Symbol) -> Option<&mut SymbolBook> {
        let instrument = market::instrument::Instrument { exchange: self.exchange, symbol: symbol.clone() };
        match &mut self.topics.get_mut(&Topic { instrument, channel: Channel::BookChange })?.kept {
            Kept::Book(book) => Some(book),
            Kept::Trades(_) | Kept::Ticker(..) => None,
        }
    }

    /// The symbols whose books are kept.
    pub(super) fn books(&self) -> Vec<Symbol> {
        let is_book = |topic: &&Topic| topic.channel == Channel::BookChange;
        self.topics.keys().filter(is_book).map(|topic| topic.instrument.symbol.clone()).collect()
    }

    /// Numbers a trade or a ticker and sends it. Nobody's topic is no error: an unsubscribe takes a while.
    pub(super) fn publish(&mut self, event: Event, epoch: u64, now: Instant) {
        let topic = Topic { instrument: event.instrument.clone(), channel: event.channel() };
        let Some(followed) = self.topics.get_mut(&topic) else { return };
        let numbered = match (&mut followed.kept, &event.body) {
            (Kept::Trades(trades), Body::Trade(trade)) => trades.number(&event, trade, epoch, now),
            (Kept::Ticker(numbering, last), Body::BookTicker(_)) => {
                let numbered = numbering.take();
                *last = Some(Box::new((event.clone(), numbered)));
                Some(numbered)
            }
            _ => None,
        };
        let Some(numbered) = numbered else { return };
        let message = Shared::new(&event, numbered);
        fan_out(&mut followed.members, (followed.id, topic.channel), message, now, &mut self.lagging);
    }

    /// Sends a change of a book, which its [`SymbolBook`] has numbered.
    pub(super) fn publish_change(&mut self, event: &Event, numbered: Numbered, now: Instant) {
        let topic = Topic { instrument: event.instrument.clone(), channel: Channel::BookChange };
        let Some(followed) = self.topics.get_mut(&topic) else { return };
        let message = Shared::new(event, numbered);
        fan_out(&mut followed.members, (followed.id, topic.channel), message, now, &mut self.lagging);
    }

    pub(super) fn tell(&mut self, status: &BookStatus, now: Instant) {
        let topic = Topic { instrument: status.instrument.clone(), channel: Channel::BookChange };
        let Some(followed) = self.topics.get_mut(&topic) else { return };
        let message = Shared::Plain(status.encode());
        fan_out(&mut followed.members, (followed.id, topic.channel), message, now, &mut self.lagging);
    }

    /// Brings back what was left out for subscribers who have caught up, and forgets topics that nobody has wanted for long. Returns
    /// whether there were such topics.
    pub(super) fn tend(&mut self, now: Instant) -> bool {
        let lagging: Vec<Arc<Subscriber>> = self.lagging.values().cloned().collect();
        for subscriber in lagging {
            loop {
                match subscriber.next_caught_up() {
                    CaughtUp::With(id, left_out) => self.resume(&subscriber, id, left_out),
                    CaughtUp::NotYet => break,
                    CaughtUp::Wholly => {
                        self.lagging.remove(&subscriber.id());
                        break;
                    }
                }
            }
        }
        let before = self.topics.len();
        let ids = &mut self.ids;
        self.topics.retain(|_, followed| {
            if followed.members.is_empty() && followed.unwanted_since.is_none() {
                followed.unwanted_since = Some(now);
            }
            let stays = followed.unwanted_since.is_none_or(|since| now.duration_since(since) < LINGER);
            if !stays {
                ids.remove(&followed.id);
            }
            stays
        });
        self.topics.len() != before
    }

    fn resume(&self, subscriber: &Arc<Subscriber>, id: TopicId, left_out: u64) {
        let Some((topic, followed)) = self.ids.get(&id).and_then(|topic| Some((topic, self.topics.get(topic)?))) else {
            return;
        };
        let Some(member) = followed.members.iter().find(|m| m.subscriber.id() == subscriber.id()) else { return };
        subscriber.begin_topic(id, topic.channel, encode_lagged(topic, left_out).frame(), left_out);
        if let Some(frame) = followed.kept.beginning(member.numbers, clock::timestamp()) {
            subscriber.begin_topic(id, topic.channel, frame, 0);
        }
    }

    fn follow(&mut self, topic: &Topic, epoch: u64) -> &mut Followed {
        let id = self.next_id;
        self.topics.entry(topic.clone()).or_insert_with(|| {
            self.next_id += 1;
            self.ids.insert(id, topic.clone());
            let kept = match topic.channel {
                Channel::BookChange => Kept::Book(Box::new(SymbolBook::new(topic.instrument.clone(), epoch))),
                Channel::Trade => Kept::Trades(Trades::new(epoch)),
                Channel::BookTicker => Kept::Ticker(Numbering::new(epoch), None),
            };
            Followed { id, members: vec![], kept, unwanted_since: None }
        })
    }

    /// The one topic's trades after `from`, as one piece of the stream.
    fn past(&self, topics: &[Topic], from: Numbered, numbers: Numbers) -> Result<Bytes, JoinError> {
        let [topic] = topics else { return Err(JoinError::TooOld) };
        let Some(Kept::Trades(trades)) = self.topics.get(topic).map(|followed| &followed.kept) else {
            return Err(JoinError::TooOld);
        };
        let past = trades.after(from).map_err(|TooOld| JoinError::TooOld)?;
        let mut frames = BytesMut::new();
        for (event, numbered) in past {
            frames.extend_from_slice(&encode(event, Some(numbered), numbers).frame());
        }
        Ok(frames.freeze())
    }
}

impl Followed {
    fn leave(&mut self, subscriber: &Arc<Subscriber>) {
        self.members.retain(|member| member.subscriber.id() != subscriber.id());
        subscriber.forget_topic(self.id);
    }
}

impl Kept {
    /// What one who comes late begins with; the topic's next message follows on it.
    fn beginning(&self, numbers: Numbers, now: Timestamp) -> Option<Bytes> {
        match self {
            Self::Book(book) => {
                let mut status = book.status();
                if status.reason == Reason::NotStarted {
                    status.local_timestamp = now;
                }
                let Some((event, numbered)) = book.snapshot() else { return Some(status.encode().frame()) };
                let snapshot = encode(&event, Some(numbered), numbers).frame();
                match status.reason {
                    Reason::Crossed => Some([snapshot, status.encode().frame()].concat().into()),
                    _ => Some(snapshot),
                }
            }
            Self::Trades(_) => None,
            Self::Ticker(_, last) => last.as_ref().map(|last| encode(&last.0, Some(last.1), numbers).frame()),
        }
    }
}
