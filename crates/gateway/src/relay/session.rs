//! One client at its socket: what it asks for, what it may have, and the minutes it pays.

use super::frame::{Close, pong};
use super::hub::{JoinError, Joining};
use super::minute::{Minute, Payer, Refused};
use super::operation::{Complaint, Operation, Subscribe, Topics};
use super::subscriber::Subscriber;
use super::{Relay, operation};
use crate::app::App;
use crate::clock;
use bytes::Bytes;
use market::control::encode_heartbeat;
use market::exchange::Exchange;
use market::topic::Topic;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use store::api_key::CallerFacts;
use store::books::Raised;
use tenancy::TenantId;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, sleep_until};

const HEARTBEAT_EVERY: Duration = Duration::from_secs(5);
/// A change of facts that could not be read, or a minute that could not be begun, is tried again after this.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How long a socket goes on while no minute can be begun for it.
const UNPAID_MAX: Duration = Duration::from_secs(10);
/// What a client may ask in a second; a subscribe takes a hundred symbols at once.
const OPERATIONS_PER_SECOND_MAX: u32 = 50;

/// What comes from the client.
#[derive(Debug)]
pub enum Incoming {
    Text(Bytes),
    Ping(Bytes),
    /// It leaves, or does what is not allowed.
    Close(Close),
}

/// A client whose handshake is done.
#[derive(Debug)]
pub struct Client {
    pub payer: Payer,
    pub facts: CallerFacts,
    /// Tenants of whom something has changed, since before the facts were read.
    pub changes: broadcast::Receiver<TenantId>,
    pub subscriber: Arc<Subscriber>,
    /// Ends when the socket does.
    pub incoming: mpsc::Receiver<Incoming>,
}

/// Until the socket ends. Leaves every topic and settles the minute that was begun.
pub async fn run(app: Arc<App>, relay: Arc<Relay>, client: Client) {
    let Client { payer, facts, changes, subscriber, incoming } = client;
    let Some(_seat) = relay.seat(facts.tenant_id, &subscriber, facts.market_limits.connections) else {
        let most = facts.market_limits.connections;
        let message = format!("the plan `{}` has {most} market data connections", facts.plan);
        return subscriber
            .close(Close::Limit, Some(operation::error(None, "connection_limit_exceeded", &message, None)));
    };
    let mut session = Session {
        app,
        relay,
        payer,
        facts,
        subscriber,
        topics: HashSet::new(),
        minute: None,
        operations: (0, Instant::now()),
    };
    if session.begin_minute().await.is_ok() {
        session.attend(changes, incoming).await;
    }
    session.leave().await;
}

struct Session {
    app: Arc<App>,
    relay: Arc<Relay>,
    payer: Payer,
    facts: CallerFacts,
    subscriber: Arc<Subscriber>,
    topics: HashSet<Topic>,
    /// None only while none can be begun.
    minute: Option<Minute>,
    /// How many within the second that began then.
    operations: (u32, Instant),
}

/// The socket is closed.
struct Closed;

impl Session {
    async fn attend(&mut self, mut changes: broadcast::Receiver<TenantId>, mut incoming: mpsc::Receiver<Incoming>) {
        let mut heartbeats = tokio::time::interval(HEARTBEAT_EVERY);
        let mut unpaid_since: Option<Instant> = None;
        let mut read_again: Option<Instant> = None;
        let mut begin_again = Instant::now();
        let subscriber = Arc::clone(&self.subscriber);
        loop {
            let minute_due = self.minute.as_ref().map_or(begin_again, Minute::ends_at);
            let went_on = tokio::select! {
                () = subscriber.over() => return,
                message = incoming.recv() => match message {
                    Some(message) => self.accept(message).await,
                    None => return,
                },
                changed = changes.recv() => match changed {
                    Ok(tenant_id) if tenant_id != self.payer.tenant_id() => Ok(()),
                    Err(RecvError::Closed) => return,
                    Ok(_) | Err(RecvError::Lagged(_)) => self.read_facts(&mut read_again).await,
                },
                () = sleep_until(read_again.unwrap_or(minute_due)), if read_again.is_some() => self.read_facts(&mut read_again).await,
                () = sleep_until(minute_due) => {
                    begin_again = Instant::now() + AGAIN_AFTER;
                    self.next_minute(&mut unpaid_since).await
                }
                _ = heartbeats.tick() => {
                    self.subscriber.offer(encode_heartbeat(clock::timestamp(), &self.relay.lag_ms()).frame());
                    Ok(())
                }
            };
            if went_on.is_err() {
                return;
            }
        }
    }

