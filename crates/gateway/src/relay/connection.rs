//! The connection to an exchange: there while anything is wanted, opened again when it breaks or falls silent, and replaced before
//! the exchange closes it, the new one first.

use crate::clock;
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use market::exchange::{Exchange, FRAME_BYTES_MAX, binance};
use market::timestamp::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Exchanges ping every 20 s, so that even a market without trades is not silent for longer.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Ten minutes before the exchange would close it.
const AGE_MAX: Duration = Duration::from_secs(binance::CONNECTION_AGE_S_MAX - 600);
/// How long the old connection is read beside the new one, so that nothing falls between them.
const OVERLAP: Duration = Duration::from_secs(5);
/// A little slower than the five frames a second that Binance takes, pongs included.
const BETWEEN_FRAMES: Duration = Duration::from_millis(250);
/// Streams in one subscribe frame: some kilobytes.
const STREAMS_PER_FRAME: usize = 100;
const BACK_OFF_MIN: Duration = Duration::from_millis(500);
const BACK_OFF_MAX: Duration = Duration::from_secs(32);
/// A connection that lasted this long was a good one: the next failure is the first again.
const RECOVERED_AFTER: Duration = Duration::from_secs(60);
/// Frames too large for us are read and refused one by one; only what is larger still ends the connection.
const READ_BYTES_MAX: usize = 4 * FRAME_BYTES_MAX;

/// What comes from an exchange.
#[derive(Debug)]
pub(super) enum Arrival {
    Frame {
        frame: Bytes,
        at: Timestamp,
    },
    /// What comes next may leave something out.
    Lost,
}

#[derive(Debug)]
pub(super) struct Connector {
    pub(super) exchange: Exchange,
    pub(super) url: String,
    /// The streams to be subscribed to; without any there is no connection.
    pub(super) wanted: watch::Receiver<BTreeSet<String>>,
    /// When full, the socket is not read.
    pub(super) arrivals: mpsc::Sender<Arrival>,
}

impl Connector {
    /// Until nobody listens any more.
    pub(super) async fn run(self) {
        self.run_replacing_after(AGE_MAX).await;
    }

