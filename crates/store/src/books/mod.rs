//! This process's part in the money: the journals it holds, what they vouch for in each tenant's state, and the steps of `money.md`
//! 3 to 6 that keep journal, Redis and Postgres one story.
//!
//! `Books` is the whole process. `Node` is one journal directory: the current one admits; others were adopted from dead gateways or
//! were fenced, and only drain. An `Admission` is a hold that exists and must be settled or released.

mod admission;
mod admit;
mod adopt;
mod assert;
mod load;
mod node;
mod push;
mod ship;

pub use admission::{Admission, Raised};
pub use admit::{Order, Outcome, Refusal};
pub use node::Node;

use crate::journal::{JournalError, SyncMode};
use crate::redis::Redis;
use crate::{Result, Store, StoreError};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tenancy::TenantId;

/// Loads of different tenants go on at once; two of one tenant in this process do not. Locks are shared by hash, so that their
/// number is bounded.
const LOAD_LOCKS: usize = 1024;

#[derive(Debug, Clone)]
pub struct Options {
    pub journal_dir: PathBuf,
    pub sync_mode: SyncMode,
    /// How long a load waits for a silent node before it is fenced for that tenant.
    pub rebuild_grace: Duration,
}

#[derive(Debug)]
pub struct Books {
    store: Store,
    redis: Redis,
    options: Options,
    /// Guards only the pointers below; never held across an await.
    nodes: RwLock<Nodes>,
    load_locks: Vec<tokio::sync::Mutex<()>>,
    /// One adoption at a time: two would race for the same directory.
    adopting: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Nodes {
    current: Arc<Node>,
    draining: Vec<Arc<Node>>,
}

impl From<JournalError> for StoreError {
    fn from(error: JournalError) -> Self {
        Self::Unavailable("journal", error.to_string())
    }
}

impl Books {
    /// Opens the first journal directory that nobody holds, or makes one. Needs Postgres, because a node that it does not know of
    /// would not be asked by loads.
    pub async fn open(store: Store, redis: Redis, options: Options) -> Result<Arc<Self>> {
        std::fs::create_dir_all(&options.journal_dir).map_err(JournalError::Io)?;
        let current = Self::first_node(&store, &options).await?;
        let load_locks = (0..LOAD_LOCKS).map(|_| tokio::sync::Mutex::new(())).collect();
        let nodes = RwLock::new(Nodes { current, draining: Vec::new() });
        Ok(Arc::new(Self { store, redis, options, nodes, load_locks, adopting: tokio::sync::Mutex::new(()) }))
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    pub fn redis(&self) -> &Redis {
        &self.redis
    }

    /// The node that admits.
    pub fn current(&self) -> Arc<Node> {
        Arc::clone(&self.nodes.read().unwrap_or_else(PoisonError::into_inner).current)
    }

    /// Every node that this process speaks for.
    pub fn all(&self) -> Vec<Arc<Node>> {
        let nodes = self.nodes.read().unwrap_or_else(PoisonError::into_inner);
        std::iter::once(&nodes.current).chain(&nodes.draining).cloned().collect()
    }

    fn load_lock(&self, tenant_id: TenantId) -> &tokio::sync::Mutex<()> {
        let bytes = tenant_id.as_uuid().into_bytes();
        &self.load_locks[usize::from(u16::from_le_bytes([bytes[14], bytes[15]])) % LOAD_LOCKS]
    }

    /// Brings Redis up to the tenant's present facts: absolute values of one version.
    pub async fn revise(&self, tenant_id: TenantId) -> Result<()> {
        let (facts, done) = crate::system::load::facts_with_debits(&self.store, tenant_id).await?;
        self.redis.revise(tenant_id, &facts, &done).await
    }
}
