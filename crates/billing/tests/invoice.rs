//! Drafts: lines add up to the document, whatever the coin.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use billing::{Currency, Draft, DraftError, Money, MoneyError, Period, UsageTotal, draft};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn money(amount: &str, currency: &str) -> Money {
    Money::new(Decimal::from_str_exact(amount).unwrap(), Currency::parse(currency).unwrap()).unwrap()
}

fn use_of(model: &str, exact: Money) -> UsageTotal {
    UsageTotal {
        model: model.to_owned(),
        requests: 3,
        tokens: 700,
        exact,
        late: false,
        from: "2026-11-02T08:00:00Z".parse().unwrap(),
        to: "2026-11-29T20:00:00Z".parse().unwrap(),
    }
}

fn november(currency: &str, totals: Vec<UsageTotal>) -> Result<Draft, DraftError> {
    draft(Period::parse("2026-11").unwrap(), Currency::parse(currency).unwrap(), totals)
}

fn amounts(draft: &Draft) -> Vec<String> {
    draft.lines.iter().map(|line| line.amount.amount().to_string()).collect()
}

#[test]
fn eighty_one_lines_lose_no_cent() {
    // https://github.com/useautumn/autumn/issues/3407: rounding each line lost two cents of a hundred.
    let exact = money("1.234567901235", "USD");
    let totals = (0..81).map(|n| use_of(&format!("model-{n:02}"), exact)).collect();
    let draft = november("USD", totals).unwrap();
    assert_eq!(draft.subtotal, money("100", "USD"));
    let sum: Decimal = draft.lines.iter().map(|line| line.amount.amount()).sum();
    assert_eq!(sum, Decimal::from(100));
}

#[test]
fn the_missing_coins_go_to_the_largest_remainders() {
    let totals = vec![
        use_of("a", money("0.333", "USD")),
        use_of("b", money("0.338", "USD")),
        use_of("c", money("0.334", "USD")),
    ];
    // 1.005 rounds to 1.01: two coins are missing from 0.33 three times.
    let draft = november("USD", totals).unwrap();
    assert_eq!(draft.subtotal, money("1.01", "USD"));
    assert_eq!(amounts(&draft), ["0.33", "0.34", "0.34"]);
}

#[test]
fn equal_remainders_are_served_in_line_order() {
    let totals = ["c", "a", "b"].map(|model| use_of(model, money("0.005", "USD"))).to_vec();
    let draft = november("USD", totals).unwrap();
    assert_eq!(draft.subtotal, money("0.02", "USD"));
    assert_eq!(amounts(&draft), ["0.01", "0.01", "0"]);
}

#[test]
fn lines_stand_by_model_and_late_ones_after_the_others() {
    let late = |model| UsageTotal { late: true, ..use_of(model, money("1", "USD")) };
    let totals = vec![late("b"), late("a"), use_of("b", money("2", "USD")), use_of("a", money("3", "USD"))];
    let draft = november("USD", totals).unwrap();
    let lines: Vec<_> = draft.lines.iter().map(|line| (line.model.as_str(), line.late)).collect();
    assert_eq!(lines, [("a", false), ("a", true), ("b", false), ("b", true)]);
}

#[test]
fn a_line_keeps_what_it_was_made_from() {
    let total = use_of("gpt-4.1", money("0.0043167804", "CNY"));
    let draft = november("CNY", vec![total.clone()]).unwrap();
    let line = &draft.lines[0];
    assert_eq!((line.requests, line.tokens, line.from, line.to), (3, 700, total.from, total.to));
    assert_eq!(line.exact, total.exact);
    assert_eq!(draft.exact_total, total.exact);
    assert!(line.amount.is_zero());
}

#[test]
fn what_was_charged_has_been_paid_from_the_balance() {
    let draft = november("JPY", vec![use_of("a", money("12.5", "JPY"))]).unwrap();
    assert_eq!(draft.total, money("13", "JPY"));
    assert_eq!(draft.paid_from_balance, draft.total);
    assert!(draft.tax.is_zero() && draft.amount_due.is_zero());
}

#[test]
fn a_period_without_use_has_a_draft_of_nothing() {
    let draft = november("USD", Vec::new()).unwrap();
    assert!(draft.lines.is_empty());
    assert_eq!(draft.total, Money::zero(Currency::USD));
}

#[test]
fn use_in_another_currency_or_below_zero_stops_the_draft() {
    let foreign = november("USD", vec![use_of("a", money("1", "CNY"))]);
    assert!(matches!(foreign, Err(DraftError::Money(MoneyError::CurrencyMismatch { .. }))));
    let negative = november("USD", vec![use_of("a", money("-0.000000000001", "USD"))]);
    assert!(matches!(negative, Err(DraftError::Negative { .. })));
}

#[test]
fn a_draft_in_json_has_money_as_text() {
    let draft = november("USD", vec![use_of("a", money("1.5", "USD"))]).unwrap();
    let json = serde_json::to_value(&draft).unwrap();
    assert_eq!(json["period"], "2026-11");
    assert_eq!(json["total"]["amount"], "1.5");
    assert_eq!(json["lines"][0]["from"], "2026-11-02T08:00:00Z");
    assert_eq!(serde_json::from_value::<Draft>(json).unwrap(), draft);
}

proptest! {
    #[test]
    fn lines_add_up_to_the_document_in_coins_of_any_size(
        currency in prop::sample::select(vec!["JPY", "USD", "KWD"]),
        units in prop::collection::vec(0i64..=20_000_000_000_000, 0..60),
    ) {
        let currency = Currency::parse(currency).unwrap();
        let totals: Vec<_> = units
            .iter()
            .enumerate()
            .map(|(n, units)| {
                let exact = Money::new(Decimal::new(*units, 12), currency).unwrap();
                use_of(&format!("model-{n:03}"), exact)
            })
            .collect();
        let exact: Decimal = totals.iter().map(|total| total.exact.amount()).sum();
        let draft = draft(Period::parse("2026-11").unwrap(), currency, totals).unwrap();

        let coin = Decimal::new(1, currency.minor_units());
        let sum: Decimal = draft.lines.iter().map(|line| line.amount.amount()).sum();
        prop_assert_eq!(sum, draft.subtotal.amount());
        prop_assert_eq!(draft.exact_total.amount(), exact);
        prop_assert!((draft.subtotal.amount() - exact).abs() * Decimal::TWO <= coin);
        for line in &draft.lines {
            let off = line.amount.amount() - line.exact.amount();
            prop_assert!(off.abs() < coin);
            prop_assert!(line.amount.amount() % coin == Decimal::ZERO);
            prop_assert!(!line.exact.is_zero() || line.amount.is_zero());
        }
    }

    #[test]
    fn the_order_of_the_query_does_not_matter(
        units in prop::collection::vec(0i64..=3_000_000_000_000, 1..20).prop_shuffle(),
        seed in any::<prop::sample::Index>(),
    ) {
        let mut totals: Vec<_> = units
            .iter()
            .enumerate()
            .map(|(n, units)| use_of(&format!("model-{n:03}"), Money::new(Decimal::new(*units, 12), Currency::USD).unwrap()))
            .collect();
        let straight = november("USD", totals.clone()).unwrap();
        let middle = seed.index(totals.len());
        totals.rotate_left(middle);
        prop_assert_eq!(november("USD", totals).unwrap(), straight);
    }
}
