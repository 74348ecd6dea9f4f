//! One tenant with some credit, two engines of its own, and as many processes as a test wants.

use acceptance::{Database, RedisServer};
use billing::{
    Charge, CountSource, Currency, EntryType, Money, Period, Price, Reason, Tokens, UsageKind, sign_up_credit,
};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::Store;
use store::books::{Admission, Books, Options, Order, Outcome, Refusal};
use store::journal::{Ended, Endpoint, Intent, Served, SyncMode};
use store::ledger::{NewTransaction, accounts_open, balances_lock, periods_hold, transactions_post};
use store::redis::Redis;
use store::revisions::tenant_revise;
use store::system::catalog::catalog_apply;
use store::system::verify::ledger_verify;
use store::tenant::{DEFAULT_PLAN, tenant_insert};
use store::user::user_insert;
use tenancy::{ApiKeyId, EmailAddress, Environment, Limits, RequestId, TenantId, TransactionId, UserId};
use uuid::Uuid;

/// Short, because tests wait for it.
pub const GRACE: Duration = Duration::from_millis(400);

pub struct World {
    pub database: Database,
    pub redis: RedisServer,
    pub store: Store,
    pub tenant_id: TenantId,
    price_id: Uuid,
    user_id: UserId,
    journals: PathBuf,
}

impl World {
    /// A tenant with this much credit, in USD.
    pub async fn with_credit(credit: &str) -> Self {
        let database = Database::fresh().await;
        let redis = RedisServer::start().await;
        let store = Store::connect(&database.app_url, &database.job_url, 6).expect("URLs of a fresh database");
        catalog_apply(&store, &serde_json::json!({}), &[0; 32], &[("m".into(), price())]).await.expect("a catalogue");
        let price_id = store::catalog::catalog_get(&store).await.unwrap().unwrap().2["m"].price_id;
        let (tenant_id, user_id) = (TenantId::new(Uuid::now_v7()), UserId::new(Uuid::now_v7()));
        let mut tx = store.tenant_tx(tenant_id).await.expect("a transaction");
        user_insert(&mut tx, user_id, &EmailAddress::parse(&format!("{user_id}@example.com")).unwrap(), "-")
            .await
            .unwrap();
        tenant_insert(&mut tx, "tenant", Currency::USD, DEFAULT_PLAN).await.unwrap();
        accounts_open(&mut tx, tenant_id, Currency::USD).await.unwrap();
        balances_lock(&mut tx, &BTreeSet::from([tenant_id])).await.unwrap();
        let period = Period::of(chrono::Utc::now());
        periods_hold(&mut tx, &BTreeSet::from([(tenant_id, period)])).await.unwrap();
        transactions_post(
            &mut tx,
            &[NewTransaction {
                tenant_id,
                transaction_id: TransactionId::new(Uuid::now_v7()),
                entry_type: EntryType::SignUpCredit,
                reason: "credit".into(),
                reference: "credit".into(),
                idempotency_key: "credit".into(),
                booked_at: chrono::Utc::now(),
                period,
                postings: vec![sign_up_credit(Money::new(decimal(credit), Currency::USD).unwrap())],
            }],
        )
        .await
        .unwrap();
        tenant_revise(&mut tx, tenant_id, None).await.unwrap();
        tx.commit().await.unwrap();
        static MADE: AtomicU64 = AtomicU64::new(0);
        let name = format!("turnpike-journals-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let journals = std::env::temp_dir().join(name);
        Self { database, redis, store, tenant_id, price_id, user_id, journals }
    }

    /// A process: its own connections, the shared journal directory.
    pub async fn process(&self) -> Arc<Books> {
        self.process_in(&self.journals).await
    }

    pub async fn process_in(&self, journal_dir: &Path) -> Arc<Books> {
        let redis = Redis::connect(&self.redis.url()).await.expect("redis answers");
        let options = Options { journal_dir: journal_dir.to_owned(), sync_mode: SyncMode::Power, rebuild_grace: GRACE };
        Books::open(self.store.clone(), redis, options).await.expect("a journal directory")
    }

    /// A planned end: every task has let go of it, and its directory is free.
    pub async fn end(&self, books: Arc<Books>) {
        let free = || async { (Arc::strong_count(&books) == 1).then_some(()) };
        acceptance::eventually(Duration::from_secs(10), "every task has let go of the process", free).await;
    }

    /// What `kill -9` leaves: the process never does anything again, and its journal is there as it was, held by nobody. Returns
    /// a process on another machine's disk, beside the dead one's directory but not yet its heir.
    pub async fn kill(&self, dead: Arc<Books>) -> Arc<Books> {
        let name = dead.current().name().to_owned();
        let disk = self.journals.with_extension("after");
        let _ = std::fs::remove_dir_all(&disk);
        let heir = self.process_in(&disk).await;
        std::fs::create_dir_all(disk.join(&name)).unwrap();
        for entry in std::fs::read_dir(self.journals.join(&name)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, disk.join(&name).join(path.file_name().unwrap())).unwrap();
        }
        std::mem::forget(dead);
        heir
    }