    async fn accept(&mut self, message: Incoming) -> Result<(), Closed> {
        let now = Instant::now();
        if now.duration_since(self.operations.1) >= Duration::from_secs(1) {
            self.operations = (0, now);
        }
        self.operations.0 += 1;
        if self.operations.0 > OPERATIONS_PER_SECOND_MAX {
            return self.close(
                Close::Limit,
                Some(operation::error(None, "rate_limit_exceeded", "more than 50 messages in a second", None)),
            );
        }
        match message {
            Incoming::Text(text) => match Operation::parse(&text) {
                Ok(Operation::Subscribe(subscribe)) => self.subscribe(subscribe).await,
                Ok(Operation::Unsubscribe(id, topics)) => self.unsubscribe(id, topics).await,
                Ok(Operation::Ping(id)) => self.answer(operation::pong(id)),
                Err(complaint) => self.answer(complaint.frame()),
            },
            Incoming::Ping(payload) => self.answer(pong(&payload)),
            Incoming::Close(close) => self.close(close, None),
        }
    }

    /// What can be refused is asked first, then the hold, then the exchange's task, which acknowledges.
    async fn subscribe(&mut self, subscribe: Subscribe) -> Result<(), Closed> {
        let Subscribe { id, topics: Topics { exchange, topics }, numbers, from } = subscribe;
        let refuse =
            |code, message: &str, param| Complaint { id: id.clone(), code, message: message.to_owned(), param };
        let most = usize::try_from(self.facts.market_limits.topics).unwrap_or(usize::MAX);
        let new = topics.iter().filter(|topic| !self.topics.contains(topic)).count();
        if self.topics.len() + new > most {
            let message = format!("the plan `{}` has {most} topics for each connection", self.facts.plan);
            return self.answer(refuse("topic_limit_exceeded", &message, None).frame());
        }
        if let Some(symbol) = self.unlisted(exchange, &topics).await {
            let message = format!("{exchange} does not list `{symbol}`");
            return self.answer(refuse("unknown_symbol", &message, Some("symbols")).frame());
        }
        let raised = match &mut self.minute {
            Some(minute) => minute.cover(&self.facts, &topics).await,
            None => Raised::Unknown,
        };
        match raised {
            Raised::Covered => {}
            Raised::Short => {
                let message = "the balance does not cover these topics for a minute";
                return self.close(Close::Balance, Some(refuse("insufficient_quota", message, None).frame()));
            }
            Raised::Unknown => {
                let message = "market data cannot be accounted for just now: try again";
                return self.answer(refuse("service_unavailable", message, None).frame());
            }
        }
        let joining = Joining {
            subscriber: Arc::clone(&self.subscriber),
            topics: topics.clone(),
            numbers,
            from,
            acknowledgement: operation::acknowledge("subscribed", id.as_ref(), &topics),
        };
        match self.relay.join(exchange, joining).await {
            Ok(()) => {
                if let Some(minute) = &mut self.minute {
                    minute.add(&topics);
                }
                self.topics.extend(topics);
                Ok(())
            }
            Err(JoinError::TooOld) => {
                let message = "these trades are no longer kept: subscribe without `from`";
                self.answer(refuse("too_old", message, Some("from")).frame())
            }
            Err(JoinError::Full) => {
                let message = format!("this server follows as many topics of {exchange} as it can");
                self.answer(refuse("exchange_full", &message, None).frame())
            }
        }
    }

