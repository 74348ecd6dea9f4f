//! From an order to a hold: the intent, then one question.

use super::node::{Grant, Node, Open, micros_up};
use super::{Admission, Books};
use crate::journal::{Intent, Record};
use crate::redis::admit::{Answer, Granted, Question};
use crate::{Result, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tenancy::{Limits, RequestId, TenantId};

/// How long a request waits for its tenant's state to be loaded; with live nodes a load takes some milliseconds.
const LOAD_WITHIN: Duration = Duration::from_secs(1);

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Order {
    pub intent: Arc<Intent>,
    /// Version of the tenant's facts that the caller was authenticated with.
    pub version: i64,
    pub limits: Limits,
    /// Input estimate and output bound, as they count toward tokens per minute.
    pub tokens: u64,
}

#[derive(Debug)]
pub enum Refusal {
    /// The caller's facts are older than the tenant's: read them again and ask anew.
    Stale,
    Suspended,
    RequestsPerMinute {
        retry_after_ms: u64,
    },
    TokensPerMinute {
        retry_after_ms: u64,
    },
    Concurrency,
    /// What is available, in micros of the billing currency.
    Balance {
        available_micros: i64,
    },
    /// A load of the tenant's state came in between, and this request's hold is not in it. Nothing was called: ask anew, as
    /// another request.
    Overtaken,
    /// Redis, Postgres or the journal does not answer, or the tenant's state is being loaded. Nothing was called.
    Unavailable(String),
}

#[derive(Debug)]
pub enum Outcome {
    Admitted(Admission, Granted),
    Refused(Refusal),
}

impl Books {
    /// Writes the intent, then asks the script. What is answered too late is unknown: it is released until that is confirmed.
    pub async fn admit(self: &Arc<Self>, order: Order) -> Outcome {
        let node = self.current();
        let (tenant_id, request_id) = (order.intent.tenant_id, order.intent.request_id);
        let hold_micros = micros_up(order.intent.hold);
        if let Err(error) = node.intend(&order.intent, hold_micros) {
            return Outcome::Refused(Refusal::Unavailable(error.to_string()));
        }
        // If the caller goes away at an await below, the hold must not stay.
        let mut asking = Asking { books: self, node: &node, tenant_id, request_id, finished: false };
        let answered = self.ask(&node, &order, hold_micros).await;
        asking.finished = true;
        drop(asking);
        match answered {
            Ok(Answer::Granted(granted)) if node.accept(tenant_id, request_id, granted.generation) => {
                let admission = Admission::new(self, node, order, hold_micros, granted.minute);
                Outcome::Admitted(admission, granted)
            }
            Ok(answer) => {
                let placed = matches!(answer, Answer::Granted(_));
                self.release(&node, tenant_id, request_id, placed);
                Outcome::Refused(self.refusal(&node, tenant_id, &answer, order.version).await)
            }
            Err(error) => {
                self.release(&node, tenant_id, request_id, true);
                Outcome::Refused(Refusal::Unavailable(error.to_string()))
            }
        }
    }

    async fn ask(self: &Arc<Self>, node: &Arc<Node>, order: &Order, hold_micros: i64) -> Result<Answer> {
        let (tenant_id, request_id) = (order.intent.tenant_id, order.intent.request_id);
        let mut pushed = false;
        // Once for a load, once for facts and once for settlements that Redis had not heard of.
        for _ in 0..4 {
            let generation = self.join(node, tenant_id).await?;
            if !node.ask_again(request_id) {
                return Ok(Answer::Released);
            }
            let question = Question {
                tenant_id,
                request_id,
                node: node.name(),
                epoch: node.epoch(),
                generation,
                version: order.version,
                hold_micros,
                tokens: order.tokens,
                limits: order.limits,
            };
            // Looked at before asking, because what is unconfirmed now may be confirmed when the answer comes.
            let unconfirmed = node.has_unconfirmed(tenant_id);
            let answer = self.redis.admit(&question).await?;
            match answer {
                Answer::Load => {
                    node.refused(request_id);
                    let books = Arc::clone(self);
                    // In a task of its own: the load goes on for the others when this request gives up.
                    let load = tokio::spawn(async move { books.load(tenant_id).await });
                    tokio::time::timeout(LOAD_WITHIN, load)
                        .await
                        .map_err(|_| {
                            StoreError::Unavailable("redis", "state of this organisation is being loaded".into())
                        })?
                        .map_err(|e| StoreError::Unavailable("redis", e.to_string()))??;
                }
                Answer::Stale { version } if version < order.version => {
                    node.refused(request_id);
                    self.revise(tenant_id).await?;
                }
                // What is over here and not yet in Redis must not stand in the way of whoever asks next.
                Answer::Concurrency | Answer::Balance { .. } if unconfirmed && !pushed => {
                    pushed = true;
                    node.refused(request_id);
                    self.push_once(node, tenant_id).await?;
                }
                // The node has asserted to a newer load since: the request was overtaken, not the node.
                Answer::Behind if node.book().account(tenant_id).asserted > generation => return Ok(Answer::Released),
                other => return Ok(other),
            }
        }
        Err(StoreError::Unavailable("redis", "state of this organisation does not settle".into()))
    }

    /// What a refusal means for the caller; a fenced node is replaced, so that the next try finds a new one.
    async fn refusal(
        self: &Arc<Self>,
        node: &Arc<Node>,
        tenant_id: TenantId,
        answer: &Answer,
        version: i64,
    ) -> Refusal {
        match answer {
            Answer::Stale { version: newer } if *newer > version => Refusal::Stale,
            Answer::Suspended => Refusal::Suspended,
            Answer::RequestsPerMinute { retry_after_ms } => {
                Refusal::RequestsPerMinute { retry_after_ms: *retry_after_ms }
            }
            Answer::TokensPerMinute { retry_after_ms } => Refusal::TokensPerMinute { retry_after_ms: *retry_after_ms },
            Answer::Concurrency => Refusal::Concurrency,
            Answer::Balance { available_micros } => Refusal::Balance { available_micros: *available_micros },
            Answer::Fenced | Answer::Behind => {
                tracing::error!(tenant.id = %tenant_id, node = node.name(), "node was fenced, continuing under a new one");
                if let Err(error) = self.replace_current(node).await {
                    tracing::error!(error = %error, "new journal directory could not be opened");
                }
                Refusal::Unavailable("this gateway was away too long, and starts again".into())
            }
            Answer::Granted(_) | Answer::Released => Refusal::Overtaken,
            other => Refusal::Unavailable(format!("admission ended as {other:?}")),
        }
    }

    /// Ends a request that was not called, and tells Redis until it confirms.
    pub(super) fn release(
        self: &Arc<Self>,
        node: &Arc<Node>,
        tenant_id: TenantId,
        request_id: RequestId,
        placed: bool,
    ) {
        node.book().release(tenant_id, request_id, placed);
        if placed {
            self.push_soon(node, tenant_id);
        }
    }

    /// In a task of its own: nobody waits for it, and the job repeats what fails.
    pub(super) fn push_soon(self: &Arc<Self>, node: &Arc<Node>, tenant_id: TenantId) {
        let (books, node) = (Arc::clone(self), Arc::clone(node));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = books.push(&node, tenant_id).await {
                    tracing::debug!(error = %error, tenant.id = %tenant_id, "settlement not confirmed by redis yet");
                }
            });
        }
    }
}

