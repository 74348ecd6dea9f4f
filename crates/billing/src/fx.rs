//! Rates of exchange, each with where and when it came from.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::money::{Currency, SCALE};

/// One rate as fetched: `rate` units of `quote` for one of `base`. Never edited: a new rate is a new quote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FxQuote {
    /// Named by intents, journal and receipts, so that a charge can be recomputed.
    pub id: Uuid,
    pub base: Currency,
    pub quote: Currency,
    #[serde(with = "crate::decimal_text")]
    pub rate: Decimal,
    /// Who said so, as invoices print it.
    pub source: String,
    /// The moment the source gives for the rate, not that of the fetch.
    pub as_of: DateTime<Utc>,
}

/// Why a quote cannot price anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FxError {
    #[error("the rate from {base} to {quote} is {rate}: it must be above zero")]
    NotPositive { base: Currency, quote: Currency, rate: Decimal },
    #[error("the rate from {base} to {quote} is {rate}: it has more than {SCALE} decimals")]
    TooPrecise { base: Currency, quote: Currency, rate: Decimal },
    #[error("the rate from {currency} to itself is {rate}: it must be 1")]
    NotIdentity { currency: Currency, rate: Decimal },
}

impl FxQuote {
    /// Whether charges can be computed with this quote: above zero, at most twelve decimals, and
    /// 1 from a currency to itself. Ask before it is stored.
    pub fn convertible(&self) -> Result<(), FxError> {
        let Self { base, quote, .. } = *self;
        let rate = self.rate.normalize();
        if rate <= Decimal::ZERO {
            return Err(FxError::NotPositive { base, quote, rate });
        }
        if rate.scale() > SCALE {
            return Err(FxError::TooPrecise { base, quote, rate });
        }
        if base == quote && rate != Decimal::ONE {
            return Err(FxError::NotIdentity { currency: base, rate });
        }
        Ok(())
    }
}
