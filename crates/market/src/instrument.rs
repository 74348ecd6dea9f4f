//! What is traded where.

use std::fmt;

use crate::exchange::Exchange;
use crate::text::Text;

/// Longest symbol accepted, in bytes. The longest in use are option names of about 40.
const SYMBOL_BYTES_MAX: usize = 64;

/// An exchange's own id of an instrument, upper case as Tardis.dev writes them: `BTCUSDT`.
///
/// Any script (Binance lists symbols in Chinese), but nothing that JSON would have to escape, and no white space.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Text);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read symbol: empty, longer than 64 bytes, or with characters that no symbol has")]
pub struct SymbolError;

impl Symbol {
    /// Any case is accepted.
    pub fn parse(text: &str) -> Result<Self, SymbolError> {
        let strange = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\\');
        if text.is_empty() || text.len() > SYMBOL_BYTES_MAX || text.chars().any(strange) {
            return Err(SymbolError);
        }
        let lower = text.bytes().any(|b| !b.is_ascii() || b.is_ascii_lowercase());
        let upper = if lower { Text::new(&text.to_uppercase()) } else { Text::new(text) };
        // Upper case may be longer: "ŉ" becomes two letters.
        if upper.as_bytes().len() > SYMBOL_BYTES_MAX { Err(SymbolError) } else { Ok(Self(upper)) }
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument {
    pub exchange: Exchange,
    pub symbol: Symbol,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_upper_case_whoever_writes_them() {
        assert_eq!(Symbol::parse("btcUsdt").unwrap().as_str(), "BTCUSDT");
        assert_eq!(Symbol::parse("币安人生usdt").unwrap().as_str(), "币安人生USDT");
    }

    #[test]
    fn a_symbol_never_needs_escaping() {
        for bad in ["", "a\"b", "a\\b", "a b", "a\nb", "a\u{0}b", &"A".repeat(65), &"ŉ".repeat(32)] {
            assert_eq!(Symbol::parse(bad), Err(SymbolError), "{bad:?}");
        }
    }
}
