//! What a client may say, and our answers to it.

use bytes::Bytes;
use market::encode::{Numbers, frame};
use market::exchange::Exchange;
use market::instrument::{Instrument, Symbol};
use market::topic::{Channel, Numbered, Topic};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest id of an operation that is repeated in its answer, in bytes of JSON.
const ID_BYTES_MAX: usize = 64;

#[derive(Debug)]
pub(super) enum Operation {
    Subscribe(Subscribe),
    Unsubscribe(Option<Value>, Topics),
    Ping(Option<Value>),
}

#[derive(Debug)]
pub(super) struct Subscribe {
    pub(super) id: Option<Value>,
    pub(super) topics: Topics,
    pub(super) numbers: Numbers,
    /// Only with a single topic, of trades.
    pub(super) from: Option<Numbered>,
}

/// At least one, each once.
#[derive(Debug)]
pub(super) struct Topics {
    pub(super) exchange: Exchange,
    pub(super) topics: Vec<Topic>,
}

/// Why an operation is not carried out.
#[derive(Debug)]
pub(super) struct Complaint {
    pub(super) id: Option<Value>,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) param: Option<&'static str>,
}

#[derive(Deserialize)]
struct Wire {
    op: String,
    id: Option<Value>,
    exchange: Option<String>,
    #[serde(default)]
    symbols: Vec<String>,
    #[serde(default)]
    channels: Vec<String>,
    numbers: Option<String>,
    from: Option<From>,
}

#[derive(Deserialize)]
struct From {
    epoch: u64,
    sequence: u64,
}

impl Operation {
    pub(super) fn parse(text: &[u8]) -> Result<Self, Complaint> {
        let wire: Wire = serde_json::from_slice(text).map_err(|error| Complaint {
            id: serde_json::from_slice::<Value>(text).ok().and_then(|value| short(value.get("id").cloned())),
            code: "invalid_request",
            message: format!("the message cannot be read: {error}"),
            param: None,
        })?;
        let id = short(wire.id.clone());
        let complain = |(code, message, param)| Complaint { id: id.clone(), code, message, param };
        match wire.op.as_str() {
            "subscribe" => subscribe(&wire, id.clone()).map(Self::Subscribe).map_err(complain),
            "unsubscribe" => topics(&wire).map(|topics| Self::Unsubscribe(id.clone(), topics)).map_err(complain),
            "ping" => Ok(Self::Ping(id)),
            other => {
                let message = format!("there is no op `{other}`: subscribe, unsubscribe or ping");
                Err(complain(("invalid_request", message, Some("op"))))
            }
        }
    }
}

type Fault = (&'static str, String, Option<&'static str>);

fn subscribe(wire: &Wire, id: Option<Value>) -> Result<Subscribe, Fault> {
    let topics = topics(wire)?;
    let numbers = match wire.numbers.as_deref() {
        None | Some("json") => Numbers::Json,
        Some("string") => Numbers::String,
        Some(other) => {
            let message = format!("numbers are `json` or `string`, not `{other}`");
            return Err(("invalid_request", message, Some("numbers")));
        }
    };
    let from = wire.from.as_ref().map(|from| Numbered { epoch: from.epoch, sequence: from.sequence });
    let one_of_trades = matches!(topics.topics.as_slice(), [topic] if topic.channel == Channel::Trade);
    if from.is_some() && !one_of_trades {
        let message = "`from` goes with one symbol and the channel `trade`".to_owned();
        return Err(("invalid_request", message, Some("from")));
    }
    Ok(Subscribe { id, topics, numbers, from })
}

fn topics(wire: &Wire) -> Result<Topics, Fault> {
    let invalid = |message: &str, param| ("invalid_request", message.to_owned(), Some(param));
    let name = wire.exchange.as_deref().ok_or_else(|| invalid("`exchange` is missing", "exchange"))?;
    let exchange: Exchange =
        name.parse().map_err(|_| ("unknown_exchange", format!("exchange `{name}` is not served"), Some("exchange")))?;
    let mut topics = BTreeSet::new();
    for name in &wire.symbols {
        let symbol =
            Symbol::parse(name).map_err(|_| ("unknown_symbol", format!("`{name}` is no symbol"), Some("symbols")))?;
        for name in &wire.channels {
            let unknown = |_| ("unknown_channel", format!("channel `{name}` is not served"), Some("channels"));
            let channel: Channel = name.parse().map_err(unknown)?;
            topics.insert(Topic { instrument: Instrument { exchange, symbol: symbol.clone() }, channel });
        }
    }
    match (wire.symbols.is_empty(), wire.channels.is_empty()) {
        (true, _) => Err(invalid("`symbols` has none", "symbols")),
        (_, true) => Err(invalid("`channels` has none", "channels")),
        _ => Ok(Topics { exchange, topics: topics.into_iter().collect() }),
    }
}

