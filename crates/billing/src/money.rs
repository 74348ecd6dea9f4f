//! Amounts of money: exact to twelve decimals, one currency each, never a float, never rounded unasked.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Decimals that an amount, a price or a rate may have. One token at 0.42 per million is 0.00000042;
/// a cached one through a rate of exchange fills the rest.
pub const SCALE: u32 = 12;

/// An ISO 4217 code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// An amount in a currency, of at most [`SCALE`] decimals and 10¹⁶ either way.
///
/// There is no order and no `+`: amounts of different currencies have neither. Equal amounts are
/// equal however many zeros they were written with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "MoneyText")]
pub struct Money {
    #[serde(serialize_with = "crate::decimal_text::serialize")]
    amount: Decimal,
    currency: Currency,
}

/// Why an amount cannot be made, or two not be combined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0:?} is not a currency: three capital letters were expected")]
    NotACurrency(String),
    #[error("{0} has more than {SCALE} decimals")]
    TooPrecise(Decimal),
    #[error("the amount is larger than can be kept exactly")]
    TooLarge,
    #[error("{left} cannot be combined with {right}")]
    CurrencyMismatch { left: Currency, right: Currency },
}

/// 10¹⁶ with twelve decimals is 10²⁸, which rust_decimal holds exactly, and so is the sum of two:
/// beyond that it would round in silence.
const AMOUNT_MAX: Decimal = Decimal::from_parts(1_874_919_424, 2_328_306, 0, false, 0);

/// Redis's Lua counts in doubles, which are exact up to here.
const MICROS_MAX: i128 = (1 << 53) - 1;

/// Decimals of a micro-unit, in which Redis counts.
const MICROS_SCALE: u32 = 6;

impl Currency {
    pub const USD: Self = Self(*b"USD");
    pub const CNY: Self = Self(*b"CNY");

    /// Reads a code. Lower case is refused: whoever writes it that way converts it knowingly.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(letters) if letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(letters)),
            _ => Err(MoneyError::NotACurrency(code.chars().take(16).collect())),
        }
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are let in")
    }

    /// Decimals of the smallest coin, which documents are rounded to (ISO 4217, list one, as of 2026).
    pub const fn minor_units(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl Money {
    /// Takes the amount as it is, or refuses it. Never rounds: whoever has more decimals than
    /// [`SCALE`] must say how to lose them.
    pub fn new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let amount = amount.normalize();
        if amount.scale() > SCALE {
            return Err(MoneyError::TooPrecise(amount));
        }
        if amount.abs() > AMOUNT_MAX {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self { amount, currency })
    }

    pub const fn zero(currency: Currency) -> Self {
        Self { amount: Decimal::ZERO, currency }
    }

    /// An amount given in units of 10⁻⁶, as Redis counts. Exact.
    pub fn from_micros(micros: i64, currency: Currency) -> Self {
        Self { amount: Decimal::new(micros, MICROS_SCALE).normalize(), currency }
    }

    /// The number, without trailing zeros.
    pub const fn amount(&self) -> Decimal {
        self.amount
    }

    pub const fn currency(&self) -> Currency {
        self.currency
    }

    pub fn is_zero(&self) -> bool {
        self.amount.is_zero()
    }

    /// Below zero; zero itself is not.
    pub fn is_negative(&self) -> bool {
        self.amount < Decimal::ZERO
    }

    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch { left: self.currency, right: other.currency });
        }
        let sum = self.amount.checked_add(other.amount).ok_or(MoneyError::TooLarge)?;
        Self::new(sum, self.currency)
    }

    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.checked_add(other.negate())
    }

    /// The same amount on the other side of zero.
    pub fn negate(self) -> Self {
        Self { amount: (-self.amount).normalize(), currency: self.currency }
    }

    /// Units of 10⁻⁶, rounded toward +∞: for what was spent or is held, so that it is never too little.
    ///
    /// [`MoneyError::TooLarge`] beyond ±(2⁵³ − 1), where Redis would stop being exact.
    pub fn micros_up(&self) -> Result<i64, MoneyError> {
        self.negate().micros_down().map(|micros| -micros)
    }

    /// Units of 10⁻⁶, rounded toward −∞: for credit, so that it is never too much. Errors as
    /// [`Money::micros_up`].
    pub fn micros_down(&self) -> Result<i64, MoneyError> {
        let mantissa = self.amount.mantissa();
        let scale = self.amount.scale();
        // No overflow: the mantissa is below 2⁹⁶ and is multiplied by 10⁶ at most.
        let micros = if scale <= MICROS_SCALE {
            mantissa * 10i128.pow(MICROS_SCALE - scale)
        } else {
            mantissa.div_euclid(10i128.pow(scale - MICROS_SCALE))
        };
        if micros.abs() > MICROS_MAX {
            return Err(MoneyError::TooLarge);
        }
        i64::try_from(micros).map_err(|_| MoneyError::TooLarge)
    }

    /// Rounds to the currency's smallest coin, half away from zero: for printed documents and for
    /// nothing else. A sum is rounded once; its parts are not.
    pub fn round_document(self) -> Self {
        let amount =
            self.amount.round_dp_with_strategy(self.currency.minor_units(), RoundingStrategy::MidpointAwayFromZero);
        Self { amount: amount.normalize(), currency: self.currency }
    }
}

/// What JSON has; the check is in [`Money::new`].
#[derive(Deserialize)]
struct MoneyText {
    #[serde(deserialize_with = "crate::decimal_text::deserialize")]
    amount: Decimal,
    currency: Currency,
}

impl TryFrom<MoneyText> for Money {
    type Error = MoneyError;

    fn try_from(text: MoneyText) -> Result<Self, MoneyError> {
        Self::new(text.amount, text.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        Self::parse(code)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(code: String) -> Result<Self, MoneyError> {
        Self::parse(&code)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}
