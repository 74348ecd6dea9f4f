//! One WebSocket client from its handshake to its end.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::Receiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use super::connection::{Connection, Outgoing};
use super::exchange::Exchange;
use super::request::{self, Request, RequestError};

/// Of one connection.
const STREAMS_LIMIT: usize = 1_024;

/// Text, ping and pong frames of a client in any second.
const CLIENT_MESSAGES_PER_S: usize = 5;

/// A pong is waited for as long as this many pings take.
const PINGS_TO_PONG: u32 = 3;

/// Longer than a request for every stream a connection may have.
const CLIENT_MESSAGE_BYTES: usize = 128 << 10;

/// Messages written before the socket is flushed, when so many are ready.
const BATCH: usize = 256;

/// How long a client has to answer a close frame.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// Code 1008: the client broke a rule.
const POLICY: u16 = 1_008;

enum Ending {
    /// The client closed or is gone, or is to be cut.
    Gone,
    Closed(u16, &'static str),
}

struct Session {
    exchange: Arc<Exchange>,
    connection: Arc<Connection>,
    socket: WebSocketStream<DuplexStream>,
    /// In the order of their subscription. Those that never carry anything are remembered too, as at the exchange.
    streams: Vec<String>,
    /// Payloads of the pings that no pong has answered, oldest first.
    pings: VecDeque<(Bytes, Instant)>,
    /// When the newest messages of the client came; at most `CLIENT_MESSAGES_PER_S`.
    recent: VecDeque<Instant>,
}

/// Serves until either side ends it. `streams` are those named by the address; `combined` is how payloads begin.
pub(crate) async fn run(exchange: Arc<Exchange>, socket: DuplexStream, streams: Vec<String>, combined: bool) {
    let config = WebSocketConfig::default()
        .read_buffer_size(4 << 10)
        .max_message_size(Some(CLIENT_MESSAGE_BYTES))
        .max_frame_size(Some(CLIENT_MESSAGE_BYTES));
    let socket = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await;
    let (connection, outbox) = exchange.connections.open(combined);
    let (pings, recent) = (VecDeque::new(), VecDeque::new());
    let mut session = Session { exchange, connection: connection.clone(), socket, streams: Vec::new(), pings, recent };
    let ending = tokio::select! {
        () = connection.is_cut() => Ending::Gone,
        ending = session.converse(streams, outbox) => ending,
    };
    session.leave();
    if let Ending::Closed(code, reason) = ending {
        let _ = tokio::time::timeout(CLOSE_PATIENCE, session.close(code, reason)).await;
    }
}

impl Session {
    async fn converse(&mut self, streams: Vec<String>, mut outbox: Receiver<Outgoing>) -> Ending {
        if self.subscribe(streams).is_err() {
            return Ending::Closed(POLICY, "Too many subscriptions");
        }
        let mut pings = tokio::time::interval(self.exchange.options.ping_interval);
        pings.reset();
        let mut batch = Vec::with_capacity(BATCH);
        loop {
            let ending = tokio::select! {
                incoming = self.socket.next() => match incoming {
                    Some(Ok(message)) => self.receive(message).await,
                    _ => Some(Ending::Gone),
                },
                _ = outbox.recv_many(&mut batch, BATCH) => self.send(batch.drain(..)).await,
                _ = pings.tick() => self.ping().await,
            };
            if let Some(ending) = ending {
                return ending;
            }
        }
    }

    async fn send(&mut self, batch: impl Iterator<Item = Outgoing>) -> Option<Ending> {
        for outgoing in batch {
            match outgoing {
                Outgoing::Text(text) => {
                    if self.socket.feed(Message::Text(text)).await.is_err() {
                        return Some(Ending::Gone);
                    }
                }
                Outgoing::Close(code, reason) => return Some(Ending::Closed(code, reason)),
            }
        }
        self.socket.flush().await.is_err().then_some(Ending::Gone)
    }

