//! One scan over one chunk, by places, without building anything.

use std::ops::Range;

use crate::estimate::text::Counter;
use crate::json::{Cursor, JsonError};
use crate::wire::delivered;

/// How far a stream has come.
#[derive(Debug, Clone)]
pub(super) struct Progress {
    pub(super) committed: bool,
    pub(super) output: Counter,
    /// One bit a choice that has its finish reason; OpenAI allows 128 choices.
    finished: u128,
}

impl Progress {
    pub(super) fn new() -> Progress {
        Progress { committed: false, output: Counter::closest(), finished: 0 }
    }

    pub(super) fn finished_choices(&self) -> u64 {
        u64::from(self.finished.count_ones())
    }
}

/// Places in a chunk's data.
#[derive(Debug, Default, Clone)]
pub(super) struct Chunk {
    pub(super) id: Option<Range<usize>>,
    pub(super) created: Option<Range<usize>>,
    pub(super) model: Option<Range<usize>>,
    pub(super) usage: Option<UsagePlace>,
    pub(super) has_choices: bool,
    /// The chunk is an error, or a choice ended with one.
    pub(super) failed: bool,
}

#[derive(Debug, Clone)]
pub(super) struct UsagePlace {
    pub(super) value: Range<usize>,
    /// What to cut so that the rest stays an object.
    pub(super) with_comma: Range<usize>,
}

/// The bytes before `choices` and what stands in them. Providers repeat them in every chunk, so a chunk that begins
/// with them need not be scanned there again.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: Vec<u8>,
    chunk: Chunk,
    value_ended_at: Option<usize>,
}

impl Head {
    fn remember(&mut self, bytes: &[u8], chunk: &Chunk, value_ended_at: Option<usize>) {
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.chunk = chunk.clone();
        self.value_ended_at = value_ended_at;
    }
}

/// Fails on what is not one JSON object, as far as a scan by quotes and brackets can tell.
pub(super) fn scan(data: &[u8], head: &mut Head, progress: &mut Progress) -> Result<Chunk, JsonError> {
    let known = !head.bytes.is_empty() && data.starts_with(&head.bytes);
    let (mut chunk, mut value_before_ended_at, mut cursor, mut key);
    if known {
        chunk = head.chunk.clone();
        value_before_ended_at = head.value_ended_at;
        cursor = Cursor::starting_at(data, head.bytes.len());
        key = Some(cursor.key()?);
    } else {
        chunk = Chunk::default();
        value_before_ended_at = None;
        cursor = Cursor::new(data);
        key = cursor.enter_object()?;
    }
    while let Some(name) = key {
        let start = name.start - 1;
        let value;
        match cursor.text(name) {
            b"choices" if cursor.peek() == Some(b'[') => {
                if !known && chunk.usage.is_none() && !chunk.failed {
                    head.remember(&data[..start], &chunk, value_before_ended_at);
                }
                read_choices(&mut cursor, &mut chunk, progress)?;
                value = start..cursor.position();
            }
            b"model" => {
                value = cursor.skip_value()?;
                chunk.model = Some(value.clone());
            }
            b"usage" => {
                value = cursor.skip_value()?;
                let with_comma = value_before_ended_at.unwrap_or(start)..value.end;
                chunk.usage = Some(UsagePlace { value: value.clone(), with_comma });
            }
            b"id" => {
                value = cursor.skip_value()?;
                chunk.id = Some(value.clone());
            }
            b"created" => {
                value = cursor.skip_value()?;
                chunk.created = Some(value.clone());
            }
            b"error" => {
                value = cursor.skip_value()?;
                chunk.failed |= cursor.text(value.clone()) != b"null";
            }
            b"object" => {
                value = cursor.skip_value()?;
                // vLLM's form of an error in a stream.
                chunk.failed |= cursor.text(value.clone()) == br#""error""#;
            }
            _ => value = cursor.skip_value()?,
        }
        key = cursor.next_key()?;
        if let (Some(next), None, Some(usage)) = (&key, value_before_ended_at, &mut chunk.usage) {
            // Usage came first: the comma to cut is the one after it.
            usage.with_comma.end = next.start - 1;
        }
        value_before_ended_at = Some(value.end);
    }
    cursor.end()?;
    Ok(chunk)
}

fn read_choices(cursor: &mut Cursor<'_>, chunk: &mut Chunk, progress: &mut Progress) -> Result<(), JsonError> {
    let mut more = cursor.enter_array()?;
    chunk.has_choices = more;
    while more {
        read_choice(cursor, chunk, progress)?;
        more = cursor.next_element()?;
    }
    Ok(())
}

fn read_choice(cursor: &mut Cursor<'_>, chunk: &mut Chunk, progress: &mut Progress) -> Result<(), JsonError> {
    let mut index = 0_u32;
    let mut finished = false;
    let mut key = cursor.enter_object()?;
    while let Some(name) = key {
        match (cursor.text(name), cursor.peek()) {
            (b"delta", Some(b'{')) => progress.committed |= delivered::read_message(cursor, &mut progress.output)?,
            (b"index", _) => {
                let value = cursor.skip_value()?;
                index = std::str::from_utf8(cursor.text(value)).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
            }
            (b"finish_reason", Some(b'"')) => {
                let value = cursor.skip_value()?;
                finished = true;
                chunk.failed |= matches!(cursor.text(value), br#""error""# | br#""insufficient_system_resource""#);
            }
            _ => {
                cursor.skip_value()?;
            }
        }
        key = cursor.next_key()?;
    }
    if finished {
        progress.finished |= 1_u128.checked_shl(index).unwrap_or(0);
    }
    Ok(())
}
