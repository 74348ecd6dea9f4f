//! What a socket pays: each UTC clock minute is a request of its own, with an intent, a hold at its start and a settlement at its end.
//!
//! A topic held at any time in the minute counts once. A minute that was begun is charged whole, however it ends; one that a crash
//! cuts is free.

use crate::app::App;
use crate::clock;
use crate::clock::new_request_id;
use billing::{Charge, CountSource, HoldRequest, MARKET, Money, Price, Reason, UsageKind, hold_amount, minute_tokens};
use market::topic::Topic;
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::api_key::{CallerFacts, caller_get_by_id, caller_get_of_member};
use store::books::{Admission, Order, Outcome, Raised, Refusal};
use store::catalog::PriceVersion;
use store::journal::{Ended, Endpoint, Intent, Served};
use tenancy::{ApiKeyId, Environment, Limits, TenantId, UserId};

/// The socket's own status.
const SWITCHING_PROTOCOLS: u16 = 101;
/// Market data has limits of its own; those of requests do not count for it.
const UNLIMITED: Limits =
    Limits { requests_per_minute: u32::MAX, tokens_per_minute: u32::MAX, concurrent_requests: u32::MAX };

/// More than a clock is moved at once when it is kept right.
const AFTER_MS: u64 = 10;

/// Who pays, by what was proved at the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    Key(TenantId, ApiKeyId),
    /// Somebody at the console. Their minutes name no key.
    Member(TenantId, UserId),
}

impl Payer {
    pub fn tenant_id(self) -> TenantId {
        match self {
            Self::Key(tenant_id, _) | Self::Member(tenant_id, _) => tenant_id,
        }
    }

    /// As of this moment; none for what does not exist any more.
    pub async fn facts(self, app: &App) -> store::Result<Option<CallerFacts>> {
        match self {
            Self::Key(tenant_id, api_key_id) => caller_get_by_id(&app.store, tenant_id, api_key_id).await,
            Self::Member(tenant_id, user_id) => caller_get_of_member(&app.store, tenant_id, user_id).await,
        }
    }
}

/// Why a minute is not to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    Revoked,
    Suspended,
    Balance {
        available: Money,
        needed: Money,
    },
    /// Redis, Postgres or the journal does not answer.
    Unavailable,
}

/// A minute that has its hold. Must be settled.
#[derive(Debug)]
pub struct Minute {
    admission: Admission,
    price: PriceVersion,
    topics: HashSet<Topic>,
    started_at: Instant,
    ends_at: tokio::time::Instant,
}

impl Minute {
    /// Places the hold for the topics. `facts` are read again where they are too old.
    pub async fn begin(
        app: &App,
        payer: Payer,
        facts: &mut CallerFacts,
        topics: HashSet<Topic>,
    ) -> Result<Self, Refused> {
        let price = app.catalog.load().market_price().cloned().ok_or(Refused::Unavailable)?;
        for _ in 0..2 {
            let hold = hold(&price, facts, topics.len())?;
            let intent = intent(facts, &price, hold, &topics);
            let order = Order { intent: Arc::new(intent), version: facts.version, limits: UNLIMITED, tokens: 0 };
            match app.books.admit(order).await {
                Outcome::Admitted(admission, _) => {
                    let ends_at = tokio::time::Instant::now() + until_next_minute();
                    return Ok(Self { admission, price, topics, started_at: Instant::now(), ends_at });
                }
                Outcome::Refused(Refusal::Stale) => match payer.facts(app).await {
                    Ok(Some(now)) if now.revoked => return Err(Refused::Revoked),
                    Ok(Some(now)) => *facts = now,
                    Ok(None) => return Err(Refused::Revoked),
                    Err(_) => return Err(Refused::Unavailable),
                },
                Outcome::Refused(Refusal::Suspended) => return Err(Refused::Suspended),
                Outcome::Refused(Refusal::Balance { available_micros }) => {
                    let available = Money::from_micros(available_micros, facts.currency);
                    return Err(Refused::Balance { available, needed: hold });
                }
                Outcome::Refused(refusal) => {
                    tracing::warn!(tenant.id = %facts.tenant_id, refusal = ?refusal, "market minute could not be begun");
                    return Err(Refused::Unavailable);
                }
            }
        }
        Err(Refused::Unavailable)
    }