/// Releases when dropped in the middle of asking.
struct Asking<'a> {
    books: &'a Arc<Books>,
    node: &'a Arc<Node>,
    tenant_id: TenantId,
    request_id: RequestId,
    finished: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.books.release(self.node, self.tenant_id, self.request_id, true);
        }
    }
}

impl Node {
    fn intend(&self, intent: &Arc<Intent>, hold_micros: i64) -> Result<()> {
        let mut book = self.book();
        let lsn = book.writer.append(&Record::Intent(Arc::clone(intent)))?;
        book.open.insert(
            intent.request_id,
            Open { intent: Arc::clone(intent), grant: Grant::Refused, hold_micros, delivered: 0, position: lsn.n },
        );
        Ok(())
    }

    /// Whether the question may be sent: not if a load has doomed it.
    fn ask_again(&self, request_id: RequestId) -> bool {
        match self.book().open.get_mut(&request_id) {
            Some(open) if open.grant != Grant::Doomed => {
                open.grant = Grant::Asked;
                true
            }
            _ => false,
        }
    }

    fn refused(&self, request_id: RequestId) {
        if let Some(open) = self.book().open.get_mut(&request_id)
            && open.grant == Grant::Asked
        {
            open.grant = Grant::Refused;
        }
    }

    /// Whether something of the tenant's is over that Redis has not confirmed.
    fn has_unconfirmed(&self, tenant_id: TenantId) -> bool {
        self.book().accounts.get(&tenant_id).is_some_and(|account| !account.over.is_empty())
    }

    /// A grant counts if it comes from the state last asserted to, and no load came before it.
    fn accept(&self, tenant_id: TenantId, request_id: RequestId, generation: i64) -> bool {
        let mut book = self.book();
        let asserted = book.account(tenant_id).asserted;
        match book.open.get_mut(&request_id) {
            Some(open) if open.grant == Grant::Asked && generation >= asserted => {
                open.grant = Grant::Held;
                true
            }
            _ => false,
        }
    }
}
