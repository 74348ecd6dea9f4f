//! Bytes as lower-case hexadecimal digits: the form of tokens and cursors.

use std::fmt::Write;

pub(in crate::http) fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes whatever is written");
        text
    })
}

/// Exactly `N` bytes, or nothing.
pub(in crate::http) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_what_is_no_such_number_of_bytes_is_refused() {
        assert_eq!(encode(&[0, 255, 16]), "00ff10");
        assert_eq!(decode::<3>("00ff10"), Some([0, 255, 16]));
        for bad in ["", "00ff1", "00ff1g", "00ff1000", "+0ff10", "é0f10"] {
            assert_eq!(decode::<3>(bad), None, "{bad}");
        }
    }
}
