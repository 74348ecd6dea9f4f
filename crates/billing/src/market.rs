//! A market minute as a request: one clock minute of one connection, priced and counted in a request's own terms.
//!
//! Its input tokens are **topic minutes**: each topic that was held at any time in the minute counts once. Its price per request is
//! the connection minute.

use rust_decimal::Decimal;

use crate::meter::Tokens;
use crate::price::{Price, PriceError};

/// Under which model's name prices and usage rows of market minutes stand. No model of a catalogue may have it.
pub const MARKET: &str = "market";

/// Prices are given per topic minute, and kept per million.
const TOPIC_MINUTES_PER_PRICE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Both in USD. Refuses what could not be charged exactly.
pub fn minute_price(connection_minute: Decimal, topic_minute: Decimal) -> Result<Price, PriceError> {
    let input = topic_minute.checked_mul(TOPIC_MINUTES_PER_PRICE).ok_or(PriceError::TooLarge)?;
    Price { input, per_request: connection_minute, ..Price::free() }.validated()
}

/// What a minute counts.
pub const fn minute_tokens(topics: u64) -> Tokens {
    Tokens { input: topics, cached_input: 0, cache_write: 0, cache_write_1h: 0, output: 0, reasoning: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_minute_costs_its_connection_and_each_of_its_topics() {
        let price = minute_price(decimal("0.0002"), decimal("0.0001")).unwrap();
        let charge = |topics| price.charge(&minute_tokens(topics), Decimal::ONE).unwrap().billed;
        assert_eq!(charge(0), decimal("0.0002"));
        assert_eq!(charge(3), decimal("0.0005"));
    }

    #[test]
    fn a_price_that_could_not_be_charged_exactly_is_refused() {
        assert!(minute_price(decimal("-1"), Decimal::ZERO).is_err());
        assert!(minute_price(Decimal::ZERO, Decimal::MAX).is_err());
    }
}
