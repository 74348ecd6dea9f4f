//! A Postgres database of a test's own, cloned from a migrated template.

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Processes that test at the same time make a template one after the other. The number is arbitrary, and only ours.
const TEMPLATE_LOCK: i64 = 0x7475_726e_7069_6b65;

/// Dropped, it is gone, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    /// As `turnpike_app`.
    pub app_url: String,
    /// As `turnpike_job`.
    pub job_url: String,
    /// As `turnpike_owner`.
    pub owner_url: String,
    /// Past row-level security, for arranging and asserting.
    pub superuser: PgPool,
    server: PgConnectOptions,
    name: String,
}

impl Database {
    /// On the server that `TURNPIKE_TEST_POSTGRES` names by the URL of a superuser.
    pub async fn fresh() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = server();
        let mut superuser = server.connect().await.expect("TURNPIKE_TEST_POSTGRES answers");
        let template = template(&server, &mut superuser).await;
        let name = format!("turnpike_test_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        run(&mut superuser, format!("drop database if exists {name} with (force)")).await;
        run(&mut superuser, format!("create database {name} template {template} owner turnpike_owner")).await;
        superuser.close().await.expect("a connection without a transaction closes");
        let url = |role: &str| server.clone().username(role).database(&name).to_url_lossy().to_string();
        Self {
            app_url: url("turnpike_app"),
            job_url: url("turnpike_job"),
            owner_url: url("turnpike_owner"),
            superuser: PgPoolOptions::new().max_connections(3).connect_lazy_with(server.clone().database(&name)),
            server,
            name,
        }
    }

    /// Ends every connection of the roles that the gateway uses, as a restart of Postgres would.
    pub async fn end_connections(&self) {
        sqlx::query(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and usename like 'turnpike%'",
        )
        .bind(&self.name)
        .execute(&self.superuser)
        .await
        .expect("a superuser may end connections");
    }

    /// From now on the gateway's roles are refused, and those inside are thrown out: Postgres is away, for all they can see.
    pub async fn close_to_the_gateway(&self) {
        self.set_connection_limit(0).await;
        self.end_connections().await;
    }

    pub async fn open_to_the_gateway(&self) {
        self.set_connection_limit(-1).await;
    }

    /// A limit on a database does not hold for superusers.
    async fn set_connection_limit(&self, connections: i32) {
        let statement = format!("alter database {} connection limit {connections}", self.name);
        sqlx::query(AssertSqlSafe(statement)).execute(&self.superuser).await.expect("a superuser may limit a database");
    }
}

impl Drop for Database {
    /// In a thread of its own, because the runtime of the test may be ending.
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let mut superuser = server.connect().await.ok()?;
                let statement = format!("drop database if exists {name} with (force)");
                sqlx::query(AssertSqlSafe(statement)).execute(&mut superuser).await.ok()
            })
        });
        let _ = dropped.join();
    }
}

fn server() -> PgConnectOptions {
    let url = std::env::var("TURNPIKE_TEST_POSTGRES").expect("TURNPIKE_TEST_POSTGRES is not set: run cargo xtask test");
    let options = PgConnectOptions::from_str(&url).expect("TURNPIKE_TEST_POSTGRES is a URL of Postgres");
    options.log_statements("trace".parse().expect("a level"))
}

/// The migrated database to clone, named by the migrations it has. It is marked as a template once it is complete.
async fn template(server: &PgConnectOptions, superuser: &mut PgConnection) -> String {
    let migrations = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations"));
    let migrator = sqlx::migrate::Migrator::new(migrations).await.expect("migrations can be read");
    let name = format!("turnpike_template_{:016x}", digest(&migrator));
    sqlx::query("select pg_advisory_lock($1)").bind(TEMPLATE_LOCK).execute(&mut *superuser).await.expect("lock");
    let complete: bool =
        sqlx::query_scalar("select exists (select from pg_database where datname = $1 and datistemplate)")
            .bind(&name)
            .fetch_one(&mut *superuser)
            .await
            .expect("pg_database can be read");
    if !complete {
        run(superuser, format!("drop database if exists {name} with (force)")).await;
        run(superuser, format!("create database {name} owner turnpike_owner")).await;
        let owner = server.clone().username("turnpike_owner").database(&name);
        let mut owner = owner.connect().await.expect("turnpike_owner may connect");
        migrator.run(&mut owner).await.expect("migrations apply to an empty database");
        owner.close().await.expect("a connection without a transaction closes");
        run(superuser, format!("alter database {name} is_template true")).await;
    }
    sqlx::query("select pg_advisory_unlock($1)").bind(TEMPLATE_LOCK).execute(&mut *superuser).await.expect("unlock");
    name
}

/// Of all migrations, by FNV-1a over their checksums: names a database, and guards nothing.
fn digest(migrator: &sqlx::migrate::Migrator) -> u64 {
    let bytes = migrator.iter().flat_map(|migration| migration.checksum.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

async fn run(superuser: &mut PgConnection, statement: String) {
    sqlx::query(AssertSqlSafe(statement.clone()))
        .execute(superuser)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
