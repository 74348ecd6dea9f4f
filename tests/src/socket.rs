//! A program at a WebSocket: of ours, or of the exchange's.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

/// A market that says nothing for this long has stopped.
const SOON: Duration = Duration::from_secs(20);
/// Little enough that the kernel hides no slow reader: a few kilobytes, which Linux doubles.
const RECEIVE_BYTES: u32 = 4 << 10;

#[derive(Debug)]
pub struct Socket {
    socket: WebSocketStream<TcpStream>,
}

/// What comes from the other side.
#[derive(Debug, PartialEq)]
pub enum Said {
    Message(Value),
    /// The code and the reason.
    Closed(u16, String),
}

impl Socket {
    /// `url` begins with `http`. The error is the HTTP status that was given instead of a socket.
    pub async fn open(url: &str, key: Option<&str>) -> Result<Self, u16> {
        let mut request = url.replacen("http", "ws", 1).into_client_request().expect("it is a URL");
        if let Some(key) = key {
            let value = format!("Bearer {key}").parse().expect("a key is a header's value");
            request.headers_mut().insert("authorization", value);
        }
        let address = request.uri().authority().expect("a URL has a host").as_str().parse().expect("an address");
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket.set_recv_buffer_size(RECEIVE_BYTES).expect("a buffer may be small");
        let stream = socket.connect(address).await.expect("the server listens");
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket }),
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{url}: {error}"),
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.expect("the socket is open");
    }

    /// Without waiting for the answer.
    pub async fn ask_for(&mut self, symbols: &[&str], channels: &[&str]) {
        self.say(json!({ "op": "subscribe", "id": 1, "exchange": "binance", "symbols": symbols, "channels": channels, "numbers": "string" }))
            .await;
    }

    /// Returns once it is acknowledged.
    pub async fn subscribe(&mut self, symbols: &[&str], channels: &[&str]) {
        self.ask_for(symbols, channels).await;
        let acknowledged = self.next_of("subscribed").await;
        let topics = acknowledged["topics"].as_array().expect("topics are a list").len();
        assert_eq!(topics, symbols.len() * channels.len());
    }

    /// The next message or the end, whatever it is.
    pub async fn next(&mut self) -> Said {
        loop {
            let message = tokio::time::timeout(SOON, self.socket.next()).await.expect("something is said soon");
            match message {
                Some(Ok(Message::Text(text))) => {
                    return Said::Message(serde_json::from_str(&text).expect("messages are JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Said::Closed(frame.code.into(), frame.reason.to_string());
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("neither a message nor a close: {other:?}"),
            }
        }
    }

    /// The next message; a close fails the test.
    pub async fn next_message(&mut self) -> Value {
        match self.next().await {
            Said::Message(message) => message,
            closed @ Said::Closed(..) => panic!("{closed:?}"),
        }
    }

    /// The next message of this type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next_message().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Reads to the end: the last message, and the close's code.
    pub async fn end(&mut self) -> (Value, u16) {
        let mut last = Value::Null;
        loop {
            match self.next().await {
                Said::Message(message) => last = message,
                Said::Closed(code, _) => return (last, code),
            }
        }
    }

    /// Says farewell and waits for the other side's.
    pub async fn close(mut self) {
        self.socket.close(None).await.expect("an open socket closes");
        while let Some(Ok(_)) = self.socket.next().await {}
    }
}
