//! One subscriber's bounded queue between the fan-out, which never waits, and a socket, which may be slow.
//!
//! When it is full: books and tickers are left out, counted, and brought back by `lagged` and a snapshot once the socket has caught
//! up; trades may not be left out, so the socket is closed (4408), and its owner resumes with `from`.

use super::frame::{self, Close};
use bytes::Bytes;
use market::topic::Channel;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Some seconds of a busy connection.
const FRAMES_MAX: usize = 1_024;
/// Several whole books.
const BYTES_MAX: usize = 4 << 20;
/// Answers have room of their own, so that one who is only slow can still ask.
const ANSWERS_MAX: usize = 256;
/// A subscriber has caught up when no more than this is waiting: then a whole book fits again.
const CAUGHT_UP_FRAMES: usize = 64;
const CAUGHT_UP_BYTES: usize = 256 << 10;

/// Names a topic within one relay, for as long as the topic lives.
pub(super) type TopicId = u64;

#[derive(Debug)]
pub struct Subscriber {
    id: u64,
    messages_per_second: u32,
    /// Guards the queue and its end; never held across an await.
    queue: Mutex<Queue>,
    /// Wakes the one reader.
    filled: Notify,
    /// Wakes the session once the end has come.
    over: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    frames: VecDeque<Queued>,
    bytes: usize,
    /// Topics of which something was left out, and how much.
    lagging: HashMap<TopicId, u64>,
    /// Whether the reader has come for more since something was last left out: else the queue is short only because of that.
    read_on: bool,
    rate: Rate,
    end: End,
}

#[derive(Debug)]
struct Queued {
    /// None: an answer, which is never left out.
    topic: Option<(TopicId, Channel)>,
    frame: Bytes,
    /// How many of the topic's messages are left out if this is.
    messages: u64,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The close frame is the last thing in the queue.
    Closing,
    /// Nobody reads any more.
    Gone,
}

