//! Messages without a number in any topic: what a subscriber must know about the data.

use serde::Serialize;

use crate::encode::Encoded;
use crate::exchange::Exchange;
use crate::instrument::Instrument;
use crate::sequence::Gap;
use crate::timestamp::Timestamp;
use crate::topic::{Numbered, Topic};

/// The condition of one symbol's book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookStatus {
    pub instrument: Instrument,
    pub status: Status,
    pub reason: Reason,
    /// The number of the book's last message: what a subscriber has is good up to it.
    pub last: Numbered,
    pub local_timestamp: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not to be used: messages are missing, or nothing comes.
    Stale,
    /// Not to be used either: messages come again and a snapshot is under way.
    Resyncing,
    /// Provably in sequence.
    Live,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Nothing has come yet.
    NotStarted,
    Gap(Gap),
    /// The connection was lost, or given up as silent.
    Disconnected,
    SnapshotRequested,
    /// A snapshot was older than the stream.
    SnapshotTooOld,
    SnapshotFailed,
    Aligned,
    /// In sequence, but the best bid is not below the best ask.
    Crossed,
    Uncrossed,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Gap(Gap::Lost { .. }) => "gap",
            Self::Gap(Gap::NoOverlap { .. }) => "no_snapshot_overlap",
            Self::Gap(Gap::OutOfOrder) => "out_of_order",
            Self::Gap(Gap::SnapshotAhead) => "snapshot_ahead",
            Self::Disconnected => "disconnected",
            Self::SnapshotRequested => "snapshot_requested",
            Self::SnapshotTooOld => "snapshot_too_old",
            Self::SnapshotFailed => "snapshot_failed",
            Self::Aligned => "aligned",
            Self::Crossed => "crossed",
            Self::Uncrossed => "uncrossed",
        }
    }

    /// The exchange's update ids that never came, first and last.
    fn lost_update_ids(self) -> Option<[u64; 2]> {
        match self {
            Self::Gap(Gap::Lost { from, to } | Gap::NoOverlap { from, to }) => Some([from, to]),
            _ => None,
        }
    }
}

impl BookStatus {
    pub fn encode(&self) -> Encoded {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            r#type: &'static str,
            exchange: &'static str,
            symbol: &'a str,
            status: Status,
            reason: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            lost_update_ids: Option<[u64; 2]>,
            last_sequence: u64,
            epoch: u64,
            local_timestamp: String,
        }
        json(&Wire {
            r#type: "book_status",
            exchange: self.instrument.exchange.as_str(),
            symbol: self.instrument.symbol.as_str(),
            status: self.status,
            reason: self.reason.as_str(),
            lost_update_ids: self.reason.lost_update_ids(),
            last_sequence: self.last.sequence,
            epoch: self.last.epoch,
            local_timestamp: self.local_timestamp.to_string(),
        })
    }
}

/// Tells a slow subscriber that `dropped` messages of a topic were left out for it. A fresh snapshot must follow.
pub fn encode_lagged(topic: &Topic, dropped: u64) -> Encoded {
    json(&serde_json::json!({ "type": "lagged", "topic": topic.to_string(), "dropped": dropped }))
}

/// `lag_ms`: for each exchange the time between its timestamp and our receipt, of the newest message.
pub fn encode_heartbeat(now: Timestamp, lag_ms: &[(Exchange, u64)]) -> Encoded {
    let lag_ms: serde_json::Map<_, _> =
        lag_ms.iter().map(|(exchange, ms)| (exchange.to_string(), (*ms).into())).collect();
    json(&serde_json::json!({ "type": "heartbeat", "timestamp": now.to_string(), "lagMs": lag_ms }))
}

fn json(message: &impl Serialize) -> Encoded {
    let text = serde_json::to_vec(message).expect("text and numbers serialise");
    Encoded::build(text.len(), |out| out.extend_from_slice(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(encoded: Encoded) -> String {
        String::from_utf8(encoded.payload().to_vec()).unwrap()
    }

    #[test]
    fn a_status_says_what_is_lost_and_up_to_where_the_book_is_good() {
        let topic: Topic = "binance:book_change:BTCUSDT".parse().unwrap();
        let status = BookStatus {
            instrument: topic.instrument,
            status: Status::Stale,
            reason: Reason::Gap(Gap::Lost { from: 13, to: 14 }),
            last: Numbered { epoch: 2, sequence: 40 },
            local_timestamp: Timestamp::default(),
        };
        assert_eq!(
            text(status.encode()),
            r#"{"type":"book_status","exchange":"binance","symbol":"BTCUSDT","status":"stale","reason":"gap","lostUpdateIds":[13,14],"lastSequence":40,"epoch":2,"localTimestamp":"1970-01-01T00:00:00.000Z"}"#
        );
    }

    #[test]
    fn lag_and_heartbeat_have_the_contracts_members() {
        let topic: Topic = "binance:trade:BTCUSDT".parse().unwrap();
        assert_eq!(text(encode_lagged(&topic, 7)), r#"{"dropped":7,"topic":"binance:trade:BTCUSDT","type":"lagged"}"#);
        assert_eq!(
            text(encode_heartbeat(Timestamp::default(), &[(Exchange::Binance, 12)])),
            r#"{"lagMs":{"binance":12},"timestamp":"1970-01-01T00:00:00.000Z","type":"heartbeat"}"#
        );
    }
}
