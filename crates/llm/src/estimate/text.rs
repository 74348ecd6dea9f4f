//! Tokens from bytes: one table look-up a byte, no tokenizer, no allocation.
//!
//! Byte-pair encoders first cut text into words, numbers, runs of punctuation and white space, and mostly give a
//! common word one token. So what a byte costs depends on its class and on the class before it: the first
//! letter of a word carries most of the word, each further letter a little.

/// What a byte is to a tokenizer. Bytes of UTF-8 above ASCII are told apart by their lead byte alone, which
/// names the block of scripts closely enough.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Space,
    Newline,
    Lower,
    Upper,
    Digit,
    Punctuation,
    /// U+0080–U+02FF: accented letters inside Latin words.
    Latin,
    /// U+0400–U+04FF.
    Cyrillic,
    /// U+0300–U+07FF but for Cyrillic: Greek, Armenian, Hebrew, Arabic.
    Alphabet,
    /// U+0800–U+0FFF: the scripts of South Asia, Thai, Lao, Tibetan.
    Abugida,
    /// U+1000–U+1FFF: Burmese, Georgian, Ethiopic, Khmer, and the doubly accented letters of Vietnamese.
    Rare,
    /// U+2000–U+2FFF, U+F000–U+FFFF: dashes, quotes, arrows, full-width forms.
    Symbol,
    /// U+3000–U+EFFF: kana, Chinese characters, Hangul.
    Ideograph,
    /// U+10000 and above: emoji, historic scripts.
    Astral,
    /// A byte after the lead byte; it costs nothing and leaves the class before it in force.
    Continuation,
}

const CLASSES: usize = 15;

const fn class_of(byte: u8) -> Class {
    match byte {
        b'\n' | b'\r' => Class::Newline,
        0..=b' ' => Class::Space,
        b'a'..=b'z' => Class::Lower,
        b'A'..=b'Z' => Class::Upper,
        b'0'..=b'9' => Class::Digit,
        0x21..=0x7f => Class::Punctuation,
        0x80..=0xbf => Class::Continuation,
        0xc0..=0xcb => Class::Latin,
        0xd0..=0xd3 => Class::Cyrillic,
        0xcc..=0xdf => Class::Alphabet,
        0xe0 => Class::Abugida,
        0xe1 => Class::Rare,
        0xe2 | 0xef => Class::Symbol,
        0xe3..=0xee => Class::Ideograph,
        0xf0..=0xff => Class::Astral,
    }
}

const CLASS_OF: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = class_of(byte as u8) as u8;
        byte += 1;
    }
    table
};

/// Fractions of a token are counted in this unit, so that sums stay integers.
const UNIT: u64 = 64;

/// What characters cost, in 64ths of a token.
pub(crate) struct Weights {
    /// First letter of a word in lower case.
    word: u8,
    /// First letter of a word in upper case, also in the middle of `camelCase`: names are rarer words.
    proper: u8,
    /// Each further letter.
    letter: u8,
    /// An upper-case letter after another: acronyms and shouting split more often.
    capital: u8,
    /// First digit of a number; it costs as much again after a space, which no encoder joins to a number.
    number: u8,
    /// Each further digit.
    digit: u8,
    punctuation: u8,
    /// A punctuation mark after another: `://`, `----`, `"},`.
    punctuation_again: u8,
    /// A line break after anything else; further ones join it.
    newline: u8,
    /// A space after a space or a line break: indentation.
    indent: u8,
    latin: u8,
    cyrillic: u8,
    alphabet: u8,
    abugida: u8,
    /// Where the one before was rare too; alone it is Vietnamese and costs `latin`.
    rare: u8,
    symbol: u8,
    ideograph: u8,
    astral: u8,
}

/// An upper bound in practice, for money that is held.
pub(crate) const CEILING: Weights = Weights {
    word: 57,
    proper: 71,
    letter: 8,
    capital: 28,
    number: 64,
    digit: 64,
    punctuation: 64,
    punctuation_again: 26,
    newline: 112,
    indent: 12,
    latin: 72,
    cyrillic: 36,
    alphabet: 64,
    abugida: 92,
    rare: 192,
    symbol: 86,
    ideograph: 80,
    astral: 192,
};

/// As close as can be, for money that is charged when the provider did not count.
pub(crate) const CLOSEST: Weights = Weights {
    word: 57,
    proper: 66,
    letter: 2,
    capital: 6,
    number: 64,
    digit: 6,
    punctuation: 48,
    punctuation_again: 26,
    newline: 62,
    indent: 2,
    latin: 43,
    cyrillic: 19,
    alphabet: 26,
    abugida: 24,
    rare: 64,
    symbol: 64,
    ideograph: 52,
    astral: 112,
};