/// Messages within the present second.
#[derive(Debug, Default)]
struct Rate {
    since: Option<Instant>,
    sent: u32,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Published {
    Taken,
    /// Something was left out, for the first time since the subscriber had caught up.
    Lagging,
    /// The subscriber is closed or gone, and wants nothing more.
    Over,
}

impl Subscriber {
    /// `id` names it among all subscribers of this process.
    pub fn new(id: u64, messages_per_second: u32) -> Arc<Self> {
        Arc::new(Self { id, messages_per_second, queue: Mutex::default(), filled: Notify::new(), over: Notify::new() })
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// Takes a topic's message, or leaves something out.
    pub(super) fn publish(&self, topic: TopicId, channel: Channel, frame: Bytes, now: Instant) -> Published {
        let mut queue = self.queue();
        if queue.end != End::Open {
            return Published::Over;
        }
        if let Some(left_out) = queue.lagging.get_mut(&topic) {
            *left_out += 1;
            return Published::Taken;
        }
        let caught_up = queue.lagging.is_empty();
        let too_many = !queue.rate.allows(self.messages_per_second, now);
        if too_many || !queue.has_room(frame.len()) {
            queue.leave_out_what_may_be();
            if channel != Channel::Trade {
                *queue.lagging.entry(topic).or_default() += 1;
                self.filled.notify_one();
                return if caught_up { Published::Lagging } else { Published::Taken };
            }
            if too_many || !queue.has_room(frame.len()) {
                self.finish(&mut queue, if too_many { Close::Limit } else { Close::Slow }, None);
                return Published::Over;
            }
        }
        queue.rate.sent += 1;
        queue.push(Some((topic, channel)), frame, 1);
        self.filled.notify_one();
        if caught_up && !queue.lagging.is_empty() { Published::Lagging } else { Published::Taken }
    }

    /// Takes an answer to the client, or closes: whoever asks must read.
    pub fn answer(&self, frame: Bytes) {
        let mut queue = self.queue();
        if queue.end != End::Open {
            return;
        }
        if queue.frames.len() >= FRAMES_MAX + ANSWERS_MAX {
            return self.finish(&mut queue, Close::Slow, None);
        }
        queue.push(None, frame, 0);
        self.filled.notify_one();
    }

    /// Takes what may as well be left out, such as a heartbeat.
    pub(super) fn offer(&self, frame: Bytes) {
        let mut queue = self.queue();
        if queue.end == End::Open && queue.has_room(frame.len()) {
            queue.push(None, frame, 0);
            self.filled.notify_one();
        }
    }

    /// Takes what begins a topic (a snapshot, or trades of the past) even where the queue is full for other messages: there is
    /// one for each subscribe, which is itself an answer, or for each time that the queue was nearly empty. `messages` are left out
    /// if this is: those that a `lagged` tells of.
    pub(super) fn begin_topic(&self, topic: TopicId, channel: Channel, frame: Bytes, messages: u64) {
        let mut queue = self.queue();
        if queue.end == End::Open {
            queue.push(Some((topic, channel)), frame, messages);
            self.filled.notify_one();
        }
    }

    /// The next topic to bring back, and how much of it was left out, if the socket has caught up.
    pub(super) fn next_caught_up(&self) -> CaughtUp {
        let mut queue = self.queue();
        if queue.end != End::Open || queue.lagging.is_empty() {
            return CaughtUp::Wholly;
        }
        if !queue.read_on || queue.frames.len() > CAUGHT_UP_FRAMES || queue.bytes > CAUGHT_UP_BYTES {
            return CaughtUp::NotYet;
        }
        let topic = *queue.lagging.keys().next().expect("it is not empty");
        let left_out = queue.lagging.remove(&topic).unwrap_or_default();
        CaughtUp::With(topic, left_out)
    }

    /// Nothing of the topic comes after this.
    pub(super) fn forget_topic(&self, topic: TopicId) {
        let mut queue = self.queue();
        queue.remove(|queued| queued.is_some_and(|(id, _)| id == topic));
        queue.lagging.remove(&topic);
    }

    /// Sends what was answered before, `last`, and the close frame; messages still waiting are dropped.
    pub fn close(&self, close: Close, last: Option<Bytes>) {
        let mut queue = self.queue();
        if queue.end == End::Open {
            self.finish(&mut queue, close, last);
        }
    }

    /// Once it is closed or its reader has gone.
    pub async fn over(&self) {
        self.over.notified().await;
    }

    fn finish(&self, queue: &mut Queue, close: Close, last: Option<Bytes>) {
        queue.remove(|topic| topic.is_some());
        queue.lagging.clear();
        for frame in last.into_iter().chain([frame::close(close)]) {
            queue.push(None, frame, 0);
        }
        queue.end = End::Closing;
        self.filled.notify_one();
        self.over.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum CaughtUp {
    With(TopicId, u64),
    NotYet,
    /// Nothing is left out any more.
    Wholly,
}

impl Queue {
    fn has_room(&self, more_bytes: usize) -> bool {
        self.frames.len() < FRAMES_MAX && self.bytes + more_bytes <= BYTES_MAX
    }

    fn push(&mut self, topic: Option<(TopicId, Channel)>, frame: Bytes, messages: u64) {
        self.bytes += frame.len();
        self.frames.push_back(Queued { topic, frame, messages });
    }

    fn leave_out_what_may_be(&mut self) {
        self.read_on = false;
        for queued in &self.frames {
            if let Some((topic, channel)) = queued.topic
                && channel != Channel::Trade
            {
                *self.lagging.entry(topic).or_default() += queued.messages;
            }
        }
        self.remove(|topic| topic.is_some_and(|(_, channel)| channel != Channel::Trade));
    }

    fn remove(&mut self, unwanted: impl Fn(Option<(TopicId, Channel)>) -> bool) {
        let bytes = &mut self.bytes;
        self.frames.retain(|queued| {
            let stays = !unwanted(queued.topic);
            if !stays {
                *bytes -= queued.frame.len();
            }
            stays
        });
    }
}

impl Rate {
    fn allows(&mut self, per_second: u32, now: Instant) -> bool {
        if self.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            *self = Self { since: Some(now), sent: 0 };
        }
        self.sent < per_second
    }
}

/// The socket's end of the queue. Dropped, the subscriber is gone.
#[derive(Debug)]
pub struct Reader(pub Arc<Subscriber>);

impl Reader {
    /// The next frame to write. None after the close frame.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            {
                let mut queue = self.0.queue();
                queue.read_on = true;
                if let Some(queued) = queue.frames.pop_front() {
                    queue.bytes -= queued.frame.len();
                    return Some(queued.frame);
                }
                if queue.end != End::Open {
                    return None;
                }
            }
            self.0.filled.notified().await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        *queue = Queue { end: End::Gone, ..Queue::default() };
        drop(queue);
        self.0.over.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOK: TopicId = 1;
    const TRADES: TopicId = 2;

    fn frame(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    async fn drain(reader: &mut Reader) -> Vec<Bytes> {
        let mut frames = vec![];
        while reader.0.queue().frames.front().is_some() {
            frames.extend(reader.next().await);
        }
        frames
    }

    #[tokio::test]
    async fn a_full_queue_leaves_out_books_and_brings_them_back_once_it_is_read() {
        let subscriber = Subscriber::new(0, u32::MAX);
        let mut reader = Reader(Arc::clone(&subscriber));
        let now = Instant::now();
        for _ in 0..FRAMES_MAX {
            assert_eq!(subscriber.publish(BOOK, Channel::BookChange, frame("b"), now), Published::Taken);
        }
        assert_eq!(subscriber.publish(BOOK, Channel::BookChange, frame("b"), now), Published::Lagging);
        assert_eq!(subscriber.publish(BOOK, Channel::BookChange, frame("b"), now), Published::Taken);
        assert_eq!(subscriber.next_caught_up(), CaughtUp::NotYet, "the queue is empty, and nobody has read it");
        subscriber.answer(frame("answer"));
        assert_eq!(drain(&mut reader).await, [frame("answer")]);
        assert_eq!(subscriber.next_caught_up(), CaughtUp::With(BOOK, FRAMES_MAX as u64 + 2));
        assert_eq!(subscriber.next_caught_up(), CaughtUp::Wholly);
        assert_eq!(subscriber.publish(BOOK, Channel::BookChange, frame("b"), now), Published::Taken);
        assert_eq!(drain(&mut reader).await, [frame("b")]);
    }

    #[tokio::test]
    async fn what_was_told_to_be_left_out_and_is_left_out_itself_still_counts() {
        let subscriber = Subscriber::new(0, u32::MAX);
        let mut reader = Reader(Arc::clone(&subscriber));
        let now = Instant::now();
        subscriber.begin_topic(BOOK, Channel::BookChange, frame("lagged"), 7);
        subscriber.begin_topic(BOOK, Channel::BookChange, frame("snapshot"), 0);
        for _ in 2..=FRAMES_MAX {
            subscriber.publish(BOOK, Channel::BookChange, frame("b"), now);
        }
        subscriber.answer(frame("answer"));
        drain(&mut reader).await;
        assert_eq!(subscriber.next_caught_up(), CaughtUp::With(BOOK, 7 + FRAMES_MAX as u64 - 1));
    }

    #[tokio::test]
    async fn trades_push_books_out_and_never_each_other() {
        let subscriber = Subscriber::new(0, u32::MAX);
        let mut reader = Reader(Arc::clone(&subscriber));
        let now = Instant::now();
        subscriber.publish(BOOK, Channel::BookChange, frame("b"), now);
        for _ in 1..FRAMES_MAX {
            subscriber.publish(TRADES, Channel::Trade, frame("t"), now);
        }
        assert_eq!(subscriber.publish(TRADES, Channel::Trade, frame("t"), now), Published::Lagging);
        assert_eq!(subscriber.next_caught_up(), CaughtUp::NotYet);
        assert_eq!(subscriber.publish(TRADES, Channel::Trade, frame("t"), now), Published::Over);
        let last = drain(&mut reader).await;
        assert_eq!(last, [frame::close(Close::Slow)]);
        assert_eq!(reader.next().await, None);
        subscriber.over().await;
    }

    #[tokio::test]
    async fn more_messages_than_the_plan_has_are_lag_for_books_and_the_end_for_trades() {
        let subscriber = Subscriber::new(0, 2);
        let mut reader = Reader(Arc::clone(&subscriber));
        let now = Instant::now();
        let book = |now| subscriber.publish(BOOK, Channel::BookChange, frame("b"), now);
        assert_eq!([book(now), book(now), book(now)], [Published::Taken, Published::Taken, Published::Lagging]);
        subscriber.answer(frame("answer"));
        drain(&mut reader).await;
        assert_eq!(subscriber.next_caught_up(), CaughtUp::With(BOOK, 3));
        let later = now + Duration::from_secs(1);
        assert_eq!([book(later), book(later)], [Published::Taken, Published::Taken]);
        assert_eq!(subscriber.publish(TRADES, Channel::Trade, frame("t"), later), Published::Over);
        assert_eq!(drain(&mut reader).await, [frame::close(Close::Limit)]);
    }

    #[tokio::test]
    async fn a_close_keeps_answers_and_drops_messages() {
        let subscriber = Subscriber::new(0, u32::MAX);
        let mut reader = Reader(Arc::clone(&subscriber));
        subscriber.answer(frame("answer"));
        subscriber.publish(TRADES, Channel::Trade, frame("t"), Instant::now());
        subscriber.close(Close::Balance, Some(frame("why")));
        subscriber.answer(frame("too late"));
        assert_eq!(drain(&mut reader).await, [frame("answer"), frame("why"), frame::close(Close::Balance)]);
    }

    #[tokio::test]
    async fn whoever_asks_without_reading_is_closed() {
        let subscriber = Subscriber::new(0, u32::MAX);
        for _ in 0..=FRAMES_MAX + ANSWERS_MAX {
            subscriber.answer(frame("pong"));
        }
        subscriber.over().await;
    }

    #[tokio::test]
    async fn a_topic_that_was_left_sends_nothing_more() {
        let subscriber = Subscriber::new(0, u32::MAX);
        let mut reader = Reader(Arc::clone(&subscriber));
        subscriber.publish(BOOK, Channel::BookChange, frame("b"), Instant::now());
        subscriber.publish(TRADES, Channel::Trade, frame("t"), Instant::now());
        subscriber.forget_topic(BOOK);
        assert_eq!(drain(&mut reader).await, [frame("t")]);
    }
}
