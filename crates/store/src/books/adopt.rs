//! Taking over journals that nobody holds: at the start, after a fence, and every few seconds from dead siblings.

use super::node::Node;
use super::{Books, Options};
use crate::journal::{Directory, JournalError, siblings};
use crate::system::node::{node_open, node_retire};
use crate::{Result, Store};
use std::sync::{Arc, PoisonError};
use uuid::Uuid;

impl Books {
    /// The first directory that can be opened and that Postgres does not know better; a new one if there is none.
    pub(super) async fn first_node(store: &Store, options: &Options) -> Result<Arc<Node>> {
        for name in siblings(&options.journal_dir)? {
            if let Some(node) = open_node(store, options, &name).await? {
                return Ok(node);
            }
        }
        new_node(store, options).await
    }

    /// A fenced node drains; another takes over admitting. Whoever comes second finds it done.
    pub(super) async fn replace_current(&self, fenced: &Arc<Node>) -> Result<()> {
        let _one = self.adopting.lock().await;
        if !Arc::ptr_eq(&self.current(), fenced) {
            return Ok(());
        }
        let node = new_node(&self.store, &self.options).await?;
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut nodes.current, node);
        nodes.draining.push(old);
        Ok(())
    }

    /// Opens directories of siblings that died. Their open requests end as at any opening; `ship` drains and retires them.
    pub async fn adopt(&self) -> Result<usize> {
        let _one = self.adopting.lock().await;
        let mut adopted = 0;
        for name in siblings(&self.options.journal_dir)? {
            if self.all().iter().any(|n| n.name() == name) {
                continue;
            }
            if let Some(node) = open_node(&self.store, &self.options, &name).await? {
                tracing::warn!(node = %name, "journal of a dead gateway adopted");
                self.nodes.write().unwrap_or_else(PoisonError::into_inner).draining.push(node);
                adopted += 1;
            }
        }
        Ok(adopted)
    }

    /// Retires a node that has nothing left: marked on disk, drained in Postgres, then deleted.
    pub(super) async fn retire(&self, node: &Arc<Node>) -> Result<()> {
        node.directory().mark_retired()?;
        node_retire(&self.store, node.name()).await?;
        self.nodes.write().unwrap_or_else(PoisonError::into_inner).draining.retain(|n| !Arc::ptr_eq(n, node));
        node.directory().delete()?;
        tracing::info!(node = node.name(), "journal drained and retired");
        Ok(())
    }
}

/// Nothing where another process holds it, where it is retired, or where Postgres knows a later opening (an older copy of the disk).
async fn open_node(store: &Store, options: &Options, name: &str) -> Result<Option<Arc<Node>>> {
    let directory = match Directory::open(&options.journal_dir, name) {
        Ok(directory) => directory,
        Err(JournalError::Held(_) | JournalError::Retired(_)) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match node_open(store, name, directory.epoch()).await? {
        Some(opened) => Ok(Some(Node::open(directory, &opened)?)),
        None => {
            tracing::error!(node = %name, "journal directory is older than postgres knows it, left alone");
            Ok(None)
        }
    }
}

async fn new_node(store: &Store, options: &Options) -> Result<Arc<Node>> {
    let name = Uuid::now_v7().simple().to_string();
    open_node(store, options, &name)
        .await?
        .ok_or_else(|| JournalError::Failed("a new directory was not new".into()).into())
}