    async fn ping(&mut self) -> Option<Ending> {
        let patience = self.exchange.options.ping_interval * PINGS_TO_PONG;
        if self.pings.front().is_some_and(|(_, sent_at)| sent_at.elapsed() >= patience) {
            return Some(Ending::Closed(POLICY, "Pong timeout"));
        }
        let payload = Bytes::from(crate::simulator::unix_time_ms().to_string());
        self.pings.push_back((payload.clone(), Instant::now()));
        self.socket.send(Message::Ping(payload)).await.is_err().then_some(Ending::Gone)
    }

    async fn receive(&mut self, message: Message) -> Option<Ending> {
        if matches!(message, Message::Close(_)) {
            // The answer to it is already on its way.
            let _ = self.socket.flush().await;
            return Some(Ending::Gone);
        }
        if self.is_too_fast() {
            return Some(Ending::Closed(POLICY, "Too many requests"));
        }
        let text = match message {
            Message::Pong(payload) => {
                // A pong that repeats no ping's payload is allowed and means nothing.
                if let Some(place) = self.pings.iter().position(|(sent, _)| *sent == payload) {
                    self.pings.drain(..=place);
                }
                return None;
            }
            Message::Ping(_) => return self.socket.flush().await.is_err().then_some(Ending::Gone),
            Message::Binary(_) => return Some(Ending::Closed(1_003, "Binary messages are not read")),
            message => message.into_text().unwrap_or_default(),
        };
        let (id, request) = request::parse(&text);
        let answer = match request.and_then(|request| self.carry_out(request)) {
            Ok(result) => request::answer(result, &id),
            Err(error) => error.answer(&id),
        };
        self.socket.send(Message::text(answer)).await.is_err().then_some(Ending::Gone)
    }

    fn is_too_fast(&mut self) -> bool {
        self.exchange.counts.client_message();
        let now = Instant::now();
        if self.recent.len() < CLIENT_MESSAGES_PER_S {
            self.recent.push_back(now);
            return false;
        }
        let oldest = self.recent.pop_front();
        self.recent.push_back(now);
        oldest.is_some_and(|oldest| now.duration_since(oldest) < Duration::from_secs(1))
    }

    fn carry_out(&mut self, request: Request) -> Result<Value, RequestError> {
        match request {
            Request::Subscribe(names) => self.subscribe(names)?,
            Request::Unsubscribe(names) => self.unsubscribe(&names),
            Request::SetCombined(combined) => self.connection.set_combined(combined),
            Request::ListSubscriptions => return Ok(json!(self.streams)),
            Request::GetCombined => return Ok(json!(self.connection.is_combined())),
        }
        Ok(Value::Null)
    }

    /// All or none. An unknown name is accepted and stays silent, as at the exchange.
    fn subscribe(&mut self, names: Vec<String>) -> Result<(), RequestError> {
        let mut added: Vec<String> = Vec::new();
        for name in names {
            if !self.streams.contains(&name) && !added.contains(&name) {
                added.push(name);
            }
        }
        if self.streams.len() + added.len() > STREAMS_LIMIT {
            return Err(RequestError::too_many_subscriptions());
        }
        for name in &added {
            match self.exchange.stream(name) {
                Some((market, channel)) => market.subscribe(channel, &self.connection),
                None => self.exchange.counts.silent_stream(),
            }
        }
        self.streams.append(&mut added);
        Ok(())
    }

    fn unsubscribe(&mut self, names: &[String]) {
        self.streams.retain(|stream| !names.contains(stream));
        for name in names {
            if let Some((market, channel)) = self.exchange.stream(name) {
                market.unsubscribe(channel, &self.connection);
            }
        }
    }

    fn leave(&mut self) {
        let streams = std::mem::take(&mut self.streams);
        self.unsubscribe(&streams);
        self.exchange.connections.forget(&self.connection);
    }

    /// Sends the close frame and reads until the client's, so that no reset overtakes it.
    async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        if self.socket.close(Some(frame)).await.is_ok() {
            while let Some(Ok(_)) = self.socket.next().await {}
        }
    }
}