fn short(id: Option<Value>) -> Option<Value> {
    id.filter(|id| !id.is_null() && id.to_string().len() <= ID_BYTES_MAX)
}

impl Complaint {
    pub(super) fn frame(&self) -> Bytes {
        error(self.id.as_ref(), self.code, &self.message, self.param)
    }
}

pub(super) fn error(id: Option<&Value>, code: &str, message: &str, param: Option<&str>) -> Bytes {
    text(&json!({ "type": "error", "id": id, "code": code, "message": message, "param": param }))
}

/// `kind` is `subscribed` or `unsubscribed`.
pub(super) fn acknowledge(kind: &str, id: Option<&Value>, topics: &[Topic]) -> Bytes {
    let topics: Vec<String> = topics.iter().map(Topic::to_string).collect();
    text(&json!({ "type": kind, "id": id, "topics": topics }))
}

pub(super) fn pong(id: Option<Value>) -> Bytes {
    text(&json!({ "type": "pong", "id": id }))
}

fn text(message: &Value) -> Bytes {
    frame(message.to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(text: &str) -> (&'static str, Option<&'static str>) {
        let complaint = Operation::parse(text.as_bytes()).expect_err(text);
        (complaint.code, complaint.param)
    }

    #[test]
    fn a_subscribe_is_every_channel_of_every_symbol_once() {
        let text = r#"{"op":"subscribe","id":7,"exchange":"binance","symbols":["btcusdt","ETHUSDT","BTCUSDT"],"channels":["trade","book_change"],"numbers":"string"}"#;
        let Ok(Operation::Subscribe(subscribe)) = Operation::parse(text.as_bytes()) else { panic!("it is one") };
        let topics: Vec<String> = subscribe.topics.topics.iter().map(Topic::to_string).collect();
        assert_eq!(
            topics,
            [
                "binance:trade:BTCUSDT",
                "binance:book_change:BTCUSDT",
                "binance:trade:ETHUSDT",
                "binance:book_change:ETHUSDT"
            ]
        );
        assert_eq!((subscribe.id, subscribe.numbers), (Some(json!(7)), Numbers::String));
    }

    #[test]
    fn what_cannot_be_carried_out_says_what_and_where() {
        let with = |rest: &str| complaint(&format!(r#"{{"op":"subscribe","exchange":"binance",{rest}}}"#));
        assert_eq!(complaint("[]"), ("invalid_request", None));
        assert_eq!(complaint(r#"{"op":"shout"}"#), ("invalid_request", Some("op")));
        assert_eq!(complaint(r#"{"op":"subscribe"}"#), ("invalid_request", Some("exchange")));
        assert_eq!(complaint(r#"{"op":"subscribe","exchange":"mtgox"}"#), ("unknown_exchange", Some("exchange")));
        assert_eq!(with(r#""channels":["trade"]"#), ("invalid_request", Some("symbols")));
        assert_eq!(with(r#""symbols":["A"]"#), ("invalid_request", Some("channels")));
        assert_eq!(with(r#""symbols":["a b"],"channels":["trade"]"#), ("unknown_symbol", Some("symbols")));
        assert_eq!(with(r#""symbols":["A"],"channels":["gossip"]"#), ("unknown_channel", Some("channels")));
        let valid = r#""symbols":["A"],"channels":["book_change"]"#;
        assert_eq!(with(&format!(r#"{valid},"numbers":"roman""#)), ("invalid_request", Some("numbers")));
        assert_eq!(with(&format!(r#"{valid},"from":{{"epoch":1,"sequence":2}}"#)), ("invalid_request", Some("from")));
    }

    #[test]
    fn an_answer_repeats_the_id_unless_it_is_a_story() {
        let id = |text: &str| Operation::parse(text.as_bytes()).expect_err(text).id;
        assert_eq!(id(r#"{"op":"no","id":"a"}"#), Some(json!("a")));
        assert_eq!(id(r#"{"id":5}"#), Some(json!(5)));
        assert_eq!(id(&format!(r#"{{"op":"no","id":"{}"}}"#, "a".repeat(70))), None);
    }
}
