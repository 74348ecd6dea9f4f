//! The simulator's own token rule, simple enough to count by hand.
//!
//! A run of letters, digits and underscores is one token per 16 characters begun; any other visible character is one
//! token; so is every character from U+2E80 up (CJK, kana, hangul, emoji). White space belongs to the token after it
//! and is nothing by itself. So `Hello, world!` is four tokens.

use std::iter::Peekable;
use std::str::CharIndices;

/// Keeps an encoded blob from passing as one token.
const LONGEST_RUN_CHARS: usize = 16;

/// The byte offset at which each token of `text` ends, in order.
pub(crate) fn ends(text: &str) -> impl Iterator<Item = usize> {
    Ends { rest: text.char_indices().peekable(), length: text.len() }
}

pub(crate) fn count(text: &str) -> u64 {
    ends(text).count() as u64
}

struct Ends<'a> {
    rest: Peekable<CharIndices<'a>>,
    length: usize,
}

impl Iterator for Ends<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let (_, first) = self.rest.find(|(_, character)| !character.is_whitespace())?;
        if is_word(first) {
            let mut run = 1;
            while run < LONGEST_RUN_CHARS && self.rest.next_if(|(_, next)| is_word(*next)).is_some() {
                run += 1;
            }
        }
        Some(self.rest.peek().map_or(self.length, |(next, _)| *next))
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || character == '_'
        || (!character.is_ascii() && character < '\u{2E80}' && character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<&str> {
        let mut start = 0;
        ends(text).map(|end| &text[std::mem::replace(&mut start, end)..end]).collect()
    }

    #[test]
    fn words_and_marks_are_tokens_and_white_space_is_not() {
        assert_eq!(pieces("Hello, world!"), ["Hello", ",", " world", "!"]);
        assert_eq!(pieces("  ü_1 \n x "), ["  ü_1", " \n x"]);
        assert_eq!(pieces("你好 a"), ["你", "好", " a"]);
        assert_eq!(pieces("abcdefghijklmnopqrs"), ["abcdefghijklmnop", "qrs"]);
        assert_eq!((count(""), count(" \n")), (0, 0));
    }
}
