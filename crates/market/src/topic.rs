//! What can be subscribed to, and the numbers that its messages carry.

use std::fmt;
use std::str::FromStr;

use crate::exchange::Exchange;
use crate::instrument::{Instrument, Symbol};

/// A kind of message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    Trade,
    BookChange,
    BookTicker,
}

/// A stream of messages, numbered on its own. Its text is `exchange:channel:symbol`, symbol last because some contain colons.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic {
    pub instrument: Instrument,
    pub channel: Channel,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    #[error("read topic: not in the form exchange:channel:symbol")]
    Malformed,
    #[error("read topic: exchange {0:?} is not served")]
    UnknownExchange(String),
    #[error("read topic: channel {0:?} is not served")]
    UnknownChannel(String),
    #[error("read topic: {0:?} is no symbol")]
    BadSymbol(String),
}

/// The place of one message in its topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbered {
    pub epoch: u64,
    pub sequence: u64,
}

/// Hands out a topic's numbers: from 1 in each epoch, one more for each message.
#[derive(Debug, Clone)]
pub struct Numbering {
    last: Numbered,
}

impl Channel {
    pub const ALL: [Self; 3] = [Self::Trade, Self::BookChange, Self::BookTicker];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::BookChange => "book_change",
            Self::BookTicker => "book_ticker",
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let known = Self::ALL.into_iter().find(|channel| channel.as_str() == text);
        known.ok_or_else(|| TopicError::UnknownChannel(text.to_owned()))
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.instrument.exchange, self.channel, self.instrument.symbol)
    }
}

impl FromStr for Topic {
    type Err = TopicError;
    fn from_str(text: &str) -> Result<Self, TopicError> {
        let mut parts = text.splitn(3, ':');
        let (Some(exchange), Some(channel), Some(symbol)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(TopicError::Malformed);
        };
        let exchange: Exchange = exchange.parse()?;
        let channel = channel.parse()?;
        let symbol = Symbol::parse(symbol).map_err(|_| TopicError::BadSymbol(symbol.to_owned()))?;
        Ok(Self { instrument: Instrument { exchange, symbol }, channel })
    }
}

impl Numbered {
    /// 0 for an epoch's first message.
    pub fn prev_sequence(self) -> u64 {
        self.sequence.saturating_sub(1)
    }
}

impl Numbering {
    /// The epoch must be higher than every earlier one of the topic (a lease's fencing number): it is how a subscriber knows that
    /// the count has begun anew.
    pub fn new(epoch: u64) -> Self {
        Self { last: Numbered { epoch, sequence: 0 } }
    }

    pub fn take(&mut self) -> Numbered {
        self.last.sequence += 1;
        self.last
    }

    /// The number taken last; sequence 0 if none was.
    pub fn last(&self) -> Numbered {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_topic_survives_its_text() {
        let topic: Topic = "binance:book_change:btcusdt".parse().unwrap();
        assert_eq!(topic.to_string(), "binance:book_change:BTCUSDT");
        assert_eq!(topic.to_string().parse(), Ok(topic));
        assert_eq!("binance:trade:A:B".parse::<Topic>().unwrap().instrument.symbol.as_str(), "A:B");
    }

    #[test]
    fn a_refused_topic_names_the_part_that_is_wrong() {
        let refused = |text: &str| text.parse::<Topic>().unwrap_err();
        assert_eq!(refused("binance:trade"), TopicError::Malformed);
        assert_eq!(refused("nyse:trade:BTCUSDT"), TopicError::UnknownExchange("nyse".into()));
        assert_eq!(refused("binance:candle:BTCUSDT"), TopicError::UnknownChannel("candle".into()));
        assert_eq!(refused("binance:trade:"), TopicError::BadSymbol("".into()));
    }

    #[test]
    fn numbers_begin_at_one_and_name_the_one_before() {
        let mut numbering = Numbering::new(7);
        assert_eq!(numbering.last().sequence, 0);
        let (first, second) = (numbering.take(), numbering.take());
        assert_eq!((first.epoch, first.prev_sequence(), first.sequence), (7, 0, 1));
        assert_eq!((second.prev_sequence(), second.sequence), (1, 2));
        assert_eq!(numbering.last(), second);
    }

    proptest! {
        #[test]
        fn any_text_is_a_topic_or_refused(text in ".{0,40}") {
            let _ = text.parse::<Topic>();
        }
    }
}
