//! One journal directory and what it holds open.

use crate::journal::{
    Cursor, Directory, Ended, Intent, JournalError, Lsn, Record, Settlement, SyncMode, Writer, replay,
};
use crate::redis::admit::Spent;
use crate::system::node::OpenedNode;
use billing::{Charge, CountSource, Reason, Tokens};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tenancy::{Environment, RequestId, TenantId};
use tokio::sync::watch;

#[derive(Debug)]
pub struct Node {
    directory: Arc<Directory>,
    /// Guards the journal's end together with what its records mean, so that the order of positions is the order of effects. Held
    /// for one record at a time, never across an await.
    book: Mutex<Book>,
    pub(super) shipping: tokio::sync::Mutex<Shipping>,
    pub(super) synced: watch::Receiver<u64>,
}

/// How far the journal is in Postgres.
#[derive(Debug)]
pub(super) struct Shipping {
    pub(super) cursor: Cursor,
    pub(super) watermark: Lsn,
    /// Read but not booked yet, because their tenant's state does not count just now; the watermark waits for the oldest.
    pub(super) deferred: Vec<crate::system::ship::Shipment>,
    /// Highest position that was read.
    pub(super) read: Lsn,
}

#[derive(Debug)]
pub(super) struct Book {
    pub(super) writer: Writer,
    pub(super) accounts: HashMap<TenantId, Account>,
    pub(super) open: HashMap<RequestId, Open>,
    pub(super) unshipped: Unshipped,
}

/// What this node vouches for in one tenant's state.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// Generation of the load that it last asserted to, or joined; 0 before it has met the tenant.
    pub(super) asserted: i64,
    /// Σ charges since the birth of the journal, without overage and without estimates.
    pub(super) total: Decimal,
    /// Removals not yet confirmed, each with the generation whose confirmation counts.
    pub(super) over: BTreeMap<RequestId, i64>,
    /// Corrections of token counts by minute, not yet sent.
    pub(super) corrections: BTreeMap<u64, i64>,
    /// Set at an opening: Redis may hold what this journal no longer does.
    pub(super) sweep: bool,
    /// Another call is under way and will take along what comes meanwhile.
    pub(super) pushing: bool,
}

#[derive(Debug)]
pub(super) struct Open {
    pub(super) intent: Arc<Intent>,
    pub(super) grant: Grant,
    pub(super) hold_micros: i64,
    pub(super) delivered: u64,
    pub(super) position: u64,
}

/// What is known of an admission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grant {
    /// Sent, or about to be.
    Asked,
    /// Answered: nothing was placed, and it may be asked again.
    Refused,
    Held,
    /// A load came before the answer: it ends released, whatever the answer says.
    Doomed,
}

impl Node {
    /// Reads the directory back. Intents that it has open were cut by a crash: they end here, priced by their last progress.
    pub(super) fn open(directory: Directory, opened: &OpenedNode) -> Result<Arc<Self>, JournalError> {
        let directory = Arc::new(directory);
        let mut accounts: HashMap<TenantId, Account> = HashMap::new();
        for (tenant_id, shipped) in &opened.shipped {
            accounts.entry(*tenant_id).or_default().total = shipped.amount;
        }
        let mut open: HashMap<RequestId, Open> = HashMap::new();
        let mut seen: HashSet<TenantId> = HashSet::new();
        let mut unshipped = Unshipped::default();
        let last = replay(&directory, |entry| match entry.record {
            Record::Intent(intent) => {
                seen.insert(intent.tenant_id);
                open.insert(
                    intent.request_id,
                    Open { intent, grant: Grant::Doomed, hold_micros: 0, delivered: 0, position: entry.lsn.n },
                );
            }
            Record::Progress { request_id, output_tokens } => {
                if let Some(o) = open.get_mut(&request_id) {
                    o.delivered = output_tokens;
                }
            }
            Record::Release { request_id } => {
                open.remove(&request_id);
            }
            Record::Settlement(s) => {
                open.remove(&s.intent.request_id);
                let shipped = opened.shipped.get(&s.intent.tenant_id).copied().unwrap_or_default();
                unshipped.note(entry.lsn.n, s.intent.request_id);
                if !s.estimate && entry.lsn.n > shipped.lsn.n {
                    accounts.entry(s.intent.tenant_id).or_default().total += s.charge;
                }
            }
        })?;
        for tenant_id in seen {
            accounts.entry(tenant_id).or_default().sweep = true;
        }
        let cursor = Cursor::oldest(&directory)?;
        let mut writer = Writer::start(Arc::clone(&directory), last)?;
        for o in open.into_values() {
            let request_id = o.intent.request_id;
            let lsn = writer.append(&Record::Settlement(Box::new(crashed(o))))?;
            unshipped.note(lsn.n, request_id);
        }
        unshipped.forget_through(opened.watermark.n);
        let synced = writer.synced();
        let shipping = Shipping { cursor, watermark: opened.watermark, deferred: Vec::new(), read: Lsn::default() };
        let book = Book { writer, accounts, open: HashMap::new(), unshipped };
        Ok(Arc::new(Self { directory, book: Mutex::new(book), shipping: tokio::sync::Mutex::new(shipping), synced }))
    }

    pub fn name(&self) -> &str {
        self.directory.node()
    }

