//! One WebSocket client as the rest of the exchange sees it: a bounded outbox and a way to end it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::event::Event;

/// What a session writes on behalf of others.
pub(crate) enum Outgoing {
    Text(Utf8Bytes),
    /// The close frame's code and reason; nothing is sent after it.
    Close(u16, &'static str),
}

pub(crate) struct Connection {
    pub(crate) id: u64,
    outbox: Sender<Outgoing>,
    /// Whether payloads are wrapped with the name of their stream.
    combined: AtomicBool,
    /// Tells the session to end at once, without a close frame.
    cut: Notify,
    messages_sent: Arc<AtomicU64>,
}

/// A second of every stream a connection may have; a client farther behind is cut, as the exchange does.
const OUTBOX_MESSAGES: usize = 16_384;

/// The close code of a server that stops.
const GOING_AWAY: u16 = 1_001;

impl Connection {
    pub(crate) fn is_combined(&self) -> bool {
        self.combined.load(Ordering::Relaxed)
    }

    pub(crate) fn set_combined(&self, combined: bool) {
        self.combined.store(combined, Ordering::Relaxed);
    }

    pub(crate) fn push(&self, event: &Event<'_>) {
        let text = if self.is_combined() { event.combined() } else { event.raw() };
        self.put(Outgoing::Text(text));
        self.messages_sent.fetch_add(1, Ordering::Relaxed);
    }

    /// What a client sees at the end of its 24 hours: an event that says so, then a close frame.
    pub(crate) fn shut_down(&self, now_ms: u64) {
        let payload = format!(r#"{{"e":"serverShutdown","E":{now_ms}}}"#);
        self.push(&Event::new("!serverShutdown", payload));
        self.put(Outgoing::Close(GOING_AWAY, "Server shutdown"));
    }

    pub(crate) fn cut(&self) {
        self.cut.notify_one();
    }

    /// Ready once `cut` was called, also before.
    pub(crate) async fn is_cut(&self) {
        self.cut.notified().await;
    }

    fn put(&self, outgoing: Outgoing) {
        // Full means too slow; closed means that the session is ending anyway.
        if self.outbox.try_send(outgoing).is_err() {
            self.cut();
        }
    }
}

/// The open connections, and how many there have been.
#[derive(Default)]
pub(crate) struct Connections {
    pub(crate) opened: AtomicU64,
    pub(crate) most: AtomicU64,
    pub(crate) messages_sent: Arc<AtomicU64>,
    /// By id. Never held across an await.
    open: Mutex<HashMap<u64, Arc<Connection>>>,
}

impl Connections {
    pub(crate) fn open(&self, combined: bool) -> (Arc<Connection>, Receiver<Outgoing>) {
        let (outbox, outgoing) = mpsc::channel(OUTBOX_MESSAGES);
        let connection = Arc::new(Connection {
            id: self.opened.fetch_add(1, Ordering::Relaxed),
            outbox,
            combined: AtomicBool::new(combined),
            cut: Notify::new(),
            messages_sent: self.messages_sent.clone(),
        });
        let mut open = self.lock();
        open.insert(connection.id, connection.clone());
        self.most.fetch_max(open.len() as u64, Ordering::Relaxed);
        (connection, outgoing)
    }

    pub(crate) fn forget(&self, connection: &Connection) {
        self.lock().remove(&connection.id);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        self.lock().values().cloned().collect()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Counts from now on, as if those open had just been opened.
    pub(crate) fn reset_counts(&self) {
        let open = self.lock().len() as u64;
        self.most.store(open, Ordering::Relaxed);
        self.messages_sent.store(0, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Connection>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
