//! Holds: never less than what can be charged, and no more than what is available.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use billing::{Currency, HoldRequest, Money, Price, PriceError, Tokens, affordable_output, hold_amount};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn decimal(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap()
}

fn usd(amount: &str) -> Money {
    Money::new(decimal(amount), Currency::USD).unwrap()
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

fn hold(prices: &[Price], input_tokens: u64, output_tokens: u64) -> Result<Money, PriceError> {
    let request = HoldRequest { prices, input_tokens, output_tokens, fx_rate: Decimal::ONE };
    hold_amount(&request, Currency::USD)
}

#[test]
fn the_hold_of_gpt_4_1_is_what_the_readme_says() {
    assert_eq!(hold(&[price("2.00", "8.00")], 140, 256), Ok(usd("0.002328")));
}

#[test]
fn the_dearest_candidate_decides_wherever_it_stands() {
    let (cheap, dear) = (price("0.28", "0.42"), price("3", "15"));
    let expected = Ok(usd("0.018"));
    assert_eq!(hold(&[cheap.clone(), dear.clone()], 1_000, 1_000), expected);
    assert_eq!(hold(&[dear, cheap], 1_000, 1_000), expected);
}

#[test]
fn which_candidate_is_dearest_depends_on_the_bounds() {
    let (reads_dear, writes_dear) = (price("9", "1"), price("1", "9"));
    let prices = [reads_dear, writes_dear];
    assert_eq!(hold(&prices, 1_000_000, 0), Ok(usd("9")));
    assert_eq!(hold(&prices, 0, 1_000_000), Ok(usd("9")));
}

#[test]
fn input_is_held_at_its_dearest_class_and_output_at_its() {
    let price = Price {
        cache_write: Some(decimal("2.5")),
        cache_write_1h: Some(decimal("4")),
        cached_input: Some(decimal("0.2")),
        reasoning: Some(decimal("20")),
        ..price("2", "8")
    };
    assert_eq!(hold(&[price], 1_000_000, 1_000_000), Ok(usd("24")));
}

#[test]
fn a_hold_rounds_up_to_the_micro_unit() {
    assert_eq!(hold(&[price("0.000001", "0")], 1, 0), Ok(usd("0.000001")));
    assert_eq!(hold(&[price("1", "0")], 1, 0), Ok(usd("0.000001")));
    assert_eq!(hold(&[price("1.000000000001", "0")], 1, 0), Ok(usd("0.000002")));
    assert_eq!(hold(&[price("0", "0")], 1, 1), Ok(usd("0")));
}

#[test]
fn a_hold_is_in_the_tenants_currency_at_the_rate_of_the_charge() {
    let request = HoldRequest {
        prices: &[price("2", "8")],
        input_tokens: 1_000_000,
        output_tokens: 1_000_000,
        fx_rate: decimal("7.1234"),
    };
    let held = hold_amount(&request, Currency::CNY).unwrap();
    assert_eq!(held, Money::new(decimal("71.234"), Currency::CNY).unwrap());
}

#[test]
fn what_cannot_be_priced_is_not_held_at_nothing() {
    assert_eq!(hold(&[], 1, 1), Err(PriceError::NoCandidate));
    assert!(matches!(hold(&[price("1", "1"), price("-1", "1")], 1, 1), Err(PriceError::Negative(_))));
    assert_eq!(hold(&[price("1000000000", "1")], u64::MAX, 0), Err(PriceError::TooLarge));
}

#[test]
fn the_affordable_output_is_the_last_that_fits() {
    let prices = [price("2", "8")];
    let affordable = |available: &str, choices| affordable_output(&usd(available), &prices, 500, choices, Decimal::ONE);
    assert_eq!(affordable("0.001", 1), Some(0));
    assert_eq!(affordable("0.000999999999", 1), None);
    assert_eq!(affordable("0.001008", 1), Some(1));
    assert_eq!(affordable("0.001007999999", 1), Some(0));
    assert_eq!(affordable("0.002", 1), Some(125));
    assert_eq!(affordable("0.002", 2), Some(62));
    assert_eq!(affordable("0", 1), None);
    assert_eq!(affordable("-1", 1), None);
}

#[test]
fn nothing_is_affordable_where_nothing_can_be_priced() {
    assert_eq!(affordable_output(&usd("5"), &[], 1, 1, Decimal::ONE), None);
    assert_eq!(affordable_output(&usd("5"), &[price("1", "1")], 1, 1, Decimal::ZERO), None);
    assert_eq!(affordable_output(&usd("5"), &[price("1", "1"), price("1", "-1")], 1, 1, Decimal::ONE), None);
}

#[test]
fn a_balance_a_hair_below_zero_affords_not_even_what_is_free() {
    let free = [price("0", "0")];
    let affordable = |available| affordable_output(&usd(available), &free, 9, 1, Decimal::ONE);
    assert_eq!(affordable("-0.0000001"), None);
    assert_eq!(affordable("0.0000001"), Some(u64::MAX));
}

#[test]
fn free_output_is_unbounded_but_never_past_what_choices_can_multiply() {
    assert_eq!(affordable_output(&usd("0"), &[price("0", "0")], 9, 1, Decimal::ONE), Some(u64::MAX));
    assert_eq!(affordable_output(&usd("0"), &[price("0", "0")], 9, 4, Decimal::ONE), Some(u64::MAX / 4));
    assert_eq!(affordable_output(&usd("-0.000001"), &[price("0", "0")], 9, 1, Decimal::ONE), None);
}

fn any_price() -> impl Strategy<Value = Decimal> {
    (0i64..10_000_000, 4u32..=12).prop_map(|(units, scale)| Decimal::new(units, scale))
}

prop_compose! {
    fn any_prices()(
        input in any_price(),
        cached_input in prop::option::of(any_price()),
        cache_write in prop::option::of(any_price()),
        cache_write_1h in prop::option::of(any_price()),
        output in any_price(),
        reasoning in prop::option::of(any_price()),
        per_request in any_price(),
    ) -> Price {
        Price { input, cached_input, cache_write, cache_write_1h, output, reasoning, per_request }
    }
}

fn any_fx_rate() -> impl Strategy<Value = Decimal> {
    (1i64..=1_000_000, 0u32..=6).prop_map(|(units, scale)| Decimal::new(units, scale))
}

proptest! {
    #[test]
    fn a_charge_within_the_bounds_never_exceeds_the_hold(
        prices in prop::collection::vec(any_prices(), 1..4),
        chosen in any::<prop::sample::Index>(),
        inputs in prop::array::uniform4(0u64..1 << 20),
        outputs in prop::array::uniform2(0u64..1 << 20),
        fx_rate in any_fx_rate(),
    ) {
        let tokens = Tokens {
            input: inputs[0],
            cached_input: inputs[1],
            cache_write: inputs[2],
            cache_write_1h: inputs[3],
            output: outputs[0],
            reasoning: outputs[1],
        };
        let request = HoldRequest {
            prices: &prices,
            input_tokens: tokens.input_total(),
            output_tokens: tokens.output_total(),
            fx_rate,
        };
        let held = hold_amount(&request, Currency::USD).unwrap();
        let charge = chosen.get(&prices).charge(&tokens, fx_rate).unwrap();
        prop_assert!(charge.billed <= held.amount(), "{} > {}", charge.billed, held);
        prop_assert!(held.amount().scale() <= 6);
    }

    #[test]
    fn a_hold_is_less_than_a_micro_unit_above_the_dearest_charge(
        price in any_prices(),
        input_tokens in 0u64..1 << 20,
        output_tokens in 0u64..1 << 20,
        fx_rate in any_fx_rate(),
    ) {
        let only = Price {
            cached_input: None, cache_write: None, cache_write_1h: None, reasoning: None, ..price
        };
        let tokens = Tokens { input: input_tokens, output: output_tokens, ..Tokens::default() };
        let charge = only.charge(&tokens, fx_rate).unwrap().billed;
        let prices = [only];
        let request = HoldRequest { prices: &prices, input_tokens, output_tokens, fx_rate };
        let held = hold_amount(&request, Currency::USD).unwrap().amount();
        prop_assert!(held - charge <= Decimal::new(1, 6));
    }

    #[test]
    fn the_affordable_output_fits_and_one_more_does_not(
        prices in prop::collection::vec(any_prices(), 1..4),
        input_tokens in 0u64..1 << 20,
        choices in 1u64..8,
        fx_rate in any_fx_rate(),
        available in (-10i64.pow(6)..10i64.pow(14), 6u32..=12)
            .prop_map(|(units, scale)| Money::new(Decimal::new(units, scale), Currency::USD).unwrap()),
    ) {
        let fits = |output: u64| {
            let Some(output_tokens) = output.checked_mul(choices) else { return false };
            let request = HoldRequest { prices: &prices, input_tokens, output_tokens, fx_rate };
            hold_amount(&request, Currency::USD).is_ok_and(|held| held.amount() <= available.amount())
        };
        match affordable_output(&available, &prices, input_tokens, choices, fx_rate) {
            Some(output) => {
                prop_assert!(fits(output), "{output} does not fit");
                prop_assert!(output == u64::MAX || !fits(output + 1), "{output} is not the last");
            }
            None => prop_assert!(!fits(0), "0 would fit"),
        }
    }
}
