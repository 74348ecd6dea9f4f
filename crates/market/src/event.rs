//! The normalised messages, in Tardis.dev's vocabulary.

use crate::depth::Level;
use crate::digits::Digits;
use crate::instrument::Instrument;
use crate::text::Text;
use crate::timestamp::Timestamp;
use crate::topic::Channel;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub instrument: Instrument,
    /// The exchange's time, or the receive time where the exchange gives none.
    pub timestamp: Timestamp,
    /// When the bytes were read from the exchange's socket.
    pub local_timestamp: Timestamp,
    pub body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    Trade(Trade),
    BookChange(BookChange),
    BookTicker(BookTicker),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trade {
    pub id: TradeId,
    pub price: Digits,
    pub amount: Digits,
    /// The taker's side.
    pub side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Buy,
    Sell,
}

/// An exchange's id of a trade; text, because some are no numbers. Never needs escaping in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TradeId(Text);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookChange {
    /// True: the levels are the whole book. False: they are changes to it.
    pub snapshot: bool,
    pub bids: Vec<Level>,
    pub asks: Vec<Level>,
    /// Snapshots only: where knowledge of the book ends.
    pub coverage: Coverage,
}

/// The outermost prices up to which every level of a book is known. Beyond them only those levels are known that have changed
/// since the exchange's limited snapshot. `None`: the whole side is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage {
    pub bids_down_to: Option<Digits>,
    pub asks_up_to: Option<Digits>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookTicker {
    pub ask_price: Digits,
    pub ask_amount: Digits,
    pub bid_price: Digits,
    pub bid_amount: Digits,
}

impl Event {
    pub fn channel(&self) -> Channel {
        match self.body {
            Body::Trade(_) => Channel::Trade,
            Body::BookChange(_) => Channel::BookChange,
            Body::BookTicker(_) => Channel::BookTicker,
        }
    }
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }
}

impl TradeId {
    /// Printable ASCII of at most 128 bytes without quote and backslash, else `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
        (!text.is_empty() && text.len() <= 128 && text.bytes().all(plain)).then(|| Self(Text::new(text)))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
