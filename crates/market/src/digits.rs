//! Numbers as the exchange wrote them: validated digit text that is written again with the same digits, and the fixed-point
//! key that a price has in a book. No floating point anywhere.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::text::Text;

/// Longest number accepted. Exchanges send up to 35 digits; the bound keeps a hostile frame from growing messages.
const DIGITS_BYTES_MAX: usize = 64;

/// Decimal places of a book key: as fine as the smallest unit in use (the wei).
const KEY_DECIMALS: i32 = 18;

/// Largest exponent worth reading; anything beyond is outside every key anyway.
const EXPONENT_MAX: i32 = 60;

/// A number in JSON's grammar, kept as text.
///
/// Equality is equality of text: `1.0` and `1` differ. Compare prices by [`Price::key`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digits(Text);

/// Why a text is not taken for a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DigitsError {
    #[error("read number: not in the form of a JSON number")]
    Malformed,
    #[error("read number: longer than 64 bytes")]
    TooLong,
    #[error("read price: more than 18 decimals or outside ±10^20")]
    OutOfRange,
    #[error("read amount: negative")]
    Negative,
}

impl Digits {
    pub fn parse(text: &str) -> Result<Self, DigitsError> {
        if text.len() > DIGITS_BYTES_MAX {
            return Err(DigitsError::TooLong);
        }
        if !is_json_number(text.as_bytes()) {
            return Err(DigitsError::Malformed);
        }
        Ok(Self(Text::new(text)))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Zero in any notation: `0`, `0.00000000`, `-0`, `0e5`.
    pub fn is_zero(&self) -> bool {
        self.as_bytes().iter().take_while(|b| !matches!(b, b'e' | b'E')).all(|b| matches!(b, b'0' | b'.' | b'-'))
    }

    pub fn is_negative(&self) -> bool {
        self.as_bytes()[0] == b'-' && !self.is_zero()
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, because the text is written into JSON unquoted.
fn is_json_number(text: &[u8]) -> bool {
    let digits_from = |at: usize| text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits_from(at);
    if whole == 0 || (whole > 1 && text[at] == b'0') {
        return false;
    }
    at += whole;
    if text.get(at) == Some(&b'.') {
        let fraction = digits_from(at + 1);
        if fraction == 0 {
            return false;
        }
        at += 1 + fraction;
    }
    if matches!(text.get(at), Some(b'e' | b'E')) {
        at += 1 + usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits_from(at);
        if exponent == 0 {
            return false;
        }
        at += exponent;
    }
    at == text.len()
}

/// A price: its digits, and the fixed-point integer by which books order and match levels.
///
/// `100.10` and `100.1` are one level, whatever text the exchange uses for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    key: i128,
    digits: Digits,
}

impl Price {
    pub fn new(digits: Digits) -> Result<Self, DigitsError> {
        let key = fixed_point(digits.as_bytes()).ok_or(DigitsError::OutOfRange)?;
        Ok(Self { key, digits })
    }

    /// In units of 10⁻¹⁸.
    pub fn key(&self) -> i128 {
        self.key
    }

    pub fn digits(&self) -> &Digits {
        &self.digits
    }
}

/// Exact, or `None` where 18 decimals or 38 digits do not suffice.
fn fixed_point(text: &[u8]) -> Option<i128> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let mut mantissa: i128 = 0;
    let mut decimals: i32 = 0;
    let mut zeros_held: i32 = 0;
    let mut in_fraction = false;
    let mut exponent: i32 = 0;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'.' => in_fraction = true,
            b'e' | b'E' => {
                exponent = std::str::from_utf8(&text[at + 1..]).ok()?.parse().ok()?;
                break;
            }
            // Zeros at the end of a fraction say nothing; they are only counted when a digit follows them.
            b'0' if in_fraction => zeros_held += 1,
            digit => {
                let shift = if in_fraction { zeros_held + 1 } else { 1 };
                mantissa = mantissa.checked_mul(ten_to(shift)?)?.checked_add(i128::from(digit - b'0'))?;
                decimals += if in_fraction { shift } else { 0 };
                zeros_held = 0;
            }
        }
    }
    if mantissa == 0 {
        return Some(0);
    }
    let shift = KEY_DECIMALS - decimals + exponent.clamp(-EXPONENT_MAX, EXPONENT_MAX);
    let key = if shift >= 0 {
        mantissa.checked_mul(ten_to(shift)?)?
    } else {
        let divisor = ten_to(-shift)?;
        if mantissa % divisor != 0 {
            return None;
        }
        mantissa / divisor
    };
    Some(if negative { -key } else { key })
}

