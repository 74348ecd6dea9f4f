//! Decimals as text in serialised forms: exact, or refused.
//!
//! rust_decimal's own reading rounds silently beyond 28 digits and accepts JSON numbers, which have
//! often been through a binary float. Money may do neither.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(value: &Decimal, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.normalize().to_string())
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(from)?;
    Decimal::from_str_exact(&text).map_err(D::Error::custom)
}

/// The same, where the value may be absent: use with `#[serde(default)]`.
pub(crate) mod option {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_some(&value.normalize().to_string()),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| Decimal::from_str_exact(&text).map_err(D::Error::custom))
            .transpose()
    }
}
