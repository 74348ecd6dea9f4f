//! The usage journal: what this gateway owes the ledger, on its own disk, before anybody is answered.
//!
//! `journal_dir/<node>/` holds append-only segments. A frame is `length u32, crc u32, epoch u64, lsn u64, JSON`, little-endian; the
//! checksum covers everything after itself. JSON, because a newer gateway must be able to adopt an older one's directory and
//! the other way round, and because what Postgres refuses is kept readable.
//!
//! One directory is held by one process (flock). Every opening raises its epoch; positions are (epoch, lsn) and the lsn never
//! restarts, so a position names one record for ever.

mod directory;
mod frame;
mod reader;
mod record;
mod writer;

pub use directory::{Directory, siblings};
pub use reader::{Cursor, Entry, replay};
pub use record::{Ended, Endpoint, Intent, Record, Served, Settlement};
pub use writer::{SyncMode, Writer};

/// Where a record stands: the opening of the directory that wrote it, and its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Lsn {
    pub epoch: u64,
    pub n: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("journal directory {0} is held by another process")]
    Held(std::path::PathBuf),
    #[error("journal directory {0} is retired")]
    Retired(std::path::PathBuf),
    #[error("journal segment {segment} is damaged at byte {offset}, before its end: {reason}")]
    Damaged { segment: std::path::PathBuf, offset: u64, reason: String },
    #[error("journal record of {0} bytes exceeds the bound of 1 MiB")]
    TooLarge(usize),
    #[error("journal has failed and admits nothing until the gateway is restarted: {0}")]
    Failed(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Requests that the journals under `journal_dir` hold open, read without holding them: what a peer may be writing just now is
/// missed or seen, never misread.
pub fn open_requests(journal_dir: &std::path::Path) -> Result<Vec<String>, JournalError> {
    let mut open = std::collections::BTreeSet::new();
    for node in siblings(journal_dir)? {
        reader::peek(&journal_dir.join(node), |record| match record {
            Record::Intent(intent) => drop(open.insert(intent.request_id.to_string())),
            Record::Release { request_id } => drop(open.remove(&request_id.to_string())),
            Record::Settlement(s) => drop(open.remove(&s.intent.request_id.to_string())),
            Record::Progress { .. } => {}
        })?;
    }
    Ok(open.into_iter().collect())
}