fn ten_to(power: i32) -> Option<i128> {
    10i128.checked_pow(u32::try_from(power).ok()?)
}

/// From a JSON string only: a JSON number would already have lost its digits.
impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FromText;
        impl Visitor<'_> for FromText {
            type Value = Digits;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as a string")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Digits, E> {
                Digits::parse(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(FromText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Result<i128, DigitsError> {
        Digits::parse(text).and_then(Price::new).map(|price| price.key())
    }

    #[test]
    fn only_json_numbers_are_numbers() {
        for good in ["0", "-0", "1", "10.50", "0.00000001", "1e5", "1.5E-8", "123456789012345678901234567890.12345"] {
            assert_eq!(Digits::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", " 1", "1 ", "NaN", "Infinity", "1,5", "0x10", "١"] {
            assert_eq!(Digits::parse(bad), Err(DigitsError::Malformed), "{bad}");
        }
        assert_eq!(Digits::parse(&"1".repeat(65)), Err(DigitsError::TooLong));
    }

    #[test]
    fn one_price_has_one_key_in_every_notation() {
        for same in ["1000", "1000.0", "1e3", "10.0e2", "100000e-2", "1000.000000000000000000000000"] {
            assert_eq!(key(same), Ok(1000 * 10i128.pow(18)), "{same}");
        }
        assert_eq!(key("0.000000000000000001"), Ok(1));
        assert_eq!(key("-0.5"), Ok(-5 * 10i128.pow(17)));
        assert_eq!(key("0e999"), Ok(0));
    }

    #[test]
    fn a_price_that_no_key_can_hold_is_refused_and_not_rounded() {
        for bad in ["0.0000000000000000001", "1e60", "1e999", "1e99999999999", "1e-60", "999999999999999999999"] {
            assert_eq!(key(bad), Err(DigitsError::OutOfRange), "{bad}");
        }
    }

    #[test]
    fn zero_is_zero_in_every_notation_and_nothing_else_is() {
        for zero in ["0", "0.00000000", "-0.0", "0e7"] {
            assert!(Digits::parse(zero).unwrap().is_zero());
            assert!(!Digits::parse(zero).unwrap().is_negative());
        }
        assert!(!Digits::parse("0.00000001").unwrap().is_zero());
        assert!(Digits::parse("-0.1").unwrap().is_negative());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,70}") {
            let _ = Digits::parse(&text).and_then(Price::new);
        }

        #[test]
        fn what_is_accepted_is_a_json_number(text in "-?[0-9]{0,4}\\.?[0-9]{0,4}[eE]?[+-]?[0-9]{0,2}") {
            prop_assert_eq!(Digits::parse(&text).is_ok(), serde_json::from_str::<&serde_json::value::RawValue>(&text)
                .is_ok_and(|raw| raw.get() == text));
        }

        #[test]
        fn keys_order_as_the_numbers_do(a in -1_000_000_000i64..1_000_000_000, b in -1_000_000_000i64..1_000_000_000, d in 0u32..9) {
            let text = |n: i64| {
                let unit = 10u64.pow(d);
                let sign = if n < 0 { "-" } else { "" };
                let fraction = if d == 0 { String::new() } else { format!(".{:0width$}", n.unsigned_abs() % unit, width = d as usize) };
                format!("{sign}{}{fraction}", n.unsigned_abs() / unit)
            };
            prop_assert_eq!(key(&text(a)).unwrap().cmp(&key(&text(b)).unwrap()), a.cmp(&b));
        }
    }
}
