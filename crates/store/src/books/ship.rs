//! Moving records from the journals into Postgres.

use super::Books;
use super::node::Node;
use crate::journal::{Entry, Lsn, Record};
use crate::system::debit::{Debited, usage_debit};
use crate::system::node::node_advance;
use crate::system::ship::{Shipment, started_at, usage_reject, usage_ship};
use crate::{Result, StoreError};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tenancy::TenantId;

/// Records in one batch: large enough that a hot account is written once for hundreds of requests.
const BATCH_MAX: usize = 2_000;
/// Records whose tenant's state does not count just now; beyond that, shipping of this node waits.
const DEFERRED_MAX: usize = 10_000;
/// An id is made this much before its intent is written, at most.
const SETTLED_MARGIN: TimeDelta = TimeDelta::seconds(10);
/// Shipped segments are kept for a restore of Postgres, bounded in age and number (16 MiB each).
const KEEP_FOR: Duration = Duration::from_secs(24 * 3600);
const KEEP_SEGMENTS_MAX: usize = 256;

impl Books {
    /// One round over every node of this process. Nothing is lost by an error: the next round begins where this one stopped.
    pub async fn ship(self: &Arc<Self>) -> Result<usize> {
        let mut shipped = 0;
        let mut failed = None;
        for node in self.all() {
            match self.ship_node(&node).await {
                Ok(n) => shipped += n,
                Err(error) => failed = Some(error),
            }
            if !Arc::ptr_eq(&node, &self.current()) && node.is_drained().await {
                self.retire(&node).await?;
            }
        }
        failed.map_or(Ok(shipped), Err)
    }

    async fn ship_node(self: &Arc<Self>, node: &Arc<Node>) -> Result<usize> {
        let mut shipping = node.shipping.lock().await;
        let synced = *node.synced.borrow();
        let mut shipped = 0;
        let mut still = Vec::new();
        for shipment in &shipping.deferred {
            if !self.ship_as_debit(node, shipment).await? {
                still.push(shipment.clone());
            }
        }
        shipping.deferred = still;
        while shipping.deferred.len() < DEFERRED_MAX {
            let (entries, next) = shipping.cursor.read(synced, BATCH_MAX)?;
            let Some(last) = entries.last().map(|e| e.lsn) else {
                shipping.cursor = next;
                break;
            };
            let watermark = shipping.watermark;
            let batch =
                entries.into_iter().filter(|e| e.lsn.n > watermark.n).filter_map(shipment_of).collect::<Vec<_>>();
            shipped += batch.len();
            let waiting = self.ship_batch(node, batch).await?;
            shipping.deferred.extend(waiting);
            shipping.cursor = next;
            shipping.read = last;
        }
        let oldest = shipping.deferred.iter().map(|s| s.lsn).min();
        let through = oldest.map_or(shipping.read, |lsn| Lsn { epoch: lsn.epoch, n: lsn.n - 1 });
        if through > shipping.watermark {
            shipping.watermark = through;
            let kept = node.book().open.values().map(|o| o.position).min();
            shipping.cursor.delete_before(KEEP_FOR, KEEP_SEGMENTS_MAX, kept)?;
        }
        let settled_through = node.settled_through(shipping.watermark.n);
        node_advance(&self.store, node.name(), shipping.watermark, settled_through).await?;
        Ok(shipped)
    }

    /// Ships a batch; returns what has to wait for its tenant's state.
    async fn ship_batch(self: &Arc<Self>, node: &Arc<Node>, batch: Vec<Shipment>) -> Result<Vec<Shipment>> {
        let (estimates, counted): (Vec<_>, Vec<_>) = batch.into_iter().partition(|s| s.settlement.estimate);
        let mut debits = estimates;
        if !counted.is_empty() {
            debits.extend(self.ship_counted(node, counted).await?);
        }
        let mut waiting = Vec::new();
        for shipment in debits {
            if !self.ship_as_debit(node, &shipment).await? {
                waiting.push(shipment);
            }
        }
        Ok(waiting)
    }

    /// Whole if possible; split until what Postgres refuses stands alone. Returns the records of tenants that fenced this node.
    async fn ship_counted(&self, node: &Arc<Node>, batch: Vec<Shipment>) -> Result<Vec<Shipment>> {
        match usage_ship(&self.store, node.name(), &batch).await {
            Ok(fenced) => return Ok(fenced),
            Err(error @ StoreError::Unavailable(..)) => return Err(error),
            Err(error) => tracing::error!(error = %error, records = batch.len(), "batch of usage was refused, split"),
        }
        let mut by_tenant: BTreeMap<TenantId, Vec<Shipment>> = BTreeMap::new();
        for shipment in batch {
            by_tenant.entry(shipment.settlement.intent.tenant_id).or_default().push(shipment);
        }
        let mut fenced = Vec::new();
        for records in by_tenant.into_values() {
            match usage_ship(&self.store, node.name(), &records).await {
                Ok(gone) => fenced.extend(gone),
                Err(error @ StoreError::Unavailable(..)) => return Err(error),
                Err(_) => {
                    for record in records {
                        match usage_ship(&self.store, node.name(), std::slice::from_ref(&record)).await {
                            Ok(gone) => fenced.extend(gone),
                            Err(error @ StoreError::Unavailable(..)) => return Err(error),
                            Err(error) => self.reject(node, &record, &error).await?,
                        }
                    }
                }
            }
        }
        Ok(fenced)
    }

    async fn reject(&self, node: &Arc<Node>, record: &Shipment, error: &StoreError) -> Result<()> {
        tracing::error!(request.id = %record.settlement.intent.request_id, tenant.id = %record.settlement.intent.tenant_id, error = %error, "usage record was refused and put aside");
        usage_reject(&self.store, node.name(), record, &error.to_string()).await
    }

    /// Returns whether it is booked.
    async fn ship_as_debit(self: &Arc<Self>, node: &Arc<Node>, shipment: &Shipment) -> Result<bool> {
        for _ in 0..2 {
            match usage_debit(&self.store, &self.redis, node.name(), shipment).await {
                Ok(Debited::Booked) => return Ok(true),
                Ok(Debited::Load) => {}
                Err(StoreError::Unavailable(..)) => return Ok(false),
                Err(error) => {
                    self.reject(node, shipment, &error).await?;
                    return Ok(true);
                }
            }
            if self.load(shipment.settlement.intent.tenant_id).await.is_err() {
                return Ok(false);
            }
        }
        Ok(false)
    }
}

fn shipment_of(entry: Entry) -> Option<Shipment> {
    match entry.record {
        Record::Settlement(settlement) => Some(Shipment { lsn: entry.lsn, settlement: *settlement }),
        Record::Intent(_) | Record::Progress { .. } | Record::Release { .. } => None,
    }
}

impl Node {
    async fn is_drained(&self) -> bool {
        let shipping = self.shipping.lock().await;
        let book = self.book();
        book.open.is_empty()
            && shipping.deferred.is_empty()
            && shipping.watermark.n >= book.writer.last()
            && book.accounts.values().all(|a| a.over.is_empty() && !a.sweep)
    }

    /// Start of the oldest request that is not in Postgres; a little before now if there is none.
    fn settled_through(&self, shipped: u64) -> DateTime<Utc> {
        let mut book = self.book();
        book.unshipped.forget_through(shipped);
        let open = book.open.keys().map(|r| started_at(*r)).min();
        let unshipped = book.unshipped.oldest().map(started_at);
        [open, unshipped].into_iter().flatten().chain([Utc::now()]).min().unwrap_or_default() - SETTLED_MARGIN
    }
}
