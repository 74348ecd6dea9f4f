//! Short immutable text kept inside the value: symbols, trade ids and numbers are rarely longer than 22 bytes, and a depth
//! frame has dozens of them, so that a heap allocation each would be most of the cost of reading it.

use std::fmt;

/// Longest text kept inline. With length and tag this makes the value 24 bytes, as large as a `String`.
const INLINE_BYTES_MAX: usize = 22;

#[derive(Clone)]
pub(crate) enum Text {
    Inline { length: u8, bytes: [u8; INLINE_BYTES_MAX] },
    Heap(Box<str>),
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        if text.len() > INLINE_BYTES_MAX {
            return Self::Heap(text.into());
        }
        let mut bytes = [0; INLINE_BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Self::Inline { length: text.len() as u8, bytes }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Inline { length, bytes } => &bytes[..usize::from(*length)],
            Self::Heap(text) => text.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Inline { .. } => std::str::from_utf8(self.as_bytes()).expect("copied from a str"),
            Self::Heap(text) => text,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Text {}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for Text {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_length_comes_back_as_it_was() {
        for length in [0, 1, 21, 22, 23, 24, 300] {
            let text = "é".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(Text::new(&text).as_str(), text);
            assert_eq!(Text::new(&text).as_bytes(), text.as_bytes());
        }
        assert_eq!(std::mem::size_of::<Text>(), 24);
    }
}
