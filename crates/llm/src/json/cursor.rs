//! A pull scanner: the caller asks for what it expects next.

use std::ops::Range;

use super::JsonError;

/// How far a string's end is looked for byte by byte.
const NEAR_BYTES: usize = 24;

/// A place in a JSON text that moves forward only. Every step is bounded by the text, so no input can
/// make it loop or panic; after an error its place means nothing.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    text: &'t [u8],
    at: usize,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Cursor<'t> {
        Cursor { text, at: 0 }
    }

    /// `at` must be a place that another cursor could have reached, or errors follow.
    pub(crate) fn starting_at(text: &'t [u8], at: usize) -> Cursor<'t> {
        Cursor { text, at }
    }

    pub(crate) fn text(&self, range: Range<usize>) -> &'t [u8] {
        &self.text[range]
    }

    /// Where the next byte stands, white space included.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    /// The next byte that is not white space, without passing it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Passes `bracket` if it comes next.
    pub(crate) fn open(&mut self, bracket: u8) -> Option<()> {
        (self.peek()? == bracket).then(|| self.at += 1)
    }

    /// Passes an opening brace and what [`Cursor::first_key`] passes.
    pub(crate) fn enter_object(&mut self) -> Result<Option<Range<usize>>, JsonError> {
        self.open(b'{').ok_or(JsonError::NotAnObject)?;
        self.first_key()
    }

    /// Passes an opening bracket; whether an element follows, as [`Cursor::first_element`].
    pub(crate) fn enter_array(&mut self) -> Result<bool, JsonError> {
        self.open(b'[').ok_or(JsonError::NotAnArray)?;
        self.first_element()
    }

    /// After the opening brace: passes the first name and its colon, or the closing brace (`None`).
    pub(crate) fn first_key(&mut self) -> Result<Option<Range<usize>>, JsonError> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                Ok(None)
            }
            _ => self.key().map(Some),
        }
    }

    /// After a value: passes the comma, the next name and its colon, or the closing brace (`None`).
    pub(crate) fn next_key(&mut self) -> Result<Option<Range<usize>>, JsonError> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.key().map(Some)
            }
            Some(b'}') => {
                self.at += 1;
                Ok(None)
            }
            other => Err(self.unexpected(other)),
        }
    }

    /// After the opening bracket: whether an element follows; passes the closing bracket if not.
    pub(crate) fn first_element(&mut self) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            Some(_) => Ok(true),
            None => Err(JsonError::UnexpectedEnd),
        }
    }

    /// After an element: passes the comma (`true`) or the closing bracket (`false`).
    pub(crate) fn next_element(&mut self) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            other => Err(self.unexpected(other)),
        }
    }

    /// Passes one value of any kind and says where it stood.
    pub(crate) fn skip_value(&mut self) -> Result<Range<usize>, JsonError> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => {
                self.skip_string()?;
            }
            Some(b'{' | b'[') => self.skip_nested()?,
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.skip_scalar(),
            other => return Err(self.unexpected(other)),
        }
        Ok(start..self.at)
    }

    /// Only white space may follow.
    pub(crate) fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            other => Err(self.unexpected(other)),
        }
    }

    /// Stands on an opening quote; passes the closing one. Returns the place between the quotes.
    fn skip_string(&mut self) -> Result<Range<usize>, JsonError> {
        let start = self.at + 1;
        let mut at = start;
        // Most strings end within a few bytes, before a vectorised search has begun.
        let near = self.text.len().min(start + NEAR_BYTES);
        while at < near && !matches!(self.text[at], b'"' | b'\\') {
            at += 1;
        }
        loop {
            let rest = self.text.get(at..).ok_or(JsonError::UnexpectedEnd)?;
            let found = at + memchr::memchr2(b'"', b'\\', rest).ok_or(JsonError::UnexpectedEnd)?;
            if self.text[found] == b'"' {
                self.at = found + 1;
                return Ok(start..found);
            }
            at = found + 2;
        }
    }

    /// Stands on an opening bracket; passes the one that closes it.
    fn skip_nested(&mut self) -> Result<(), JsonError> {
        let mut depth = 0_usize;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' => {
                    self.skip_string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(JsonError::UnexpectedEnd)
    }

    fn skip_scalar(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                return;
            }
            self.at += 1;
        }
    }

    /// Passes a name and its colon.
    pub(crate) fn key(&mut self) -> Result<Range<usize>, JsonError> {
        match self.peek() {
            Some(b'"') => {}
            other => return Err(self.unexpected(other)),
        }
        let key = self.skip_string()?;
        match self.peek() {
            Some(b':') => self.at += 1,
            other => return Err(self.unexpected(other)),
        }
        Ok(key)
    }

    fn unexpected(&self, found: Option<u8>) -> JsonError {
        match found {
            Some(_) => JsonError::Unexpected { at: self.at },
            None => JsonError::UnexpectedEnd,
        }
    }
}