type Costs = [u8; CLASSES * CLASSES];

/// Cost of a byte by the class before it and its own, row by row.
const fn costs(weights: &Weights) -> Costs {
    let mut table = [0; CLASSES * CLASSES];
    let mut before = 0;
    while before < CLASSES {
        let after_space = before == Class::Space as usize || before == Class::Newline as usize;
        let in_word =
            before == Class::Lower as usize || before == Class::Upper as usize || before == Class::Latin as usize;
        let row = before * CLASSES;
        table[row + Class::Space as usize] = if after_space { weights.indent } else { 0 };
        table[row + Class::Newline as usize] = if before == Class::Newline as usize { 0 } else { weights.newline };
        table[row + Class::Lower as usize] = if in_word { weights.letter } else { weights.word };
        table[row + Class::Upper as usize] =
            if before == Class::Upper as usize { weights.capital } else { weights.proper };
        table[row + Class::Digit as usize] = if before == Class::Digit as usize {
            weights.digit
        } else if before == Class::Space as usize {
            2 * weights.number
        } else {
            weights.number
        };
        table[row + Class::Punctuation as usize] =
            if before == Class::Punctuation as usize { weights.punctuation_again } else { weights.punctuation };
        table[row + Class::Latin as usize] = weights.latin;
        table[row + Class::Cyrillic as usize] = weights.cyrillic;
        table[row + Class::Alphabet as usize] = weights.alphabet;
        table[row + Class::Abugida as usize] = weights.abugida;
        table[row + Class::Rare as usize] = if before == Class::Rare as usize { weights.rare } else { weights.latin };
        table[row + Class::Symbol as usize] = weights.symbol;
        table[row + Class::Ideograph as usize] = weights.ideograph;
        table[row + Class::Astral as usize] = weights.astral;
        table[row + Class::Continuation as usize] = 0;
        before += 1;
    }
    table
}

static CEILING_COSTS: Costs = costs(&CEILING);
static CLOSEST_COSTS: Costs = costs(&CLOSEST);

/// Adds up a text that comes in pieces. The cut between pieces costs nothing, wherever it falls.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    costs: &'static Costs,
    before: u8,
    sum: u64,
}

impl Counter {
    pub(crate) fn ceiling() -> Counter {
        Counter { costs: &CEILING_COSTS, before: Class::Newline as u8, sum: 0 }
    }

    pub(crate) fn closest() -> Counter {
        Counter { costs: &CLOSEST_COSTS, before: Class::Newline as u8, sum: 0 }
    }

    pub(crate) fn push(&mut self, text: &[u8]) {
        let mut before = self.before;
        let mut sum = 0_u64;
        for &byte in text {
            let class = CLASS_OF[byte as usize];
            sum += u64::from(self.costs[before as usize * CLASSES + class as usize]);
            before = if class == Class::Continuation as u8 { before } else { class };
        }
        self.before = before;
        self.sum += sum;
    }

    /// The text of a JSON string, given between its quotes and still escaped. A broken escape counts as it stands.
    pub(crate) fn push_json(&mut self, mut escaped: &[u8]) {
        while let Some(at) = memchr::memchr(b'\\', escaped) {
            self.push(&escaped[..at]);
            let escape = &escaped[at + 1..];
            let length = self.push_escape(escape);
            escaped = &escape[length.min(escape.len())..];
        }
        self.push(escaped);
    }

    /// Counts what an escape stands for; returns its length after the backslash.
    fn push_escape(&mut self, escape: &[u8]) -> usize {
        match escape.first() {
            Some(b'n' | b'r') => self.push(b"\n"),
            Some(b't' | b'b' | b'f') => self.push(b" "),
            Some(b'u') => {
                let digits = escape.get(1..5).and_then(|digits| std::str::from_utf8(digits).ok());
                match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
                    // The first half of a surrogate pair stands for the whole character, the second for nothing.
                    Some(0xd800..=0xdbff) => self.push(&[0xf0]),
                    Some(0xdc00..=0xdfff) => {}
                    Some(code) => {
                        let mut utf8 = [0; 4];
                        let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                        self.push(character.encode_utf8(&mut utf8).as_bytes());
                    }
                    None => self.push(b"u"),
                }
                return 5;
            }
            Some(&other) => self.push(&[other]),
            None => {}
        }
        1
    }

    /// Whole tokens, rounded up.
    pub(crate) fn tokens(&self) -> u64 {
        self.sum.div_ceil(UNIT)
    }
}