    async fn unlisted(&self, exchange: Exchange, topics: &[Topic]) -> Option<String> {
        let new = topics.iter().filter(|topic| !self.topics.contains(*topic)).map(|topic| &topic.instrument.symbol);
        let symbols: HashSet<_> = new.collect();
        let asked = symbols.into_iter().map(async |symbol| (symbol, self.relay.lists(exchange, symbol).await));
        let answers = futures_util::future::join_all(asked).await;
        answers.into_iter().find(|(_, listed)| !listed).map(|(symbol, _)| symbol.to_string())
    }

    /// What was not subscribed to is no error.
    async fn unsubscribe(&mut self, id: Option<serde_json::Value>, topics: Topics) -> Result<(), Closed> {
        for topic in &topics.topics {
            self.topics.remove(topic);
        }
        let acknowledgement = operation::acknowledge("unsubscribed", id.as_ref(), &topics.topics);
        self.relay.leave(&self.subscriber, topics.topics, Some(acknowledgement)).await;
        Ok(())
    }

    /// Something of the tenant has changed: goes on with what is true now, if it may go on at all.
    async fn read_facts(&mut self, again: &mut Option<Instant>) -> Result<(), Closed> {
        match self.payer.facts(&self.app).await {
            Ok(Some(facts)) if facts.suspended && !facts.revoked => self.refuse(&Refused::Suspended),
            Ok(Some(facts)) if !facts.revoked => {
                (self.facts, *again) = (facts, None);
                Ok(())
            }
            Ok(_) => self.refuse(&Refused::Revoked),
            Err(error) => {
                tracing::warn!(tenant.id = %self.facts.tenant_id, error = %error, "facts of a market data client cannot be read, trying again");
                *again = Some(Instant::now() + AGAIN_AFTER);
                Ok(())
            }
        }
    }

    async fn next_minute(&mut self, unpaid_since: &mut Option<Instant>) -> Result<(), Closed> {
        if let Some(minute) = self.minute.take() {
            minute.settle().await;
        }
        match Minute::begin(&self.app, self.payer, &mut self.facts, self.topics.clone()).await {
            Ok(minute) => {
                (self.minute, *unpaid_since) = (Some(minute), None);
                Ok(())
            }
            Err(Refused::Unavailable) if unpaid_since.get_or_insert_with(Instant::now).elapsed() < UNPAID_MAX => Ok(()),
            Err(refused) => self.refuse(&refused),
        }
    }

    async fn begin_minute(&mut self) -> Result<(), Closed> {
        match Minute::begin(&self.app, self.payer, &mut self.facts, HashSet::new()).await {
            Ok(minute) => {
                self.minute = Some(minute);
                Ok(())
            }
            Err(refused) => self.refuse(&refused),
        }
    }

    fn refuse(&mut self, refused: &Refused) -> Result<(), Closed> {
        let (close, code, message) = match refused {
            Refused::Revoked => (Close::Key, "invalid_api_key", "the key has been revoked".to_owned()),
            Refused::Suspended => {
                (Close::Suspended, "organization_suspended", "the organisation is suspended".to_owned())
            }
            Refused::Balance { available, needed } => {
                let message = format!("a minute needs {needed}, and {available} is available");
                (Close::Balance, "insufficient_quota", message)
            }
            Refused::Unavailable => {
                let message = "market data cannot be accounted for just now: try again";
                (Close::TryAgainLater, "service_unavailable", message.to_owned())
            }
        };
        self.close(close, Some(operation::error(None, code, &message, None)))
    }

    fn answer(&self, frame: Bytes) -> Result<(), Closed> {
        self.subscriber.answer(frame);
        Ok(())
    }

    fn close(&self, close: Close, last: Option<Bytes>) -> Result<(), Closed> {
        self.subscriber.close(close, last);
        Err(Closed)
    }

    async fn leave(mut self) {
        for exchange in Exchange::ALL {
            let of_exchange = |topic: &&Topic| topic.instrument.exchange == exchange;
            let topics = self.topics.iter().filter(of_exchange).cloned().collect();
            self.relay.leave(&self.subscriber, topics, None).await;
        }
        if let Some(minute) = self.minute.take() {
            minute.settle().await;
        }
    }
}
