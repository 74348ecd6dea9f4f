//! Money as the console's API has it.

use serde::Serialize;
use utoipa::ToSchema;

/// An amount with all its digits, at most twelve decimals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Money {
    #[schema(example = "12.34")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    currency: String,
}

impl From<billing::Money> for Money {
    fn from(money: billing::Money) -> Self {
        Self { amount: money.amount().to_string(), currency: money.currency().to_string() }
    }
}

/// An amount as a document prints it: with all decimals of its currency.
pub(super) fn printed(money: billing::Money) -> String {
    let mut amount = money.round_document().amount();
    amount.rescale(money.currency().minor_units());
    amount.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use billing::Currency;

    #[test]
    fn documents_print_every_decimal_of_the_coin() {
        assert_eq!(printed(billing::Money::from_micros(0, Currency::USD)), "0.00");
        assert_eq!(printed(billing::Money::from_micros(1_500_000, Currency::USD)), "1.50");
        assert_eq!(printed(billing::Money::from_micros(5_000, Currency::USD)), "0.01");
        assert_eq!(printed(billing::Money::from_micros(2_000_000, Currency::parse("JPY").unwrap())), "2");
    }
}
