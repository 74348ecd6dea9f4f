#![doc = include_str!("../README.md")]

pub mod api_key;
pub mod books;
pub mod catalog;
pub mod invoice;
pub mod journal;
pub mod ledger;
pub mod member;
pub mod redis;
pub mod revisions;
pub mod session;
pub mod system;
pub mod tenant;
pub mod usage;
pub mod user;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{PgConnection, Postgres, Transaction};
use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::time::Duration;
use tenancy::{TenantId, UserId};

/// Every migration, embedded. Run by `turnpike migrate` and by `serve` where it is given the owner's connection.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// A wait for a connection is a wait of somebody's request.
const ACQUIRE_WITHIN: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or Redis does not answer, or not in time: worth another try later.
    #[error("{0} is not available: {1}")]
    Unavailable(&'static str, String),
    /// A named constraint refused a row.
    #[error("constraint {0} refused the row")]
    Constraint(String),
    #[error("{0}")]
    Database(#[source] sqlx::Error),
    #[error("redis: {0}")]
    Redis(#[source] ::redis::RedisError),
    /// A stored value that our own types refuse.
    #[error("stored value is not usable: {0}")]
    Corrupt(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => Self::Unavailable("postgres", error.to_string()),
            sqlx::Error::Database(d) if d.constraint().is_some() => {
                Self::Constraint(d.constraint().unwrap_or_default().to_owned())
            }
            // Class 57: operator intervention, 53: insufficient resources, 40: serialization, 55P03: lock timeout.
            sqlx::Error::Database(d)
                if d.code().is_some_and(|c| {
                    c.starts_with("57")
                        || c.starts_with("53")
                        || c.starts_with("08")
                        || c.starts_with("40")
                        || c == "55P03"
                }) =>
            {
                Self::Unavailable("postgres", error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

impl From<::redis::RedisError> for StoreError {
    fn from(error: ::redis::RedisError) -> Self {
        if error.is_io_error() || error.is_timeout() || error.is_connection_dropped() || error.is_connection_refusal() {
            Self::Unavailable("redis", error.to_string())
        } else {
            Self::Redis(error)
        }
    }
}

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Where the facts are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    app: PgPool,
    job: PgPool,
}

impl Store {
    /// Pools for the two roles; connects lazily, so a database that is down delays requests and not the start.
    pub fn connect(app_url: &str, job_url: &str, connections_max: u32) -> Result<Self> {
        let pool = |url: &str, name: &str, limits: &[(&'static str, &'static str)]| -> Result<PgPool> {
            let options = PgConnectOptions::from_str(url)?.application_name(name).options(limits.iter().copied());
            Ok(PgPoolOptions::new()
                .max_connections(connections_max)
                .acquire_timeout(ACQUIRE_WITHIN)
                .connect_lazy_with(options))
        };
        Ok(Self {
            app: pool(
                app_url,
                "turnpike",
                &[("statement_timeout", "10s"), ("idle_in_transaction_session_timeout", "5s"), ("lock_timeout", "2s")],
            )?,
            // Below the rebuild grace: a shipper that hangs must lose its locks before it is fenced.
            job: pool(
                job_url,
                "turnpike jobs",
                &[("statement_timeout", "30s"), ("idle_in_transaction_session_timeout", "5s"), ("lock_timeout", "5s")],
            )?,
        })
    }

    /// The only door to a tenant's rows: a transaction in which row-level security shows this tenant and nothing else.
    pub async fn tenant_tx(&self, tenant_id: TenantId) -> Result<TenantTx> {
        let mut tx = self.app.begin().await?;
        sqlx::query!("select set_config('app.tenant', $1, true)", tenant_id.as_uuid().to_string())
            .fetch_one(&mut *tx)
            .await?;
        Ok(TenantTx { tx, tenant_id })
    }

    /// A transaction that sees one person's memberships in every organisation, and no tenant's rows.
    pub async fn user_tx(&self, user_id: UserId) -> Result<Transaction<'static, Postgres>> {
        let mut tx = self.app.begin().await?;
        sqlx::query!("select set_config('app.user', $1, true)", user_id.as_uuid().to_string())
            .fetch_one(&mut *tx)
            .await?;
        Ok(tx)
    }

    /// A transaction on global tables: users, sessions, the directory, the catalogue.
    pub async fn global_tx(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.app.begin().await?)
    }

    /// Statements across tenants, only for [`system`].
    pub(crate) fn job(&self) -> &PgPool {
        &self.job
    }

    /// Whether both pools get an answer.
    pub async fn ping(&self) -> Result<()> {
        sqlx::query!("select 1 as one").fetch_one(&self.app).await?;
        sqlx::query!("select 1 as one").fetch_one(&self.job).await?;
        Ok(())
    }
}

/// A transaction inside one tenant. Dropped without [`TenantTx::commit`], it is rolled back.
#[derive(Debug)]
pub struct TenantTx {
    tx: Transaction<'static, Postgres>,
    tenant_id: TenantId,
}

impl TenantTx {
    pub fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
}

impl Deref for TenantTx {
    type Target = PgConnection;
    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for TenantTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// Applies every migration that is missing, as the owner. Waits for another replica that is doing the same.
pub async fn migrate(owner_url: &str) -> Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect(owner_url).await?;
    MIGRATOR.run(&pool).await.map_err(|e| StoreError::Corrupt(format!("migrations: {e}")))?;
    pool.close().await;
    Ok(())
}
