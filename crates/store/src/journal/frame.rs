//! One record as bytes: `length u32, crc u32, epoch u64, lsn u64, JSON`.

use super::{JournalError, Lsn, Record};

const HEADER: usize = 24;
/// A record is an id, some numbers and ≤ 16 pairs of metadata; a longer one is a mistake.
pub(super) const RECORD_BYTES_MAX: usize = 1 << 20;

/// Appends the frame to `buffer`, which the writer reuses.
pub(super) fn encode(buffer: &mut Vec<u8>, lsn: Lsn, record: &Record) -> Result<(), JournalError> {
    let start = buffer.len();
    buffer.extend_from_slice(&[0; HEADER]);
    serde_json::to_writer(&mut *buffer, record).expect("a record has only strings for keys");
    let length = buffer.len() - start - HEADER;
    if length > RECORD_BYTES_MAX {
        buffer.truncate(start);
        return Err(JournalError::TooLarge(length));
    }
    let frame = &mut buffer[start..];
    frame[8..16].copy_from_slice(&lsn.epoch.to_le_bytes());
    frame[16..24].copy_from_slice(&lsn.n.to_le_bytes());
    let crc = crc32fast::hash(&frame[8..]);
    frame[..4].copy_from_slice(&u32::try_from(length).expect("bounded above").to_le_bytes());
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    Ok(())
}

/// What stands at the start of `bytes`.
pub(super) enum Decoded<'a> {
    Frame {
        lsn: Lsn,
        payload: &'a [u8],
        size: usize,
    },
    /// Fewer bytes than the frame needs: the writer may not have finished, or was killed here.
    Short,
    Damaged(&'static str),
}

pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if bytes.len() < HEADER {
        return Decoded::Short;
    }
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let long = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let length = word(0) as usize;
    if length == 0 || length > RECORD_BYTES_MAX {
        return Decoded::Damaged("impossible length");
    }
    let size = HEADER + length;
    if bytes.len() < size {
        return Decoded::Short;
    }
    if crc32fast::hash(&bytes[8..size]) != word(4) {
        return Decoded::Damaged("checksum does not match");
    }
    Decoded::Frame { lsn: Lsn { epoch: long(8), n: long(16) }, payload: &bytes[HEADER..size], size }
}
