//! Charges recomputed by long multiplication on decimal digits, which shares nothing with the code.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use billing::{Price, PriceError, TokenClass, Tokens};
use proptest::prelude::*;
use rust_decimal::Decimal;

/// A whole number by its decimal digits, the last first: slow, and easy to believe.
mod by_hand {
    use rust_decimal::Decimal;

    pub(crate) fn number(text: &str) -> Vec<u8> {
        text.bytes().rev().map(|digit| digit - b'0').collect()
    }

    /// A value of at most twelve decimals, times 10¹².
    pub(crate) fn in_units(value: Decimal) -> Vec<u8> {
        let text = value.to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        number(&format!("{whole}{part:0<12}"))
    }

    pub(crate) fn add(left: &[u8], right: &[u8]) -> Vec<u8> {
        let length = left.len().max(right.len());
        let digit = |number: &[u8], index: usize| u32::from(number.get(index).copied().unwrap_or(0));
        carry((0..length).map(|index| digit(left, index) + digit(right, index)).collect())
    }

    pub(crate) fn multiply(left: &[u8], right: &[u8]) -> Vec<u8> {
        let mut columns = vec![0u32; left.len() + right.len()];
        for (i, a) in left.iter().enumerate() {
            for (j, b) in right.iter().enumerate() {
                columns[i + j] += u32::from(*a) * u32::from(*b);
            }
        }
        carry(columns)
    }

    fn carry(columns: Vec<u32>) -> Vec<u8> {
        let mut carried = 0;
        let mut digits = Vec::new();
        for column in columns {
            carried += column;
            digits.push((carried % 10) as u8);
            carried /= 10;
        }
        while carried > 0 {
            digits.push((carried % 10) as u8);
            carried /= 10;
        }
        digits
    }

    /// Cuts the last digits off; the first of them decides, as at school.
    pub(crate) fn without_last(number: &[u8], cut: usize) -> Vec<u8> {
        let up = u8::from(number.get(cut - 1).is_some_and(|first_cut| *first_cut >= 5));
        add(number.get(cut..).unwrap_or(&[]), &[up])
    }

    /// Units of 10⁻¹² as a decimal.
    pub(crate) fn from_units(number: &[u8]) -> Decimal {
        let text: String = number.iter().rev().map(|digit| char::from(digit + b'0')).collect();
        Decimal::from_i128_with_scale(text.parse().unwrap(), 12)
    }
}

fn any_price() -> impl Strategy<Value = Decimal> {
    (0i128..10i128.pow(15), 0u32..=12).prop_map(|(units, scale)| Decimal::from_i128_with_scale(units, scale))
}

fn small_price() -> impl Strategy<Value = Decimal> {
    (0i128..10i128.pow(9), 6u32..=12).prop_map(|(units, scale)| Decimal::from_i128_with_scale(units, scale))
}

prop_compose! {
    fn any_prices()(
        input in small_price(),
        cached_input in prop::option::of(small_price()),
        cache_write in prop::option::of(small_price()),
        cache_write_1h in prop::option::of(small_price()),
        output in any_price(),
        reasoning in prop::option::of(small_price()),
        per_request in small_price(),
    ) -> Price {
        Price { input, cached_input, cache_write, cache_write_1h, output, reasoning, per_request }
    }
}

prop_compose! {
    fn any_tokens()(counts in prop::array::uniform6(0u64..1 << 20)) -> Tokens {
        let [input, cached_input, cache_write, cache_write_1h, output, reasoning] = counts;
        Tokens { input, cached_input, cache_write, cache_write_1h, output, reasoning }
    }
}

fn any_fx_rate() -> impl Strategy<Value = Decimal> {
    (1i64..=10_000_000, 0u32..=12).prop_map(|(units, scale)| Decimal::new(units, scale))
}

proptest! {
    #[test]
    fn a_charge_is_what_long_multiplication_gives(
        price in any_prices(),
        tokens in any_tokens(),
        fx_rate in any_fx_rate(),
    ) {
        let mut exact = by_hand::multiply(&by_hand::in_units(price.per_request), &by_hand::number("1000000"));
        for class in TokenClass::ALL {
            let part = by_hand::multiply(
                &by_hand::in_units(price.rate(class)),
                &by_hand::number(&tokens.get(class).to_string()),
            );
            exact = by_hand::add(&exact, &part);
        }
        let billed = by_hand::multiply(&exact, &by_hand::in_units(fx_rate));
        match price.charge(&tokens, fx_rate) {
            Ok(charge) => {
                prop_assert_eq!(charge.usd, by_hand::from_units(&by_hand::without_last(&exact, 6)));
                prop_assert_eq!(charge.billed, by_hand::from_units(&by_hand::without_last(&billed, 18)));
            }
            Err(error) => {
                prop_assert_eq!(error, PriceError::TooLarge);
                prop_assert!(by_hand::without_last(&billed, 18 + 28).iter().any(|digit| *digit > 0));
            }
        }
    }

    #[test]
    fn more_tokens_never_cost_less(
        price in any_prices(),
        tokens in any_tokens(),
        more in any_tokens(),
        fx_rate in (1i64..=10_000, 0u32..=4).prop_map(|(units, scale)| Decimal::new(units, scale)),
    ) {
        let less = price.charge(&tokens, fx_rate);
        let greater = price.charge(&tokens.saturating_add(more), fx_rate);
        prop_assume!(less.is_ok() && greater.is_ok());
        let (less, greater) = (less.unwrap(), greater.unwrap());
        prop_assert!(less.usd <= greater.usd && less.billed <= greater.billed);
    }

    #[test]
    fn at_a_rate_of_one_both_numbers_are_the_same(price in any_prices(), tokens in any_tokens()) {
        let charge = price.charge(&tokens, Decimal::ONE).unwrap();
        prop_assert_eq!(charge.usd, charge.billed);
    }
}
