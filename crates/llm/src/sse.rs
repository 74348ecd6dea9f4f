//! Server-sent events from bytes that arrive in any pieces.
//!
//! After the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream", with two differences that a
//! relay wants: `id` and `retry` are dropped, and the event type is empty unless the stream names one.

use std::ops::Range;

/// Largest event that is waited for. Images inside a chunk reach a megabyte; beyond this a provider is broken.
pub const EVENT_SIZE_MAX_BYTES: usize = 4 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One event, borrowed from the decoder until its next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'d> {
    /// The `data` lines, joined by a line feed if there were several.
    pub data: &'d [u8],
    /// The `event` line; empty if there was none.
    pub event: &'d [u8],
}

/// Splits a stream into events. It keeps one buffer and uses it again, so a stream of events that fit it
/// allocates nothing; however the bytes are cut, the events are the same.
#[derive(Debug)]
pub struct SseDecoder {
    buffer: Vec<u8>,
    /// Where the line that is being read starts.
    line: usize,
    /// There is no line end between `line` and here, so large events are not searched again with every piece.
    searched: usize,
    data: Data,
    /// All data lines of an event that has several.
    joined: Vec<u8>,
    event: Range<usize>,
    /// The last line ended in a carriage return: a line feed that follows belongs to it.
    after_carriage_return: bool,
    at_start: bool,
    overflowed: bool,
}

#[derive(Debug, Clone)]
enum Data {
    None,
    Line(Range<usize>),
    Joined,
}

impl Default for SseDecoder {
    fn default() -> SseDecoder {
        SseDecoder::new()
    }
}

impl SseDecoder {
    pub fn new() -> SseDecoder {
        SseDecoder {
            buffer: Vec::new(),
            line: 0,
            searched: 0,
            data: Data::None,
            joined: Vec::new(),
            event: 0..0,
            after_carriage_return: false,
            at_start: true,
            overflowed: false,
        }
    }

    /// Takes in the next bytes of the stream. Call [`SseDecoder::next_event`] until it returns `None`
    /// before pushing more, or the buffer grows.
    pub fn push(&mut self, bytes: &[u8]) {
        self.forget_what_was_read();
        if !self.overflowed {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// The next whole event; `None` until more bytes come, or for ever after an event that was too large.
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        if self.at_start && !self.pass_byte_order_mark() {
            return None;
        }
        while let Some(line) = self.next_line() {
            if !line.is_empty() {
                self.read_field(line);
                continue;
            }
            let data = std::mem::replace(&mut self.data, Data::None);
            let event = std::mem::replace(&mut self.event, 0..0);
            let data = match data {
                Data::None => continue,
                Data::Line(range) => &self.buffer[range],
                Data::Joined => &self.joined,
            };
            if data.len() > EVENT_SIZE_MAX_BYTES {
                self.overflowed = true;
                return None;
            }
            return Some(Event { data, event: &self.buffer[event] });
        }
        if self.buffer.len() - self.kept_from() > EVENT_SIZE_MAX_BYTES + PIECE_SLACK_BYTES {
            self.overflowed = true;
        }
        None
    }

    /// Whether an event exceeded [`EVENT_SIZE_MAX_BYTES`]; nothing after it is decoded.
    pub fn overflowed(&self) -> bool {
        self.overflowed
    }

    /// `false` while too few bytes are there to tell.
    fn pass_byte_order_mark(&mut self) -> bool {
        if self.buffer.len() < BYTE_ORDER_MARK.len() && BYTE_ORDER_MARK.starts_with(&self.buffer) {
            return false;
        }
        if self.buffer.starts_with(BYTE_ORDER_MARK) {
            self.line = BYTE_ORDER_MARK.len();
            self.searched = self.line;
        }
        self.at_start = false;
        true
    }

    fn next_line(&mut self) -> Option<Range<usize>> {
        if self.overflowed {
            return None;
        }
        if self.after_carriage_return && self.line < self.buffer.len() {
            if self.buffer[self.line] == b'\n' {
                self.line += 1;
                self.searched = self.line;
            }
            self.after_carriage_return = false;
        }
        let Some(found) = memchr::memchr2(b'\n', b'\r', &self.buffer[self.searched..]) else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = self.searched + found;
        let line = self.line..end;
        self.after_carriage_return = self.buffer[end] == b'\r';
        self.line = end + 1;
        self.searched = self.line;
        Some(line)
    }

    fn read_field(&mut self, line: Range<usize>) {
        let text = &self.buffer[line.clone()];
        let (name, mut value) = match memchr::memchr(b':', text) {
            Some(colon) => (&text[..colon], line.start + colon + 1..line.end),
            None => (text, line.end..line.end),
        };
        if self.buffer.get(value.start) == Some(&b' ') && !value.is_empty() {
            value.start += 1;
        }
        match name {
            b"data" => self.add_data(value),
            // An empty range must not name a place that the buffer may forget.
            b"event" => self.event = if value.is_empty() { 0..0 } else { value },
            _ => {}
        }
    }

    fn add_data(&mut self, value: Range<usize>) {
        match std::mem::replace(&mut self.data, Data::Joined) {
            Data::None => {
                self.data = Data::Line(value);
                return;
            }
            Data::Line(first) => {
                self.joined.clear();
                self.joined.extend_from_slice(&self.buffer[first]);
            }
            Data::Joined => {}
        }
        self.joined.push(b'\n');
        self.joined.extend_from_slice(&self.buffer[value]);
    }

    /// First byte of the buffer that is still needed.
    fn kept_from(&self) -> usize {
        let mut from = self.line;
        if let Data::Line(range) = &self.data {
            from = from.min(range.start);
        }
        if !self.event.is_empty() {
            from = from.min(self.event.start);
        }
        from
    }

    fn forget_what_was_read(&mut self) {
        let from = self.kept_from();
        if from == 0 || self.at_start {
            return;
        }
        self.buffer.copy_within(from.., 0);
        self.buffer.truncate(self.buffer.len() - from);
        self.line -= from;
        self.searched -= from;
        if let Data::Line(range) = &mut self.data {
            *range = range.start - from..range.end - from;
        }
        if !self.event.is_empty() {
            self.event = self.event.start - from..self.event.end - from;
        }
    }
}

/// Field names and line ends around the largest event's data.
const PIECE_SLACK_BYTES: usize = 64;
