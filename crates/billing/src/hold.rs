//! What is held before a request runs: never less than it can cost.

use ethnum::I256;
use rust_decimal::Decimal;

use crate::meter::TokenClass;
use crate::money::{Currency, Money, SCALE};
use crate::price::{ExactCost, Price, PriceError, product};

/// The bounds of a request that is about to be admitted.
#[derive(Clone, Copy, Debug)]
pub struct HoldRequest<'a> {
    /// The prices of every candidate that the plan may turn to.
    pub prices: &'a [Price],
    /// An upper bound of what will be read.
    pub input_tokens: u64,
    /// An upper bound of what will be produced, reasoning included, already times the choices.
    pub output_tokens: u64,
    /// From USD to the tenant's currency: the rate that the charge will use.
    pub fx_rate: Decimal,
}

/// Units of 10⁻³⁰, in which costs are exact, in one micro-unit, in which Redis counts.
const UNITS_PER_MICRO: i128 = 10i128.pow(24);

const INPUT_CLASSES: [TokenClass; 4] =
    [TokenClass::Input, TokenClass::CachedInput, TokenClass::CacheWrite, TokenClass::CacheWrite1h];
const OUTPUT_CLASSES: [TokenClass; 2] = [TokenClass::Output, TokenClass::Reasoning];

/// The dearest that any candidate can cost within the bounds: all input in its dearest input class,
/// all output in its dearest output class, rounded **up** to 10⁻⁶.
///
/// So it is at least [`Price::charge`] of every candidate for any tokens within the bounds.
pub fn hold_amount(request: &HoldRequest<'_>, currency: Currency) -> Result<Money, PriceError> {
    let mut dearest = None;
    for price in request.prices {
        let cost = fixed_cost(price, request.input_tokens)?
            .plus(request.output_tokens, dearest_rate(price, &OUTPUT_CLASSES))?
            .in_currency(request.fx_rate)?;
        dearest = dearest.max(Some(cost));
    }
    let cost = dearest.ok_or(PriceError::NoCandidate)?;
    let micro = I256::new(UNITS_PER_MICRO);
    let micros = cost / micro + I256::from(cost % micro != 0);
    let micros = i64::try_from(micros).map_err(|_| PriceError::TooLarge)?;
    Ok(Money::from_micros(micros, currency))
}

/// The largest output bound for each choice whose hold still fits into `available`, or `None` if
/// not even 0 fits (or nothing can be priced: no candidate, an invalid price or rate).
///
/// `available` is in the currency that `fx_rate` leads to. With output that costs nothing the
/// answer is as large as `choices` allow. No choice counts as one.
pub fn affordable_output(
    available: &Money,
    prices: &[Price],
    input_tokens: u64,
    choices: u64,
    fx_rate: Decimal,
) -> Option<u64> {
    let choices = choices.max(1);
    let budget = whole_micros(available)?;
    prices
        .iter()
        .map(|price| {
            let fixed = fixed_cost(price, input_tokens).ok()?.in_currency(fx_rate).ok()?;
            let rate = dearest_rate(price, &OUTPUT_CLASSES);
            let per_token =
                ExactCost::of_request(Decimal::ZERO).ok()?.plus(choices, rate).ok()?.in_currency(fx_rate).ok()?;
            output_within(budget, fixed, per_token, u64::MAX / choices)
        })
        // `None` of any candidate stands: the hold is for the dearest.
        .try_fold(None, |least: Option<u64>, output| {
            output.map(|output| Some(least.map_or(output, |least| least.min(output))))
        })
        .flatten()
}

fn output_within(budget: I256, fixed: I256, per_token: I256, most: u64) -> Option<u64> {
    if fixed > budget {
        return None;
    }
    if per_token == 0 {
        return Some(most);
    }
    let output = (budget - fixed) / per_token;
    Some(u64::try_from(output).map_or(most, |output| output.min(most)))
}

/// What is spent before the first token comes out. Refuses a price that no charge could use, as
/// the dearest class may hide a bad one.
fn fixed_cost(price: &Price, input_tokens: u64) -> Result<ExactCost, PriceError> {
    price.check()?;
    ExactCost::of_request(price.per_request)?.plus(input_tokens, dearest_rate(price, &INPUT_CLASSES))
}

fn dearest_rate(price: &Price, classes: &[TokenClass]) -> Decimal {
    classes.iter().map(|class| price.rate(*class)).fold(Decimal::ZERO, Decimal::max)
}

/// Cut down to whole micro-units, as a hold is never a part of one, in units of 10⁻³⁰.
fn whole_micros(available: &Money) -> Option<I256> {
    let amount = available.amount();
    let parts = amount.mantissa() * 10i128.pow(SCALE - amount.scale());
    let micros = parts.div_euclid(10i128.pow(SCALE - 6));
    product(I256::new(micros), I256::new(UNITS_PER_MICRO)).ok()
}
