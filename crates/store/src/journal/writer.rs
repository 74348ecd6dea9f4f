//! Appending. `append` has written (survives kill -9) when it returns; a thread syncs within 5 ms behind (survives a power cut).

use super::directory::{Directory, segment_path, segments};
use super::{JournalError, Lsn, Record, frame};
use std::fs::File;
use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A segment is deleted whole, so this is also the grain of what is kept.
const SEGMENT_BYTES_MAX: u64 = 16 << 20;
/// How far a sync may lag behind in mode `process`; one sync then covers all that came meanwhile.
const SYNC_WITHIN: Duration = Duration::from_millis(5);

/// When a settlement counts as recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncMode {
    /// When written: survives kill -9; a power cut can lose the last 5 ms.
    Process,
    /// When synced.
    Power,
}

#[derive(Debug)]
pub struct Writer {
    directory: Arc<Directory>,
    file: Arc<File>,
    segment: u64,
    bytes: u64,
    last: u64,
    buffer: Vec<u8>,
    sync: Arc<SyncThread>,
    failed: Option<String>,
}

impl Writer {
    /// Starts a new segment after the existing ones. `last` is the highest lsn that replay found, or 0.
    pub fn start(directory: Arc<Directory>, last: u64) -> Result<Self, JournalError> {
        let segment = segments(directory.path())?.last().map_or(1, |(n, _)| n + 1);
        let file =
            Arc::new(File::options().create_new(true).append(true).open(segment_path(directory.path(), segment))?);
        File::open(directory.path())?.sync_all()?;
        let sync = SyncThread::start(directory.node(), last)?;
        Ok(Self { directory, file, segment, bytes: 0, last, buffer: Vec::with_capacity(4096), sync, failed: None })
    }

    /// Writes one record. The caller holds the lock under which the record's effects are kept, so that the order of positions
    /// is the order of effects. A failure is final: what has been promised so far is on disk, nothing more is.
    pub fn append(&mut self, record: &Record) -> Result<Lsn, JournalError> {
        if let Some(reason) = &self.failed {
            return Err(JournalError::Failed(reason.clone()));
        }
        let lsn = Lsn { epoch: self.directory.epoch(), n: self.last + 1 };
        self.buffer.clear();
        frame::encode(&mut self.buffer, lsn, record)?;
        if self.bytes > 0 && self.bytes + self.buffer.len() as u64 > SEGMENT_BYTES_MAX {
            self.rotate().inspect_err(|e| self.failed = Some(e.to_string()))?;
        }
        if let Err(error) = (&*self.file).write_all(&self.buffer) {
            self.failed = Some(error.to_string());
            return Err(error.into());
        }
        self.bytes += self.buffer.len() as u64;
        self.last = lsn.n;
        self.sync.wrote(&self.file, lsn.n);
        Ok(lsn)
    }

    pub fn last(&self) -> u64 {
        self.last
    }

    pub fn failure(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// The highest lsn known to be on disk.
    pub fn synced(&self) -> watch::Receiver<u64> {
        self.sync.synced.subscribe()
    }

    fn rotate(&mut self) -> Result<(), JournalError> {
        self.segment += 1;
        self.file = Arc::new(
            File::options().create_new(true).append(true).open(segment_path(self.directory.path(), self.segment))?,
        );
        self.bytes = 0;
        File::open(self.directory.path())?.sync_all()?;
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sync.stop();
    }
}

/// One thread per directory, because fdatasync blocks.
#[derive(Debug)]
struct SyncThread {
    /// Guards what was written and not yet synced; held only to add to it or take it.
    waiting: Mutex<Waiting>,
    wake: Condvar,
    synced: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// More than one only around a rotation.
    files: Vec<Arc<File>>,
    through: u64,
    stopped: bool,
}

impl SyncThread {
    fn start(node: &str, last: u64) -> Result<Arc<Self>, JournalError> {
        let this = Arc::new(Self { waiting: Mutex::default(), wake: Condvar::new(), synced: watch::channel(last).0 });
        let thread = Arc::clone(&this);
        std::thread::Builder::new().name(format!("sync {node}")).spawn(move || thread.run())?;
        Ok(this)
    }

    fn wrote(&self, file: &Arc<File>, n: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.files.last().is_some_and(|f| Arc::ptr_eq(f, file)) {
            waiting.files.push(Arc::clone(file));
        }
        let was_idle = waiting.through <= *self.synced.borrow();
        waiting.through = n;
        drop(waiting);
        if was_idle {
            self.wake.notify_one();
        }
    }

    fn stop(&self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).stopped = true;
        self.wake.notify_one();
    }

    fn run(&self) {
        loop {
            let (files, through) = {
                let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                while waiting.files.is_empty() && !waiting.stopped {
                    waiting = self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                if waiting.files.is_empty() {
                    return;
                }
                (std::mem::take(&mut waiting.files), waiting.through)
            };
            let started = std::time::Instant::now();
            if let Some(error) = files.iter().find_map(|f| f.sync_data().err()) {
                // After a failed fdatasync the kernel may have dropped the pages: nothing later can be trusted to be on disk,
                // so the watermark stays here for good; shipping and `power` settlements stop with it.
                tracing::error!(error = %error, "journal could not be synced, shipping stops");
                return;
            }
            self.synced.send_replace(through);
            if let Some(rest) = SYNC_WITHIN.checked_sub(started.elapsed()) {
                std::thread::sleep(rest);
            }
        }
    }
}
