//! Amounts: nothing is rounded unasked, and every rounding goes the way its name says.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use billing::{Currency, FxError, FxQuote, Money, MoneyError};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn usd(amount: &str) -> Money {
    money(amount, "USD")
}

fn money(amount: &str, currency: &str) -> Money {
    let amount = Decimal::from_str_exact(amount).unwrap();
    Money::new(amount, Currency::parse(currency).unwrap()).unwrap()
}

/// 10⁻¹² units up to the bound of 10¹⁶, of either sign.
fn any_usd() -> impl Strategy<Value = Money> {
    let largest = 10i128.pow(28);
    (-largest..=largest).prop_map(|units| Money::new(Decimal::from_i128_with_scale(units, 12), Currency::USD).unwrap())
}

#[test]
fn a_thirteenth_decimal_is_refused_not_rounded() {
    let amount = Decimal::from_str_exact("0.0000000000001").unwrap();
    assert_eq!(Money::new(amount, Currency::USD), Err(MoneyError::TooPrecise(amount)));
    assert!(Money::new(Decimal::from_str_exact("0.1000000000000").unwrap(), Currency::USD).is_ok());
}

#[test]
fn the_bound_is_ten_to_the_sixteenth_either_way() {
    let bound = Decimal::from_i128_with_scale(10i128.pow(16), 0);
    let beyond = bound + Decimal::new(1, 12);
    for (inside, outside) in [(bound, beyond), (-bound, -beyond)] {
        assert!(Money::new(inside, Currency::USD).is_ok());
        assert_eq!(Money::new(outside, Currency::USD), Err(MoneyError::TooLarge));
    }
    let most = Money::new(bound, Currency::USD).unwrap();
    assert_eq!(most.checked_add(usd("0.000000000001")), Err(MoneyError::TooLarge));
    assert_eq!(most.checked_sub(usd("0.000000000001")).unwrap(), usd("9999999999999999.999999999999"));
}

#[test]
fn zero_has_no_sign() {
    let zero = usd("0").negate();
    assert_eq!(zero.amount().to_string(), "0");
    assert!(!zero.is_negative() && !usd("-0.00").is_negative());
    assert_eq!(usd("-0.00").to_string(), "0 USD");
}

#[test]
fn currencies_do_not_mix() {
    let mismatch = MoneyError::CurrencyMismatch { left: Currency::USD, right: Currency::CNY };
    assert_eq!(usd("1").checked_add(money("1", "CNY")), Err(mismatch.clone()));
    assert_eq!(usd("1").checked_sub(money("1", "CNY")), Err(mismatch));
    assert_ne!(usd("0"), money("0", "CNY"));
}

#[test]
fn a_currency_is_three_capital_letters() {
    assert_eq!(Currency::parse("JPY").unwrap().as_str(), "JPY");
    for code in ["", "US", "USDT", "usd", "U$D", "Ü1", "US "] {
        assert!(Currency::parse(code).is_err(), "{code}");
    }
}

#[test]
fn coins_have_the_decimals_of_iso_4217() {
    for (code, decimals) in [
        ("JPY", 0),
        ("KRW", 0),
        ("VND", 0),
        ("KWD", 3),
        ("BHD", 3),
        ("OMR", 3),
        ("JOD", 3),
        ("TND", 3),
        ("USD", 2),
        ("CNY", 2),
        ("EUR", 2),
    ] {
        assert_eq!(Currency::parse(code).unwrap().minor_units(), decimals, "{code}");
    }
}

#[test]
fn documents_round_half_away_from_zero_to_the_coin() {
    for (exact, rounded) in
        [("2.345", "2.35"), ("2.355", "2.36"), ("-2.345", "-2.35"), ("2.344999999999", "2.34"), ("0.004", "0")]
    {
        assert_eq!(usd(exact).round_document(), usd(rounded), "{exact}");
    }
    assert_eq!(money("2.5", "JPY").round_document(), money("3", "JPY"));
    assert_eq!(money("1.2345", "KWD").round_document(), money("1.235", "KWD"));
    assert_eq!(usd("9999999999999999.999").round_document(), usd("10000000000000000"));
}

#[test]
fn micros_round_up_for_spending_and_down_for_credit() {
    for (amount, down, up) in [
        ("0.0000011", 1, 2),
        ("-0.0000011", -2, -1),
        ("0.000000000001", 0, 1),
        ("-0.000000000001", -1, 0),
        ("5", 5_000_000, 5_000_000),
        ("-1.5", -1_500_000, -1_500_000),
    ] {
        assert_eq!(usd(amount).micros_down(), Ok(down), "{amount} down");
        assert_eq!(usd(amount).micros_up(), Ok(up), "{amount} up");
    }
}