    pub fn epoch(&self) -> u64 {
        self.directory.epoch()
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing can be admitted, if so.
    pub fn failure(&self) -> Option<String> {
        self.book().writer.failure().map(str::to_owned)
    }

    /// Requests between admission and settlement, of all tenants.
    pub fn open_requests(&self) -> Vec<RequestId> {
        self.book().open.keys().copied().collect()
    }

    /// Records written and not yet known to be in Postgres.
    pub async fn lag(&self) -> u64 {
        let last = self.book().writer.last();
        last.saturating_sub(self.shipping.lock().await.watermark.n)
    }

    /// Waits until the position is on disk, in the mode that asks for it.
    pub(super) async fn recorded(&self, n: u64, mode: SyncMode) -> Result<(), JournalError> {
        if mode == SyncMode::Power {
            let mut synced = self.synced.clone();
            synced
                .wait_for(|through| *through >= n)
                .await
                .map_err(|_| JournalError::Failed("the sync thread has ended".into()))?;
        }
        Ok(())
    }
}

impl Book {
    pub(super) fn account(&mut self, tenant_id: TenantId) -> &mut Account {
        self.accounts.entry(tenant_id).or_default()
    }

    /// The node's cumulative spend as Redis keeps it: rounded up on the cumulative value.
    pub(super) fn spent(&mut self, epoch: u64, tenant_id: TenantId) -> Spent {
        let n = self.writer.last();
        Spent { lsn: Lsn { epoch, n }, micros: micros_up(self.account(tenant_id).total) }
    }

    /// Writes the end of a request and everything that follows from it here.
    pub(super) fn settle(&mut self, settlement: Settlement) -> Result<u64, JournalError> {
        let (tenant_id, request_id, charge) =
            (settlement.intent.tenant_id, settlement.intent.request_id, settlement.charge);
        let lsn = self.writer.append(&Record::Settlement(Box::new(settlement)))?;
        self.open.remove(&request_id);
        self.unshipped.note(lsn.n, request_id);
        let account = self.account(tenant_id);
        account.total += charge;
        account.over.insert(request_id, account.asserted);
        Ok(lsn.n)
    }

    /// Ends a request that was never called. `placed`: whether Redis may have a hold for it.
    pub(super) fn release(&mut self, tenant_id: TenantId, request_id: RequestId, placed: bool) {
        if self.open.remove(&request_id).is_none() {
            return;
        }
        // If the journal fails now, the intent is released at the next opening all the same, as a request of unknown outcome.
        if let Err(error) = self.writer.append(&Record::Release { request_id }) {
            tracing::error!(error = %error, request.id = %request_id, "release could not be written to the journal");
        }
        if placed {
            let account = self.account(tenant_id);
            account.over.insert(request_id, account.asserted);
        }
    }
}

/// The oldest request among records that are not in Postgres yet. Kept in runs of records, so that an outage of Postgres does not
/// grow it by one entry a request.
#[derive(Debug, Default)]
pub(super) struct Unshipped {
    runs: VecDeque<Run>,
}

#[derive(Debug)]
struct Run {
    last: u64,
    records: u32,
    oldest: RequestId,
}

impl Unshipped {
    const RUN_RECORDS: u32 = 1_000;

    fn note(&mut self, position: u64, request_id: RequestId) {
        match self.runs.back_mut() {
            Some(run) if run.records < Self::RUN_RECORDS => {
                run.last = position;
                run.records += 1;
                // A UUIDv7 begins with its time.
                run.oldest = run.oldest.min(request_id);
            }
            _ => self.runs.push_back(Run { last: position, records: 1, oldest: request_id }),
        }
    }

    pub(super) fn forget_through(&mut self, position: u64) {
        while self.runs.front().is_some_and(|run| run.last <= position) {
            self.runs.pop_front();
        }
    }

    pub(super) fn oldest(&self) -> Option<RequestId> {
        self.runs.iter().map(|run| run.oldest).min()
    }
}

/// Units of 10⁻⁶, toward +∞.
pub(super) fn micros_up(amount: Decimal) -> i64 {
    let micros = (amount * Decimal::from(1_000_000)).ceil();
    i64::try_from(micros).unwrap_or(i64::MAX)
}

/// A request that its gateway did not live to settle: what was delivered is paid for, if anything was; otherwise it is free. At most
/// what was held is charged.
fn crashed(open: Open) -> Settlement {
    let intent = open.intent;
    let delivered = open.delivered > 0 && intent.environment == Environment::Live;
    let tokens = if open.delivered > 0 {
        Tokens { input: intent.input_tokens, output: open.delivered, ..Tokens::default() }
    } else {
        Tokens::default()
    };
    let exact = if delivered { intent.candidate.price.charge(&tokens, intent.fx_rate).ok() } else { None };
    let exact = exact.unwrap_or(Charge { usd: Decimal::ZERO, billed: Decimal::ZERO });
    let charge = exact.billed.min(intent.hold);
    Settlement {
        served: intent.candidate.clone(),
        tokens,
        cost_usd: exact.usd,
        charge,
        overage: exact.billed - charge,
        ended: Ended {
            source: CountSource::Estimated,
            reason: Reason::Crash,
            status: 0,
            attempts: 0,
            latency_ms: 0,
            first_byte_ms: None,
        },
        estimate: true,
        intent,
    }
}
