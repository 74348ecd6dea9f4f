//! Prices and quantities as the exchange prints them: always eight decimals, never a float.

use std::fmt;

use serde::{Serialize, Serializer};

/// One whole, in units of 1e-8.
pub(crate) const ONE: u64 = 100_000_000;

/// A price or a quantity in units of 1e-8.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct E8(pub(crate) u64);

impl E8 {
    /// The quote amount of a quantity at this price, rounded down to 1e-8.
    pub(crate) fn times(self, quantity: Self) -> u128 {
        u128::from(self.0) * u128::from(quantity.0) / u128::from(ONE)
    }
}

impl fmt::Display for E8 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:08}", self.0 / ONE, self.0 % ONE)
    }
}

impl Serialize for E8 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_decimals_are_always_printed() {
        assert_eq!(E8(6_400_001_000_000).to_string(), "64000.01000000");
        assert_eq!(E8(0).to_string(), "0.00000000");
        assert_eq!(E8(7).to_string(), "0.00000007");
    }
}