#[test]
fn micros_end_where_doubles_stop_being_exact() {
    let largest = (1i64 << 53) - 1;
    for micros in [largest, -largest] {
        let amount = Money::from_micros(micros, Currency::USD);
        assert_eq!(amount.micros_up(), Ok(micros));
        assert_eq!(amount.micros_down(), Ok(micros));
    }
    let beyond = Money::from_micros(largest + 1, Currency::USD);
    assert_eq!(beyond.micros_down(), Err(MoneyError::TooLarge));
    assert_eq!(beyond.negate().micros_up(), Err(MoneyError::TooLarge));
    let between = Money::from_micros(largest, Currency::USD).checked_add(usd("0.0000001")).unwrap();
    assert_eq!(between.micros_down(), Ok(largest));
    assert_eq!(between.micros_up(), Err(MoneyError::TooLarge));
}

#[test]
fn json_has_the_amount_as_plain_text() {
    let json = |amount| serde_json::to_string(&amount).unwrap();
    assert_eq!(json(usd("12.3400")), r#"{"amount":"12.34","currency":"USD"}"#);
    assert_eq!(json(usd("0.000000000001")), r#"{"amount":"0.000000000001","currency":"USD"}"#);
    assert_eq!(json(usd("-100")), r#"{"amount":"-100","currency":"USD"}"#);
    assert_eq!(json(usd("0.00").negate()), r#"{"amount":"0","currency":"USD"}"#);
}

#[test]
fn json_that_is_not_exact_is_refused() {
    for json in [
        r#"{"amount":12.34,"currency":"USD"}"#,
        r#"{"amount":"0.0000000000001","currency":"USD"}"#,
        r#"{"amount":"0.00000000000000000000000000000000001","currency":"USD"}"#,
        r#"{"amount":"1e3","currency":"USD"}"#,
        r#"{"amount":"","currency":"USD"}"#,
        r#"{"amount":"1","currency":"usd"}"#,
        r#"{"amount":"10000000000000001","currency":"USD"}"#,
    ] {
        assert!(serde_json::from_str::<Money>(json).is_err(), "{json}");
    }
}

#[test]
fn a_quote_that_cannot_price_is_refused() {
    let quote = |base: &str, quote: &str, rate: &str| FxQuote {
        id: uuid::Uuid::from_u128(1),
        base: Currency::parse(base).unwrap(),
        quote: Currency::parse(quote).unwrap(),
        rate: Decimal::from_str_exact(rate).unwrap(),
        source: "European Central Bank".to_owned(),
        as_of: "2026-11-20T15:00:00Z".parse().unwrap(),
    };
    assert_eq!(quote("USD", "CNY", "7.123456789012").convertible(), Ok(()));
    assert_eq!(quote("USD", "USD", "1.000").convertible(), Ok(()));
    for rate in ["0", "-7.1"] {
        assert!(matches!(quote("USD", "CNY", rate).convertible(), Err(FxError::NotPositive { .. })));
    }
    assert!(matches!(quote("USD", "CNY", "7.1234567890123").convertible(), Err(FxError::TooPrecise { .. })));
    assert!(matches!(quote("USD", "USD", "1.01").convertible(), Err(FxError::NotIdentity { .. })));
}

#[test]
fn a_quote_keeps_its_rate_exactly_in_json() {
    let json = r#"{"id":"018f6a2e-3b7c-7def-8123-456789abcdef","base":"USD","quote":"CNY","rate":"7.1234","source":"ECB","as_of":"2026-11-20T15:00:00Z"}"#;
    let quote: FxQuote = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&quote).unwrap(), json);
    assert!(serde_json::from_str::<FxQuote>(&json.replace("\"7.1234\"", "7.1234")).is_err());
}

proptest! {
    #[test]
    fn adding_and_taking_away_again_changes_nothing(left in any_usd(), right in any_usd()) {
        if let Ok(sum) = left.checked_add(right) {
            prop_assert_eq!(sum.checked_sub(right).unwrap(), left);
            prop_assert_eq!(right.checked_add(left).unwrap(), sum);
        }
        prop_assert_eq!(left.negate().negate(), left);
        prop_assert!(left.checked_sub(left).unwrap().is_zero());
    }

    #[test]
    fn json_and_back_is_the_same_amount(amount in any_usd()) {
        let json = serde_json::to_string(&amount).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), amount);
    }

    #[test]
    fn micros_enclose_the_amount_by_less_than_one(units in -(10i128.pow(21))..10i128.pow(21)) {
        let amount = Money::new(Decimal::from_i128_with_scale(units, 12), Currency::USD).unwrap();
        let down = i128::from(amount.micros_down().unwrap()) * 1_000_000;
        let up = i128::from(amount.micros_up().unwrap()) * 1_000_000;
        prop_assert!(down <= units && units <= up);
        prop_assert!(units - down < 1_000_000 && up - units < 1_000_000);
    }

    #[test]
    fn a_document_is_within_half_a_coin(amount in any_usd()) {
        let off = amount.round_document().checked_sub(amount).unwrap().amount().abs();
        prop_assert!(off <= Decimal::new(5, 3));
    }
}
