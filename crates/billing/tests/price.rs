//! Charges: equal to sums done by hand, rounded once, half away from zero.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use billing::{Charge, Price, PriceError, TokenClass, Tokens};
use rust_decimal::Decimal;

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn price(input: &str, output: &str) -> Price {
    Price {
        input: decimal(input),
        cached_input: None,
        cache_write: None,
        cache_write_1h: None,
        output: decimal(output),
        reasoning: None,
        per_request: Decimal::ZERO,
    }
}

fn input(tokens: u64) -> Tokens {
    Tokens { input: tokens, ..Tokens::default() }
}

fn usd(price: &Price, tokens: &Tokens) -> Decimal {
    price.charge(tokens, Decimal::ONE).unwrap().usd
}

#[test]
fn a_request_of_gpt_4_1_costs_what_the_readme_says() {
    let tokens = Tokens { input: 123, output: 45, ..Tokens::default() };
    let charge = price("2.00", "8.00").charge(&tokens, decimal("7.1234")).unwrap();
    assert_eq!(charge, Charge { usd: decimal("0.000606"), billed: decimal("0.0043167804") });
}

#[test]
fn one_token_of_the_cheapest_class_is_not_lost() {
    let price = Price { cached_input: Some(decimal("0.0028")), ..price("0.28", "0.42") };
    let cached = Tokens { cached_input: 1, ..Tokens::default() };
    assert_eq!(usd(&price, &cached), decimal("0.0000000028"));
}

#[test]
fn a_tie_rounds_away_from_zero_where_a_bankers_would_not() {
    // 1 token × 0.0000025 / 10⁶ = 2.5 × 10⁻¹²; a banker's rounding gives 2.
    assert_eq!(usd(&price("0.0000025", "0"), &input(1)), decimal("0.000000000003"));
    assert_eq!(usd(&price("0.000002499999", "0"), &input(1)), decimal("0.000000000002"));
    assert_eq!(usd(&price("0.0000005", "0"), &input(1)), decimal("0.000000000001"));
}

#[test]
fn classes_are_summed_before_rounding() {
    // Each class by itself is 0.4 × 10⁻¹² and would round to nothing.
    let tokens = Tokens { input: 1, output: 1, ..Tokens::default() };
    assert_eq!(usd(&price("0.0000004", "0.0000004"), &tokens), decimal("0.000000000001"));
}

#[test]
fn the_billed_amount_is_not_made_from_the_rounded_usd() {
    // 0.4 × 10⁻¹² USD rounds to nothing; times 1,000 it is 0.4 × 10⁻⁹.
    let charge = price("0.0000004", "0").charge(&input(1), decimal("1000")).unwrap();
    assert_eq!(charge.usd, Decimal::ZERO);
    assert_eq!(charge.billed, decimal("0.0000000004"));
}

#[test]
fn a_price_per_request_is_charged_once_whatever_the_tokens() {
    let price = Price { per_request: decimal("0.01"), ..price("1", "1") };
    assert_eq!(usd(&price, &Tokens::default()), decimal("0.01"));
    assert_eq!(usd(&price, &input(1_000_000)), decimal("1.01"));
}

#[test]
fn a_class_without_a_price_costs_what_it_falls_back_to() {
    let plain = price("2", "8");
    for class in TokenClass::ALL {
        let expected = match class {
            TokenClass::Output | TokenClass::Reasoning => decimal("8"),
            _ => decimal("2"),
        };
        assert_eq!(plain.rate(class), expected, "{class}");
    }
    let cached = Price { cache_write: Some(decimal("2.5")), ..price("2", "8") };
    assert_eq!(cached.rate(TokenClass::CacheWrite1h), decimal("2.5"));
    let hour = Price { cache_write_1h: Some(decimal("4")), ..cached };
    assert_eq!(hour.rate(TokenClass::CacheWrite1h), decimal("4"));
    assert_eq!(hour.rate(TokenClass::CacheWrite), decimal("2.5"));
}

#[test]
fn each_class_is_charged_at_its_own_price() {
    let price = Price {
        input: decimal("1"),
        cached_input: Some(decimal("20")),
        cache_write: Some(decimal("300")),
        cache_write_1h: Some(decimal("4000")),
        output: decimal("50000"),
        reasoning: Some(decimal("600000")),
        per_request: Decimal::ZERO,
    };
    let tokens = Tokens { input: 1, cached_input: 1, cache_write: 1, cache_write_1h: 1, output: 1, reasoning: 1 };
    assert_eq!(usd(&price, &tokens), decimal("0.654321"));
}

#[test]
fn prices_that_cannot_be_charged_are_refused_early_and_late() {
    let too_precise = price("0.0000000000001", "1");
    let negative = Price { cached_input: Some(decimal("-1")), ..price("1", "1") };
    let negative_request = Price { per_request: decimal("-0.01"), ..price("1", "1") };
    assert!(matches!(too_precise.charge(&input(1), Decimal::ONE), Err(PriceError::TooPrecise(_))));
    assert!(matches!(too_precise.validated(), Err(PriceError::TooPrecise(_))));
    assert!(matches!(negative.charge(&input(1), Decimal::ONE), Err(PriceError::Negative(_))));
    assert!(matches!(negative.validated(), Err(PriceError::Negative(_))));
    assert!(matches!(negative_request.validated(), Err(PriceError::Negative(_))));
    let hidden = Price { reasoning: Some(decimal("1")), output: decimal("-1"), ..price("1", "1") };
    assert!(hidden.validated().is_err());
    assert_eq!(price("2", "8").validated(), Ok(price("2", "8")));
}

#[test]
fn a_rate_of_exchange_must_be_above_zero_and_exact() {
    let price = price("1", "1");
    assert!(matches!(price.charge(&input(1), Decimal::ZERO), Err(PriceError::FxRate(_))));
    assert!(matches!(price.charge(&input(1), decimal("-1")), Err(PriceError::FxRate(_))));
    assert!(matches!(price.charge(&input(1), decimal("1.0000000000001")), Err(PriceError::TooPrecise(_))));
}

#[test]
fn a_charge_too_large_to_be_exact_is_an_error_not_a_number() {
    let dear = price("1000000", "1");
    assert_eq!(usd(&dear, &input(10_000_000_000_000_000)), decimal("10000000000000000"));
    assert_eq!(dear.charge(&input(10_000_000_000_000_001), Decimal::ONE), Err(PriceError::TooLarge));
    let a_unit_more = Price { per_request: Decimal::new(1, 12), ..dear.clone() };
    assert_eq!(a_unit_more.charge(&input(10_000_000_000_000_000), Decimal::ONE), Err(PriceError::TooLarge));
    let absurd = Price { input: Decimal::MAX, ..price("1", "1") };
    assert_eq!(absurd.charge(&input(u64::MAX), Decimal::MAX), Err(PriceError::TooLarge));
}

#[test]
fn a_price_is_read_from_decimal_strings_only() {
    let json = r#"{"input":"2.00","cached_input":"0.50","output":"8.00"}"#;
    let read: Price = serde_json::from_str(json).unwrap();
    assert_eq!(read, Price { cached_input: Some(decimal("0.5")), ..price("2", "8") });
    let again = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Price>(&again).unwrap(), read);
    for refused in [
        r#"{"input":2.00,"output":"8.00"}"#,
        r#"{"input":"2.00","output":"8.00","cached_input":0.5}"#,
        r#"{"input":"2.00"}"#,
        r#"{"input":"2.00","output":"8.00","cached":"0.5"}"#,
    ] {
        assert!(serde_json::from_str::<Price>(refused).is_err(), "{refused}");
    }
}