    /// As an operator would, with its revision.
    pub async fn suspend(&self) {
        self.execute("update tenants set status = 'suspended'").await;
        let mut tx = self.store.tenant_tx(self.tenant_id).await.unwrap();
        tenant_revise(&mut tx, self.tenant_id, None).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn execute(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.database.superuser).await.expect("a superuser may do anything");
    }

    pub async fn count(&self, statement: &'static str) -> i64 {
        sqlx::query_scalar(statement).fetch_one(&self.database.superuser).await.expect("a superuser may read anything")
    }

    pub fn journals(&self) -> &Path {
        &self.journals
    }

    /// A request that may cost this much.
    pub async fn order(&self, hold: &str) -> Order {
        let version = sqlx_version(self).await;
        let served = Served {
            model: "m".into(),
            provider: "p".into(),
            upstream_model: "u".into(),
            price_id: self.price_id,
            price: price(),
        };
        let mut random = [0; 10];
        random.copy_from_slice(&Uuid::now_v7().into_bytes()[6..]);
        let intent = Intent {
            request_id: RequestId::at(u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap(), random),
            tenant_id: self.tenant_id,
            api_key_id: ApiKeyId::new(Uuid::nil()),
            user_id: self.user_id,
            environment: Environment::Live,
            endpoint: Endpoint::ChatCompletions,
            kind: UsageKind::Request,
            streaming: false,
            requested_model: "m".into(),
            candidate: served,
            currency: "USD".into(),
            fx_quote_id: Uuid::parse_str("00000000-0000-7000-8000-000000000001").unwrap(),
            fx_rate: Decimal::ONE,
            hold: decimal(hold),
            input_tokens: 0,
            metadata: Vec::new(),
        };
        let limits = Limits { requests_per_minute: 1_000, tokens_per_minute: 1_000_000, concurrent_requests: 50 };
        Order { intent: Arc::new(intent), version, limits, tokens: 10 }
    }

    pub async fn admit(&self, books: &Arc<Books>, hold: &str) -> Result<Admission, Refusal> {
        match books.admit(self.order(hold).await).await {
            Outcome::Admitted(admission, _) => Ok(admission),
            Outcome::Refused(refusal) => Err(refusal),
        }
    }

    /// What the ledger says the tenant has.
    pub async fn posted(&self) -> Decimal {
        let mut tx = self.store.tenant_tx(self.tenant_id).await.unwrap();
        store::ledger::balance_get(&mut tx, self.tenant_id, Currency::USD).await.unwrap().posted.amount()
    }

    /// (held, available) as Redis says, in dollars.
    pub async fn peek(&self, books: &Books) -> Option<(Decimal, Decimal)> {
        let micros = books.redis().holds_peek(self.tenant_id).await.expect("redis answers")?;
        Some((Decimal::new(micros.0, 6), Decimal::new(micros.1, 6)))
    }

    /// Ships and pushes until nothing is left to tell; then everything must reconcile, and Redis agree with Postgres.
    pub async fn settle_down(&self, processes: &[&Arc<Books>]) {
        acceptance::eventually(Duration::from_secs(20), "everything is shipped and confirmed", || async {
            for books in processes {
                let _ = books.push_unconfirmed().await;
                let _ = books.ship().await;
            }
            let mut waiting = 0;
            for books in processes {
                for node in books.all() {
                    waiting += node.lag().await;
                }
            }
            // What a fence or a debit changed reaches Redis by its revision.
            processes[0].revise(self.tenant_id).await.ok()?;
            let posted = self.posted().await;
            (waiting == 0 && self.peek(processes[0]).await.is_none_or(|p| p == (Decimal::ZERO, posted))).then_some(())
        })
        .await;
        let found = ledger_verify(&self.store, Some(processes[0].redis()), &[]).await.expect("both engines answer");
        assert!(found.differences.is_empty(), "{:#?}", found.differences);
        assert!(self.posted().await >= Decimal::ZERO);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.journals);
        let _ = std::fs::remove_dir_all(self.journals.with_extension("after"));
    }
}

/// The tenant's version, as a caller that has just been authenticated knows it.
async fn sqlx_version(world: &World) -> i64 {
    store::system::load::facts_with_debits(&world.store, world.tenant_id).await.expect("postgres answers").0.version
}

pub fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal number")
}

/// One dollar per output token.
pub fn price() -> Price {
    Price { output: Decimal::from(1_000_000), ..Price::free() }
}

/// Ends a request that really cost this many dollars.
pub async fn settle(admission: Admission, dollars: u64) -> store::journal::Settlement {
    let tokens = Tokens { output: dollars, ..Tokens::default() };
    let exact: Charge = price().charge(&tokens, Decimal::ONE).unwrap();
    let served = admission.intent().candidate.clone();
    let ended = Ended {
        source: CountSource::Provider,
        reason: Reason::Completed,
        status: 200,
        attempts: 1,
        latency_ms: 1,
        first_byte_ms: None,
    };
    admission.settle(served, tokens, exact, ended).await.expect("the journal takes it")
}
