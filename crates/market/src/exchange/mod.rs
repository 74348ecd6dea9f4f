//! One file per exchange, with the same function names in each.

pub mod binance;

use std::fmt;
use std::str::FromStr;

use crate::depth::{Diff, Snapshot};
use crate::digits::DigitsError;
use crate::event::Event;
use crate::instrument::{Instrument, Symbol};
use crate::timestamp::{Timestamp, TimestampError};
use crate::topic::{Channel, TopicError};

/// Largest frame read. A depth frame of a wild minute has some hundred KiB; anything above this is no market data.
pub const FRAME_BYTES_MAX: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exchange {
    /// Binance spot.
    Binance,
}

/// What a frame said, one entry for each thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    Event(Event),
    /// Goes through the symbol's [`SymbolBook`](crate::symbol_book::SymbolBook), which makes the events.
    Diff(Diff),
    /// A snapshot in the stream itself: recordings have the REST answer there.
    Snapshot(Instrument, Snapshot),
    /// The exchange took a subscribe or unsubscribe frame.
    Accepted {
        id: u64,
    },
    /// The exchange refused one, or the connection as a whole (`id` is `None`).
    Refused {
        id: Option<u64>,
        code: i64,
        reason: String,
    },
}

/// A frame that cannot be read. Nothing of it was used; a depth frame's loss will show as a gap in its symbol's update ids.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("read {exchange} frame: {reason}")]
    Unreadable { exchange: Exchange, reason: String },
    #[error("read {exchange} frame: {size_bytes} bytes are more than {FRAME_BYTES_MAX}")]
    TooLarge { exchange: Exchange, size_bytes: usize },
    #[error("read {exchange} depth frame: update ids {first}..={last} run backwards")]
    BackwardIds { exchange: Exchange, first: u64, last: u64 },
    #[error(transparent)]
    Number(#[from] DigitsError),
    #[error(transparent)]
    Time(#[from] TimestampError),
}

impl Exchange {
    pub const ALL: [Self; 1] = [Self::Binance];

    /// Tardis.dev's id.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
        }
    }

    /// The exchange's streams that feed a channel of ours.
    pub fn stream_names(self, symbol: &Symbol, channel: Channel) -> Vec<String> {
        match self {
            Self::Binance => binance::stream_names(symbol, channel),
        }
    }

    /// `id` comes back in [`Message::Accepted`] or [`Message::Refused`].
    pub fn subscribe_frame(self, id: u64, streams: &[String]) -> String {
        match self {
            Self::Binance => binance::subscribe_frame(id, streams),
        }
    }

    pub fn unsubscribe_frame(self, id: u64, streams: &[String]) -> String {
        match self {
            Self::Binance => binance::unsubscribe_frame(id, streams),
        }
    }

    /// Appends what the frame says, in the order trade, book, book_ticker. A frame without meaning for us (another stream) appends
    /// nothing. On an error nothing is appended.
    pub fn normalise(
        self,
        frame: &[u8],
        local_timestamp: Timestamp,
        messages: &mut Vec<Message>,
    ) -> Result<(), FrameError> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge { exchange: self, size_bytes: frame.len() });
        }
        match self {
            Self::Binance => binance::normalise(frame, local_timestamp, messages),
        }
    }

    /// Path and query of the REST request for what is listed.
    pub fn instruments_path(self) -> String {
        match self {
            Self::Binance => binance::instruments_path(),
        }
    }

    /// The body of a 200 answer to it, whatever its size. Symbols that we could not take are left out.
    pub fn parse_instruments(self, body: &[u8]) -> Result<Vec<Symbol>, FrameError> {
        match self {
            Self::Binance => binance::parse_instruments(body),
        }
    }

    /// Path and query of the REST request for a symbol's full book.
    pub fn snapshot_path(self, symbol: &Symbol) -> String {
        match self {
            Self::Binance => binance::snapshot_path(symbol),
        }
    }

    /// The body of a 200 answer to it.
    pub fn parse_snapshot(self, body: &[u8]) -> Result<Snapshot, FrameError> {
        if body.len() > FRAME_BYTES_MAX {
            return Err(FrameError::TooLarge { exchange: self, size_bytes: body.len() });
        }
        match self {
            Self::Binance => binance::parse_snapshot(body),
        }
    }
}

impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Exchange {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let known = Self::ALL.into_iter().find(|exchange| exchange.as_str() == text);
        known.ok_or_else(|| TopicError::UnknownExchange(text.to_owned()))
    }
}
