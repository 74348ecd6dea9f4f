//! Reading back: the whole directory once at an opening, then onwards from a place as the shipper goes.

use super::directory::{Directory, segment_path, segments};
use super::frame::{Decoded, decode};
use super::{JournalError, Lsn, Record};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

/// One read of a segment; also the bound of what a batch holds in memory.
const READ_BYTES: usize = 4 << 20;

/// A record and where it stands.
#[derive(Debug, Clone)]
pub struct Entry {
    pub lsn: Lsn,
    pub record: Record,
}

/// Reads every record in order and cuts the torn tail, if the last writer was killed in the middle of one. Returns the highest
/// lsn, or 0. Damage anywhere else is an error: nobody may guess what stood there.
pub fn replay(directory: &Directory, mut visit: impl FnMut(Entry)) -> Result<u64, JournalError> {
    let all = segments(directory.path())?;
    let mut last = 0;
    for (index, (_, path)) in all.iter().enumerate() {
        let bytes = fs::read(path)?;
        let mut at = 0;
        while at < bytes.len() {
            match decode(&bytes[at..]) {
                Decoded::Frame { lsn, payload, size } => {
                    visit(Entry { lsn, record: parse(path, at, payload)? });
                    last = lsn.n;
                    at += size;
                }
                // Each opening starts a segment of its own, so the tail of any segment may be where a writer was killed; what
                // follows a torn frame was never written.
                Decoded::Short | Decoded::Damaged(_) if is_tail(&bytes[at..]) => {
                    tracing::warn!(segment = %path.display(), offset = at, last_segment = index + 1 == all.len(), "journal had a torn tail, cut");
                    File::options().write(true).open(path)?.set_len(at as u64)?;
                    break;
                }
                bad => {
                    let reason = if let Decoded::Damaged(reason) = bad { reason } else { "record is cut" };
                    return Err(JournalError::Damaged {
                        segment: path.clone(),
                        offset: at as u64,
                        reason: format!("{reason}, and a whole record follows"),
                    });
                }
            }
        }
    }
    Ok(last)
}

/// Reads what can be read, changing nothing.
pub(super) fn peek(dir: &std::path::Path, mut visit: impl FnMut(Record)) -> Result<(), JournalError> {
    for (_, path) in segments(dir)? {
        let bytes = fs::read(&path)?;
        let mut at = 0;
        while let Decoded::Frame { payload, size, .. } = decode(&bytes[at..]) {
            visit(parse(&path, at, payload)?);
            at += size;
        }
    }
    Ok(())
}

/// Whether no whole record stands anywhere behind a bad place: then it is a torn tail, otherwise damage.
fn is_tail(bytes: &[u8]) -> bool {
    (1..bytes.len()).all(|at| !matches!(decode(&bytes[at..]), Decoded::Frame { .. }))
}

fn parse(path: &std::path::Path, at: usize, payload: &[u8]) -> Result<Record, JournalError> {
    serde_json::from_slice(payload).map_err(|e| JournalError::Damaged {
        segment: path.to_owned(),
        offset: at as u64,
        reason: e.to_string(),
    })
}

/// A place in the journal, moved forward by reading. The writer may be appending behind it.
#[derive(Debug, Clone)]
pub struct Cursor {
    dir: PathBuf,
    segment: u64,
    offset: u64,
}

impl Cursor {
    /// The oldest segment that is kept: records that are already shipped are passed over by their position.
    pub fn oldest(directory: &Directory) -> Result<Self, JournalError> {
        let segment = segments(directory.path())?.first().map_or(1, |(n, _)| *n);
        Ok(Self { dir: directory.path().to_owned(), segment, offset: 0 })
    }

    /// Up to `max` records that are on disk (lsn ≤ `synced`), and where reading goes on after them.
    pub fn read(&self, synced: u64, max: usize) -> Result<(Vec<Entry>, Cursor), JournalError> {
        let mut next = self.clone();
        let mut entries = Vec::new();
        loop {
            // Asked before reading: only a segment that already had a successor can be taken for finished.
            let later = segments(&next.dir)?.into_iter().map(|(n, _)| n).find(|n| *n > next.segment);
            let path = segment_path(&next.dir, next.segment);
            let Ok(mut file) = File::open(&path) else { return Ok((entries, next)) };
            file.seek(SeekFrom::Start(next.offset))?;
            let mut bytes = Vec::new();
            file.take(READ_BYTES as u64).read_to_end(&mut bytes)?;
            let mut at = 0;
            while let Decoded::Frame { lsn, payload, size } = decode(&bytes[at..]) {
                if lsn.n > synced || entries.len() == max {
                    next.offset += at as u64;
                    return Ok((entries, next));
                }
                entries.push(Entry { lsn, record: parse(&path, at, payload)? });
                at += size;
            }
            next.offset += at as u64;
            match later {
                Some(segment) if at == 0 => {
                    next.segment = segment;
                    next.offset = 0;
                }
                _ if at > 0 => {}
                _ => return Ok((entries, next)),
            }
        }
    }

    /// Deletes segments wholly before this place that are older than `keep_for`, and, whatever their age, all but the newest `keep_max`.
    pub fn delete_before(
        &self,
        keep_for: std::time::Duration,
        keep_max: usize,
        oldest_open: Option<u64>,
    ) -> Result<(), JournalError> {
        let all = segments(&self.dir)?;
        let shipped: Vec<_> = all.iter().filter(|(n, _)| *n < self.segment).collect();
        for (index, (_, path)) in shipped.iter().enumerate() {
            let old = fs::metadata(path)?.modified()?.elapsed().is_ok_and(|age| age > keep_for);
            let beyond = shipped.len() - index > keep_max;
            if !(old || beyond) || oldest_open.is_some_and(|n| last_lsn(path).is_none_or(|last| last >= n)) {
                break;
            }
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

/// The last lsn of a finished segment.
fn last_lsn(path: &std::path::Path) -> Option<u64> {
    let bytes = fs::read(path).ok()?;
    let (mut at, mut last) = (0, None);
    while let Decoded::Frame { lsn, size, .. } = decode(&bytes[at..]) {
        last = Some(lsn.n);
        at += size;
    }
    last
}
