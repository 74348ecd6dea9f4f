//! Drafts of invoices: many exact lines, one rounded document.

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use crate::money::{Currency, Money, MoneyError};
use crate::period::Period;

/// What one model cost in a period: the sum of its usage rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct UsageTotal {
    pub model: String,
    pub requests: u64,
    pub tokens: u64,
    /// Σ of the rows' charges, unrounded.
    pub exact: Money,
    /// Whether the use belongs to an earlier period that was closed when it arrived.
    pub late: bool,
    /// Start of the first request.
    pub from: DateTime<Utc>,
    /// Start of the last request.
    pub to: DateTime<Utc>,
}

/// A [`UsageTotal`] with the share of the document's total that stands on its line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DraftLine {
    pub model: String,
    pub requests: u64,
    pub tokens: u64,
    pub exact: Money,
    pub late: bool,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// In whole coins; less than one coin away from `exact`.
    pub amount: Money,
}

/// An invoice before it is issued. A query, not a document: it has no number and may change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    pub period: Period,
    pub currency: Currency,
    pub lines: Vec<DraftLine>,
    /// Σ of the lines' amounts, exactly.
    pub subtotal: Money,
    /// Zero: no tax is configured yet anywhere.
    pub tax: Money,
    pub total: Money,
    /// All of it: every charge left the balance when it was settled.
    pub paid_from_balance: Money,
    pub amount_due: Money,
    /// Σ of the lines' exact amounts: what the ledger must agree with to the last digit.
    pub exact_total: Money,
}

/// Why no draft can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("the use of {model} sums to {exact}: it cannot be below zero")]
    Negative { model: String, exact: Money },
    #[error("the use of the period cannot be summed: {0}")]
    Money(#[from] MoneyError),
}

/// Makes the draft of a period from the totals of its usage rows.
///
/// Lines stand by model, late ones after the others. The sum of the exact amounts is rounded once
/// ([`Money::round_document`]); each line gets its amount cut to whole coins, and the coins that
/// are then missing go to the lines with the largest cut, the earlier line first where two are
/// equal. So lines add up to the subtotal, none is a whole coin off, and a free line stays free.
pub fn draft(period: Period, currency: Currency, mut totals: Vec<UsageTotal>) -> Result<Draft, DraftError> {
    totals.sort_by(|left, right| (&left.model, left.late).cmp(&(&right.model, right.late)));
    let mut exact_total = Money::zero(currency);
    for total in &totals {
        if total.exact.is_negative() {
            return Err(DraftError::Negative { model: total.model.clone(), exact: total.exact });
        }
        exact_total = exact_total.checked_add(total.exact)?;
    }
    let subtotal = exact_total.round_document();
    let exact: Vec<Decimal> = totals.iter().map(|total| total.exact.amount()).collect();
    let amounts = in_whole_coins(&exact, subtotal.amount(), currency.minor_units());
    let lines = totals
        .into_iter()
        .zip(amounts)
        .map(|(total, amount)| Ok(line(total, Money::new(amount, currency)?)))
        .collect::<Result<Vec<_>, MoneyError>>()?;
    Ok(Draft {
        period,
        currency,
        lines,
        subtotal,
        tax: Money::zero(currency),
        total: subtotal,
        paid_from_balance: subtotal,
        amount_due: Money::zero(currency),
        exact_total,
    })
}

/// Splits `subtotal` over the lines by largest remainder. It is Σ `exact`, rounded, and nothing is
/// below zero: so no more coins are missing than there are lines with a remainder.
fn in_whole_coins(exact: &[Decimal], subtotal: Decimal, minor_units: u32) -> Vec<Decimal> {
    let coin = Decimal::new(1, minor_units);
    let mut amounts: Vec<Decimal> =
        exact.iter().map(|exact| exact.round_dp_with_strategy(minor_units, RoundingStrategy::ToZero)).collect();
    let mut missing = subtotal - amounts.iter().sum::<Decimal>();
    let mut by_remainder: Vec<usize> = (0..exact.len()).collect();
    by_remainder.sort_by_key(|&index| std::cmp::Reverse(exact[index] - amounts[index]));
    for index in by_remainder {
        if missing < coin {
            break;
        }
        amounts[index] += coin;
        missing -= coin;
    }
    amounts
}

fn line(total: UsageTotal, amount: Money) -> DraftLine {
    DraftLine {
        model: total.model,
        requests: total.requests,
        tokens: total.tokens,
        exact: total.exact,
        late: total.late,
        from: total.from,
        to: total.to,
        amount,
    }
}
