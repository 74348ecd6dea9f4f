//! What every part of the server shares.

use crate::catalog::CatalogInForce;
use crate::config::Config;
use crate::relay::Relay;
use crate::secrets::{Purpose, Secrets};
use anyhow::{Context, Result};
use arc_swap::ArcSwap;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use store::Store;
use store::api_key::CallerFacts;
use store::books::{Books, Options};
use store::redis::Redis;
use tenancy::{ApiKey, KeyDigest, TenantId};
use tokio::sync::broadcast;

/// Connecting to a provider; its answer has deadlines of its own.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// Idle connections to a provider are kept this long; most servers close theirs after 60 s or later.
const POOL_IDLE: Duration = Duration::from_secs(50);

#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub store: Store,
    pub redis: Redis,
    pub books: Arc<Books>,
    pub catalog: ArcSwap<CatalogInForce>,
    pub callers: Callers,
    pub secrets: Secrets,
    pub upstream: reqwest::Client,
    /// None where market data is not served.
    pub relay: Option<Arc<Relay>>,
    /// Password hashing takes 19 MiB and tens of milliseconds: this many at once, the others wait.
    pub hashing: tokio::sync::Semaphore,
}

impl App {
    /// Connects everything. Fails with the name of what is missing.
    pub async fn start(config: Config) -> Result<Arc<Self>> {
        let store = Store::connect(&config.database_url, &config.database_job_url, config.database_connections)?;
        store.ping().await.context("connect to postgres (database_url, database_job_url)")?;
        let redis = Redis::connect(&config.redis_url).await.context("connect to redis (redis_url)")?;
        let catalog = CatalogInForce::apply(&store, &config).await?;
        let options = Options {
            journal_dir: config.journal_dir.clone(),
            sync_mode: config.journal_sync,
            rebuild_grace: config.rebuild_grace,
        };
        let books =
            Books::open(store.clone(), redis.clone(), options).await.context("open the usage journal (journal_dir)")?;
        // An error only says that another part of the process has chosen the same provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let upstream = reqwest::Client::builder()
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_WITHIN)
            .pool_idle_timeout(POOL_IDLE)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let relay = match config.market.enabled {
            true => Some(Arc::new(Relay::start(&config.market, &upstream)?)),
            false => None,
        };
        let secrets = Secrets::new(config.secret_keys.clone());
        Ok(Arc::new(Self {
            callers: Callers::new(&secrets),
            catalog: ArcSwap::from_pointee(catalog),
            hashing: tokio::sync::Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from)),
            config,
            store,
            redis,
            books,
            secrets,
            upstream,
            relay,
        }))
    }

    /// The key that signs sessions.
    pub fn session_keys(&self) -> Vec<[u8; 32]> {
        self.secrets.derive(Purpose::Session)
    }
}

/// Who the known keys stand for, so that a request does not ask Postgres. Admission compares the version, so an entry can be old
/// but never wrong.
#[derive(Debug)]
pub struct Callers {
    peppers: Vec<tenancy::Pepper>,
    /// Guards the entries; never held across an await.
    known: RwLock<HashMap<KeyDigest, Known>>,
    /// Tells who has open sockets whose tenant has changed. One who is slower than this many changes asks anew.
    changes: broadcast::Sender<TenantId>,
}

#[derive(Debug, Clone)]
struct Known {
    facts: Option<Arc<CallerFacts>>,
    read_at: Instant,
    /// When Postgres was last asked, with or without an answer.
    asked_at: Instant,
}

/// An entry is read again after this long even if nothing says that it changed.
const REFRESH_AFTER: Duration = Duration::from_secs(60);
/// How long an entry may serve on while Postgres does not answer.
const SERVE_ON: Duration = Duration::from_secs(24 * 3600);
/// An unknown key is remembered this long, so that a guesser does not reach Postgres each time.
const UNKNOWN_FOR: Duration = Duration::from_secs(1);
/// Changes that a listener may be behind.
const CHANGES_MAX: usize = 256;
/// About 100 MB at the very worst; when full, everything is forgotten and read again.
const KNOWN_MAX: usize = 100_000;

impl Callers {
    fn new(secrets: &Secrets) -> Self {
        Self { peppers: secrets.peppers(), known: RwLock::default(), changes: broadcast::channel(CHANGES_MAX).0 }
    }

    /// Facts of the key, from memory or from Postgres; none for an unknown key.
    pub async fn get(&self, store: &Store, key: &ApiKey) -> store::Result<Option<Arc<CallerFacts>>> {
        let digest = key.digest(&self.peppers[0]);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&digest).cloned();
        match known {
            Some(Known { facts: Some(facts), asked_at, .. }) if asked_at.elapsed() < REFRESH_AFTER => Ok(Some(facts)),
            Some(Known { facts: None, asked_at, .. }) if asked_at.elapsed() < UNKNOWN_FOR => Ok(None),
            old => match self.refresh(store, key).await {
                Ok(facts) => Ok(facts),
                // While Postgres is away the entry serves on, and is not asked for again at every request; admission still
                // compares its version.
                Err(error) => match old {
                    Some(Known { facts: Some(facts), read_at, .. }) if read_at.elapsed() < SERVE_ON => {
                        if let Some(k) = self.known.write().unwrap_or_else(PoisonError::into_inner).get_mut(&digest) {
                            k.asked_at = Instant::now();
                        }
                        Ok(Some(facts))
                    }
                    _ => Err(error),
                },
            },
        }
    }

    /// Reads the facts again: the tenant has another version than these.
    pub async fn refresh(&self, store: &Store, key: &ApiKey) -> store::Result<Option<Arc<CallerFacts>>> {
        let digests: Vec<KeyDigest> = self.peppers.iter().map(|p| key.digest(p)).collect();
        let facts = store::api_key::caller_get(store, &digests).await?.map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(digests[0], Known { facts: facts.clone(), read_at: Instant::now(), asked_at: Instant::now() });
        Ok(facts)
    }

    /// Tenants of whom something changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<TenantId> {
        self.changes.subscribe()
    }

    /// Forgets every key of a tenant: something of it has changed.
    pub fn forget(&self, tenant_id: TenantId) {
        self.known
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, k| k.facts.as_ref().is_none_or(|f| f.tenant_id != tenant_id));
        // Nobody may be listening.
        let _ = self.changes.send(tenant_id);
    }
}
