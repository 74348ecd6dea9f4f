//! A hold, and its end.

use super::node::{Node, micros_up};
use super::{Books, Order};
use crate::Result;
use crate::journal::{Ended, Intent, Record, Served, Settlement, SyncMode};
use billing::{Charge, CountSource, Reason, Tokens, UsageKind};
use rust_decimal::Decimal;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tenancy::Environment;

/// One question about a hold, at the end of a reply that the client waits for.
const EXTEND_WITHIN: Duration = Duration::from_millis(50);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// A load takes some milliseconds; a subscriber waits gladly that long.
const RAISE_ATTEMPTS: u32 = 5;
const RAISE_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Whether a hold could be raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raised {
    /// The hold covers what was wanted.
    Covered,
    /// The balance does not reach; what it gave is held.
    Short,
    /// Redis gave no answer that counts.
    Unknown,
}

/// A hold that exists. Settle or release it; dropped, it writes an `abandoned` settlement of what was delivered.
#[derive(Debug)]
#[must_use = "a hold must be settled or released"]
pub struct Admission {
    books: Arc<Books>,
    node: Arc<Node>,
    intent: Arc<Intent>,
    hold_micros: i64,
    minute: u64,
    tokens: u64,
    delivered: u64,
    progressed_at: Option<Instant>,
    started_at: Instant,
    over: bool,
}

impl Admission {
    pub(super) fn new(books: &Arc<Books>, node: Arc<Node>, order: Order, hold_micros: i64, minute: u64) -> Self {
        Self {
            books: Arc::clone(books),
            node,
            intent: order.intent,
            hold_micros,
            minute,
            tokens: order.tokens,
            delivered: 0,
            progressed_at: None,
            started_at: Instant::now(),
            over: false,
        }
    }

    pub fn intent(&self) -> &Intent {
        &self.intent
    }

    /// Notes how much output was delivered; written at the first and then at most once a second, for the
    /// price of a crash.
    pub fn progress(&mut self, output_tokens: u64) {
        self.delivered = output_tokens;
        if self.progressed_at.is_some_and(|at| at.elapsed() < PROGRESS_EVERY) {
            return;
        }
        self.progressed_at = Some(Instant::now());
        let record = Record::Progress { request_id: self.intent.request_id, output_tokens };
        if let Err(error) = self.node.book().writer.append(&record) {
            tracing::error!(error = %error, request.id = %self.intent.request_id, "progress could not be written to the journal");
        }
    }

    /// Raises the hold so that it covers `wanted`, before more is promised. Asked again while the tenant's state is being loaded.
    pub async fn raise(&mut self, wanted: Decimal) -> Raised {
        let wanted = micros_up(wanted);
        for attempt in 0..RAISE_ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(RAISE_AGAIN_AFTER).await;
            }
            if self.hold_micros >= wanted {
                return Raised::Covered;
            }
            if self.extend(wanted).await {
                return if self.hold_micros >= wanted { Raised::Covered } else { Raised::Short };
            }
        }
        Raised::Unknown
    }

    /// Writes what the request costs. When this returns the record is in the journal (on disk, in mode `power`) and the answer may be
    /// completed. What exceeds the hold, and cannot be added to it, is overage. Returns the settlement as recorded.
    pub async fn settle(mut self, served: Served, tokens: Tokens, exact: Charge, ended: Ended) -> Result<Settlement> {
        let exact_micros = micros_up(exact.billed);
        if exact_micros > self.hold_micros {
            self.extend(exact_micros).await;
        }
        let settlement = self.settlement(served, tokens, exact, ended);
        let n = self.record(settlement.clone())?;
        if self.books.options.sync_mode == SyncMode::Power {
            self.node.recorded(n, SyncMode::Power).await?;
        }
        Ok(settlement)
    }

    /// Nothing was called: the hold goes back whole.
    pub fn release(mut self) {
        self.over = true;
        self.correct(0);
        self.books.release(&self.node, self.intent.tenant_id, self.intent.request_id, true);
    }

    /// Returns whether there was an answer that counts.
    async fn extend(&mut self, wanted: i64) -> bool {
        let (tenant_id, request_id) = (self.intent.tenant_id, self.intent.request_id);
        let asserted = self.node.book().account(tenant_id).asserted;
        let asked =
            tokio::time::timeout(EXTEND_WITHIN, self.books.redis.extend(tenant_id, request_id, asserted, wanted)).await;
        let mut book = self.node.book();
        // What a state granted that no longer counts is not granted.
        if let Ok(Ok(Some((held, generation)))) = asked
            && generation >= book.account(tenant_id).asserted
            && let Some(open) = book.open.get_mut(&request_id)
        {
            open.hold_micros = open.hold_micros.max(held);
            self.hold_micros = open.hold_micros;
            return true;
        }
        false
    }

    fn settlement(&self, served: Served, tokens: Tokens, exact: Charge, ended: Ended) -> Settlement {
        let charge = exact.billed.min(Decimal::new(self.hold_micros, 6));
        Settlement {
            intent: Arc::clone(&self.intent),
            served,
            tokens,
            cost_usd: exact.usd,
            charge,
            overage: exact.billed - charge,
            ended,
            estimate: false,
        }
    }

    fn record(&mut self, settlement: Settlement) -> Result<u64> {
        self.over = true;
        // What market minutes count are no tokens of the kind that is limited.
        let used = if settlement.intent.kind == UsageKind::Request { settlement.tokens.total() } else { self.tokens };
        let n = self.node.book().settle(settlement)?;
        self.correct(used);
        self.books.push_soon(&self.node, self.intent.tenant_id);
        Ok(n)
    }

    /// Tokens per minute were counted by estimate; now they are known.
    fn correct(&self, used: u64) {
        let difference =
            i64::try_from(used).unwrap_or(i64::MAX).saturating_sub(i64::try_from(self.tokens).unwrap_or(i64::MAX));
        if difference != 0 {
            *self.node.book().account(self.intent.tenant_id).corrections.entry(self.minute).or_default() += difference;
        }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let tokens = if self.delivered > 0 {
            Tokens { input: self.intent.input_tokens, output: self.delivered, ..Tokens::default() }
        } else {
            Tokens::default()
        };
        let free = Charge { usd: Decimal::ZERO, billed: Decimal::ZERO };
        let exact = if self.delivered > 0 && self.intent.environment == Environment::Live {
            self.intent.candidate.price.charge(&tokens, self.intent.fx_rate).unwrap_or(free)
        } else {
            free
        };
        let ended = Ended {
            source: CountSource::Estimated,
            reason: Reason::Abandoned,
            status: 0,
            attempts: 0,
            latency_ms: u32::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u32::MAX),
            first_byte_ms: None,
        };
        let settlement = self.settlement(self.intent.candidate.clone(), tokens, exact, ended);
        tracing::error!(request.id = %self.intent.request_id, tenant.id = %self.intent.tenant_id, "request was abandoned, settled by what was delivered");
        if let Err(error) = self.record(settlement) {
            tracing::error!(error = %error, request.id = %self.intent.request_id, "abandoned request could not be settled");
        }
    }
}
