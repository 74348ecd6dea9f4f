//! The names of streams.

/// What a symbol's stream carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// `@depth@100ms`: what changed in each tenth of a second.
    FastDepth,
    /// `@depth`: what changed in each second.
    SlowDepth,
    Trade,
    AggregateTrade,
    BookTicker,
}

pub(crate) const CHANNELS: [Channel; 5] =
    [Channel::FastDepth, Channel::SlowDepth, Channel::Trade, Channel::AggregateTrade, Channel::BookTicker];

impl Channel {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FastDepth => "depth@100ms",
            Self::SlowDepth => "depth",
            Self::Trade => "trade",
            Self::AggregateTrade => "aggTrade",
            Self::BookTicker => "bookTicker",
        }
    }
}

/// Splits `btcusdt@trade` into the symbol in upper case and the channel. `None` for whatever never carries anything
/// here, among it every name whose symbol is not in lower case, as at the exchange.
pub(crate) fn parse(name: &str) -> Option<(String, Channel)> {
    let (symbol, channel) = name.split_once('@')?;
    if symbol.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let channel = CHANNELS.into_iter().find(|known| known.name() == channel)?;
    Some((symbol.to_ascii_uppercase(), channel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_symbols_and_exact_channels_are_streams() {
        assert_eq!(parse("btcusdt@depth@100ms"), Some(("BTCUSDT".to_owned(), Channel::FastDepth)));
        assert_eq!(parse("btcusdt@aggTrade"), Some(("BTCUSDT".to_owned(), Channel::AggregateTrade)));
        for silent in ["BTCUSDT@trade", "Btcusdt@trade", "btcusdt@aggtrade", "btcusdt", "btcusdt@depth@50ms", "0", ""] {
            assert_eq!(parse(silent), None, "{silent}");
        }
    }
}