    /// Raises the hold to cover these topics too, before they are acknowledged.
    pub async fn cover(&mut self, facts: &CallerFacts, more: &[Topic]) -> Raised {
        let new = more.iter().filter(|topic| !self.topics.contains(*topic)).collect::<HashSet<_>>().len();
        match hold(&self.price, facts, self.topics.len() + new) {
            Ok(wanted) => self.admission.raise(wanted.amount()).await,
            Err(_) => Raised::Unknown,
        }
    }

    /// They are held from now on, and paid for.
    pub fn add(&mut self, topics: &[Topic]) {
        self.topics.extend(topics.iter().cloned());
    }

    pub fn ends_at(&self) -> tokio::time::Instant {
        self.ends_at
    }

    /// Writes what the minute costs.
    pub async fn settle(self) {
        let tokens = minute_tokens(count(self.topics.len()));
        let intent = self.admission.intent();
        let free = Charge { usd: Decimal::ZERO, billed: Decimal::ZERO };
        let charge = match intent.environment {
            Environment::Test => free,
            Environment::Live => self.price.price.charge(&tokens, intent.fx_rate).unwrap_or_else(|error| {
                tracing::error!(request.id = %intent.request_id, error = %error, "market minute cannot be priced, it is free");
                free
            }),
        };
        let ended = Ended {
            // Counted, not estimated.
            source: CountSource::Provider,
            reason: Reason::Completed,
            status: SWITCHING_PROTOCOLS,
            attempts: 1,
            latency_ms: u32::try_from(self.started_at.elapsed().as_millis()).unwrap_or(u32::MAX),
            first_byte_ms: None,
        };
        let served = served(&self.price, &self.topics);
        if let Err(error) = self.admission.settle(served, tokens, charge, ended).await {
            tracing::error!(error = %error, "market minute could not be settled");
        }
        metrics::counter!("turnpike_market_minutes_settled_total").increment(1);
    }
}

fn hold(price: &PriceVersion, facts: &CallerFacts, topics: usize) -> Result<Money, Refused> {
    let prices = [match facts.environment {
        Environment::Live => price.price.clone(),
        Environment::Test => Price::free(),
    }];
    let bounds = HoldRequest { prices: &prices, input_tokens: count(topics), output_tokens: 0, fx_rate: facts.fx_rate };
    hold_amount(&bounds, facts.currency).map_err(|error| {
        tracing::error!(tenant.id = %facts.tenant_id, error = %error, "market minute cannot be priced");
        Refused::Unavailable
    })
}

fn intent(facts: &CallerFacts, price: &PriceVersion, hold: Money, topics: &HashSet<Topic>) -> Intent {
    Intent {
        request_id: new_request_id(),
        tenant_id: facts.tenant_id,
        api_key_id: facts.api_key_id,
        user_id: facts.user_id,
        environment: facts.environment,
        endpoint: Endpoint::MarketWs,
        kind: UsageKind::MarketMinute,
        streaming: true,
        requested_model: MARKET.into(),
        candidate: served(price, topics),
        currency: facts.currency.as_str().to_owned(),
        fx_quote_id: facts.fx_quote_id,
        fx_rate: facts.fx_rate,
        hold: hold.amount(),
        input_tokens: count(topics.len()),
        metadata: Vec::new(),
    }
}

/// The provider is the exchange; `market` as long as there is none.
fn served(price: &PriceVersion, topics: &HashSet<Topic>) -> Served {
    let exchanges: BTreeSet<&str> = topics.iter().map(|topic| topic.instrument.exchange.as_str()).collect();
    let provider = if exchanges.is_empty() { MARKET.to_owned() } else { Vec::from_iter(exchanges).join("+") };
    Served {
        model: MARKET.into(),
        provider,
        upstream_model: MARKET.into(),
        price_id: price.price_id,
        price: price.price.clone(),
    }
}

fn count(topics: usize) -> u64 {
    u64::try_from(topics).unwrap_or(u64::MAX)
}

/// A little more, so that the next minute's id is surely in it.
fn until_next_minute() -> Duration {
    let of_minute_ms = clock::now().timestamp_millis().rem_euclid(60_000);
    Duration::from_millis(60_000 + AFTER_MS - u64::try_from(of_minute_ms).unwrap_or_default())
}