    async fn run_replacing_after(mut self, age_max: Duration) {
        let mut failures = 0;
        let mut old: Option<oneshot::Sender<()>> = None;
        loop {
            if self.wanted.wait_for(|streams| !streams.is_empty()).await.is_err() {
                return;
            }
            let opened_at = Instant::now();
            let end = match self.open().await {
                Ok(line) => line.carry(&mut self, opened_at + age_max, old.take()).await,
                Err(reason) => End::Broken(reason),
            };
            if opened_at.elapsed() > RECOVERED_AFTER {
                failures = 0;
            }
            match end {
                End::NobodyListens => return,
                End::Unwanted => {}
                End::Aged(line) => old = Some(line.retire(&self)),
                End::Broken(reason) => {
                    failures += 1;
                    let pause = back_off(failures, clock::random());
                    tracing::warn!(exchange.name = %self.exchange, reason, failures, duration_ms = pause.as_millis() as u64, "exchange connection is not there, trying again");
                    // An old connection that is still read is of no help: it is given up with the new one.
                    old = None;
                    if self.arrivals.send(Arrival::Lost).await.is_err() {
                        return;
                    }
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }

    async fn open(&self) -> Result<Line, String> {
        let config =
            WebSocketConfig::default().max_message_size(Some(READ_BYTES_MAX)).max_frame_size(Some(READ_BYTES_MAX));
        let opening = connect_async_with_config(&self.url, Some(config), true);
        match timeout(CONNECT_WITHIN, opening).await {
            Ok(Ok((socket, _))) => {
                tracing::info!(exchange.name = %self.exchange, "exchange connection opened");
                Ok(Line { socket, subscribed: BTreeSet::new(), requests: 0 })
            }
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer to the handshake".into()),
        }
    }
}

/// One open connection.
struct Line {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    subscribed: BTreeSet<String>,
    requests: u64,
}

enum End {
    Broken(String),
    Aged(Box<Line>),
    Unwanted,
    NobodyListens,
}

impl Line {
    /// Reads frames and keeps the subscriptions as wanted. `old` is told to end once this one is subscribed to everything.
    async fn carry(mut self, connector: &mut Connector, until: Instant, old: Option<oneshot::Sender<()>>) -> End {
        let mut next_request = Instant::now();
        let mut heard_at = Instant::now();
        let mut old = old;
        loop {
            let (unwanted, due) = {
                let wanted = connector.wanted.borrow_and_update();
                (wanted.is_empty(), *wanted != self.subscribed)
            };
            if unwanted {
                let _ = timeout(CONNECT_WITHIN, self.socket.close(None)).await;
                return End::Unwanted;
            }
            if !due && let Some(old) = old.take() {
                // Dropped by the other end when it has ended already.
                let _ = old.send(());
            }
            tokio::select! {
                changed = connector.wanted.changed() => if changed.is_err() { return End::NobodyListens },
                () = sleep_until(next_request), if due => {
                    let request = self.next_request(connector);
                    next_request = Instant::now() + BETWEEN_FRAMES;
                    if let Err(error) = self.socket.send(Message::text(request)).await {
                        return End::Broken(error.to_string());
                    }
                }
                message = self.socket.next() => {
                    heard_at = Instant::now();
                    if let Some(end) = forward(message, &connector.arrivals).await {
                        return end;
                    }
                }
                () = sleep_until(heard_at + SILENCE_MAX) => return End::Broken("nothing was heard for 30 s".into()),
                () = sleep_until(until) => return End::Aged(Box::new(self)),
            }
        }
    }

    /// Unsubscribes what is not wanted any more, then subscribes what is wanted now, in portions.
    fn next_request(&mut self, connector: &Connector) -> String {
        let wanted = connector.wanted.borrow();
        self.requests += 1;
        let gone: Vec<String> = self.subscribed.difference(&wanted).take(STREAMS_PER_FRAME).cloned().collect();
        if !gone.is_empty() {
            self.subscribed.retain(|stream| !gone.contains(stream));
            return connector.exchange.unsubscribe_frame(self.requests, &gone);
        }
        let new: Vec<String> = wanted.difference(&self.subscribed).take(STREAMS_PER_FRAME).cloned().collect();
        self.subscribed.extend(new.iter().cloned());
        connector.exchange.subscribe_frame(self.requests, &new)
    }

    /// Goes on reading beside its successor, until that has everything and a while more.
    fn retire(mut self, connector: &Connector) -> oneshot::Sender<()> {
        tracing::info!(exchange.name = %connector.exchange, "exchange connection is old and is replaced");
        let arrivals = connector.arrivals.clone();
        let (replaced, is_replaced) = oneshot::channel();
        tokio::spawn(async move {
            let finish = async {
                if is_replaced.await.is_ok() {
                    tokio::time::sleep(OVERLAP).await;
                }
            };
            tokio::pin!(finish);
            loop {
                tokio::select! {
                    () = &mut finish => break,
                    message = self.socket.next() => if forward(message, &arrivals).await.is_some() { return },
                }
            }
            let _ = timeout(CONNECT_WITHIN, self.socket.close(None)).await;
        });
        replaced
    }
}

/// Hands on a frame. Pings are answered by the socket itself.
async fn forward(
    message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    arrivals: &mpsc::Sender<Arrival>,
) -> Option<End> {
    let frame: Bytes = match message {
        Some(Ok(Message::Text(text))) => text.into(),
        Some(Ok(Message::Binary(bytes))) => bytes,
        Some(Ok(Message::Close(reason))) => return Some(End::Broken(format!("closed by the exchange: {reason:?}"))),
        Some(Ok(_)) => return None,
        Some(Err(error)) => return Some(End::Broken(error.to_string())),
        None => return Some(End::Broken("cut".into())),
    };
    let arrival = Arrival::Frame { frame, at: clock::timestamp() };
    arrivals.send(arrival).await.is_err().then_some(End::NobodyListens)
}

/// Doubling, and spread so that gateways do not return together.
fn back_off(failures: u32, random: [u8; 1]) -> Duration {
    let whole = BACK_OFF_MIN.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(BACK_OFF_MAX);
    whole / 2 + whole * u32::from(random[0]) / 510
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    struct Peer(WebSocketStream<TcpStream>);

    impl Peer {
        async fn accept(listener: &TcpListener) -> Self {
            let (stream, _) = listener.accept().await.unwrap();
            Self(tokio_tungstenite::accept_async(stream).await.unwrap())
        }

        async fn request(&mut self) -> String {
            self.0.next().await.unwrap().unwrap().into_text().unwrap().to_string()
        }

        async fn say(&mut self, text: &str) {
            self.0.send(Message::text(text)).await.unwrap();
        }
    }

    async fn connector(age_max: Duration) -> (TcpListener, watch::Sender<BTreeSet<String>>, mpsc::Receiver<Arrival>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (wanted, is_wanted) = watch::channel(BTreeSet::new());
        let (arrivals, received) = mpsc::channel(16);
        let url = format!("ws://{}/stream", listener.local_addr().unwrap());
        let connector = Connector { exchange: Exchange::Binance, url, wanted: is_wanted, arrivals };
        tokio::spawn(connector.run_replacing_after(age_max));
        (listener, wanted, received)
    }

    fn streams(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    async fn text(received: &mut mpsc::Receiver<Arrival>) -> String {
        match received.recv().await.unwrap() {
            Arrival::Frame { frame, .. } => String::from_utf8(frame.to_vec()).unwrap(),
            Arrival::Lost => "lost".into(),
        }
    }

    #[tokio::test]
    async fn subscriptions_follow_what_is_wanted_and_a_cut_is_told() {
        let (listener, wanted, mut received) = connector(AGE_MAX).await;
        wanted.send_replace(streams(&["a@trade"]));
        let mut peer = Peer::accept(&listener).await;
        assert!(peer.request().await.contains(r#""method":"SUBSCRIBE","params":["a@trade"]"#));
        wanted.send_replace(streams(&["b@trade"]));
        assert!(peer.request().await.contains(r#""method":"UNSUBSCRIBE","params":["a@trade"]"#));
        assert!(peer.request().await.contains(r#""params":["b@trade"]"#));
        peer.say("one").await;
        assert_eq!(text(&mut received).await, "one");
        drop(peer);
        assert_eq!(text(&mut received).await, "lost");
        assert!(Peer::accept(&listener).await.request().await.contains(r#""params":["b@trade"]"#));
    }

    #[tokio::test]
    async fn an_old_connection_is_read_until_the_new_one_is_subscribed() {
        let (listener, wanted, mut received) = connector(Duration::from_millis(200)).await;
        wanted.send_replace(streams(&["a@trade"]));
        let mut old = Peer::accept(&listener).await;
        old.request().await;
        let mut new = Peer::accept(&listener).await;
        old.say("from the old").await;
        assert_eq!(text(&mut received).await, "from the old");
        new.request().await;
        new.say("from the new").await;
        assert_eq!(text(&mut received).await, "from the new");
        wanted.send_replace(BTreeSet::new());
    }

    #[test]
    fn the_pause_grows_and_has_an_end() {
        assert_eq!(back_off(1, [0]), BACK_OFF_MIN / 2);
        assert_eq!(back_off(1, [255]), BACK_OFF_MIN);
        assert_eq!(back_off(4, [255]), BACK_OFF_MIN * 8);
        assert_eq!(back_off(u32::MAX, [255]), BACK_OFF_MAX);
    }
}
