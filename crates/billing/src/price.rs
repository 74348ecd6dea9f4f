//! What tokens cost, and the one place where a charge is rounded.

use ethnum::I256;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::meter::{TokenClass, Tokens};
use crate::money::SCALE;

/// A model's price: USD per million tokens by class, and USD per request. None below zero, at most
/// twelve decimals each. A class without a price of its own costs what [`Price::rate`] says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    #[serde(with = "crate::decimal_text")]
    pub input: Decimal,
    #[serde(default, with = "crate::decimal_text::option")]
    pub cached_input: Option<Decimal>,
    #[serde(default, with = "crate::decimal_text::option")]
    pub cache_write: Option<Decimal>,
    #[serde(default, with = "crate::decimal_text::option")]
    pub cache_write_1h: Option<Decimal>,
    #[serde(with = "crate::decimal_text")]
    pub output: Decimal,
    #[serde(default, with = "crate::decimal_text::option")]
    pub reasoning: Option<Decimal>,
    /// USD for each request, whatever its tokens.
    #[serde(default, with = "crate::decimal_text")]
    pub per_request: Decimal,
}

/// What a request costs, exact to twelve decimals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Charge {
    /// In USD: `usage.cost` and `cost_usd` of the reply.
    pub usd: Decimal,
    /// In the tenant's billing currency: what is posted.
    pub billed: Decimal,
}

/// Why something cannot be priced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    #[error("the price {0} is below zero")]
    Negative(Decimal),
    #[error("{0} has more than {SCALE} decimals")]
    TooPrecise(Decimal),
    #[error("the rate of exchange {0} is not above zero")]
    FxRate(Decimal),
    #[error("the charge is larger than can be kept exactly")]
    TooLarge,
    #[error("there is no candidate to price")]
    NoCandidate,
}

/// Prices are for this many tokens.
const TOKENS_PER_PRICE: i128 = 1_000_000;

/// Both charge and hold stay below this, in units of 10⁻¹²: the bound of [`crate::Money`].
const CHARGE_MAX: i128 = 10i128.pow(28);

impl Price {
    /// What test keys pay.
    pub const fn free() -> Self {
        Self {
            input: Decimal::ZERO,
            cached_input: None,
            cache_write: None,
            cache_write_1h: None,
            output: Decimal::ZERO,
            reasoning: None,
            per_request: Decimal::ZERO,
        }
    }

    /// USD per million tokens of this class. Without a price of its own, a cached or cache-writing
    /// token costs as input (one written for an hour as one written at all), reasoning as output.
    pub fn rate(&self, class: TokenClass) -> Decimal {
        match class {
            TokenClass::Input => self.input,
            TokenClass::CachedInput => self.cached_input.unwrap_or(self.input),
            TokenClass::CacheWrite => self.cache_write.unwrap_or(self.input),
            TokenClass::CacheWrite1h => self.cache_write_1h.unwrap_or_else(|| self.rate(TokenClass::CacheWrite)),
            TokenClass::Output => self.output,
            TokenClass::Reasoning => self.reasoning.unwrap_or(self.output),
        }
    }

    /// Refuses what could not be charged exactly. Ask when a catalogue is read, so that no request
    /// finds out.
    pub fn validated(self) -> Result<Self, PriceError> {
        self.check()?;
        Ok(self)
    }

    pub(crate) fn check(&self) -> Result<(), PriceError> {
        for class in TokenClass::ALL {
            in_units(self.rate(class))?;
        }
        in_units(self.per_request)?;
        Ok(())
    }

    /// Σ tokens × price / 10⁶ + per request, in USD and × `fx_rate` in the tenant's currency.
    ///
    /// Computed in integers without loss, then each of the two is rounded **once** to twelve
    /// decimals, half away from zero: `billed` is not made from the rounded `usd`. Errs where the
    /// result could not be kept exactly, or price or rate are not valid.
    pub fn charge(&self, tokens: &Tokens, fx_rate: Decimal) -> Result<Charge, PriceError> {
        let mut cost = ExactCost::of_request(self.per_request)?;
        for class in TokenClass::ALL {
            cost = cost.plus(tokens.get(class), self.rate(class))?;
        }
        Ok(Charge {
            usd: to_decimal(half_away_from_zero(cost.0, TOKENS_PER_PRICE))?,
            billed: to_decimal(half_away_from_zero(cost.in_currency(fx_rate)?, TOKENS_PER_PRICE * 10i128.pow(SCALE)))?,
        })
    }
}

/// A cost before rounding, in units of 10⁻¹⁸ USD; never below zero.
///
/// 256 bits hold any number of tokens at any price of 28 digits; a rate of exchange can exceed
/// them, and is then [`PriceError::TooLarge`].
#[derive(Clone, Copy)]
pub(crate) struct ExactCost(pub(crate) I256);

impl ExactCost {
    pub(crate) fn of_request(per_request: Decimal) -> Result<Self, PriceError> {
        product(in_units(per_request)?, I256::new(TOKENS_PER_PRICE)).map(Self)
    }

    pub(crate) fn plus(self, tokens: u64, price: Decimal) -> Result<Self, PriceError> {
        let part = product(in_units(price)?, I256::from(tokens))?;
        self.0.checked_add(part).map(Self).ok_or(PriceError::TooLarge)
    }

    /// In units of 10⁻³⁰ of the currency that `fx_rate` leads to.
    pub(crate) fn in_currency(self, fx_rate: Decimal) -> Result<I256, PriceError> {
        if fx_rate <= Decimal::ZERO {
            return Err(PriceError::FxRate(fx_rate));
        }
        product(self.0, in_units(fx_rate)?)
    }
}

pub(crate) fn product(left: I256, right: I256) -> Result<I256, PriceError> {
    left.checked_mul(right).ok_or(PriceError::TooLarge)
}

/// A price or rate as an integer of 10⁻¹².
fn in_units(value: Decimal) -> Result<I256, PriceError> {
    let value = value.normalize();
    if value < Decimal::ZERO {
        return Err(PriceError::Negative(value));
    }
    if value.scale() > SCALE {
        return Err(PriceError::TooPrecise(value));
    }
    let factor = 10i128.pow(SCALE - value.scale());
    product(I256::new(value.mantissa()), I256::new(factor))
}

/// The rounding of charges. `value` is not below zero.
fn half_away_from_zero(value: I256, divisor: i128) -> I256 {
    let divisor = I256::new(divisor);
    let (whole, rest) = (value / divisor, value % divisor);
    if rest >= divisor - rest { whole + 1 } else { whole }
}

fn to_decimal(units: I256) -> Result<Decimal, PriceError> {
    if units > I256::new(CHARGE_MAX) {
        return Err(PriceError::TooLarge);
    }
    Decimal::try_from_i128_with_scale(units.as_i128(), SCALE)
        .map(|charge| charge.normalize())
        .map_err(|_| PriceError::TooLarge)
}
