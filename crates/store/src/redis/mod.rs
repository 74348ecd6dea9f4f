//! One tenant's state in Redis, and the scripts that are its only writers. Rules: `prelude.lua` says what is kept, each script what
//! it checks. All keys of a tenant share one hash slot, and no script touches two tenants.

pub mod admit;
pub mod debit;
pub mod fan_out;
pub mod keys;
pub mod load;
pub mod settle;
pub mod throttle;

use crate::Result;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, Script};
use std::sync::Arc;
use std::time::Duration;

/// An answer that takes longer is unknown, and the caller goes on without it.
pub const ANSWER_WITHIN: Duration = Duration::from_millis(250);

#[derive(Clone)]
pub struct Redis {
    client: Client,
    connection: ConnectionManager,
    scripts: Arc<Scripts>,
}

struct Scripts {
    admit: Script,
    settle: Script,
    extend: Script,
    load: Script,
    revise: Script,
    debit: Script,
    sweep: Script,
}

impl Redis {
    /// Connects, and refuses a server that may evict money.
    pub async fn connect(url: &str) -> Result<Self> {
        let client = Client::open(url)?;
        // Nothing is sent twice by the library: whether to repeat is for whoever knows what the command does.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(3)
            .set_connection_timeout(Some(Duration::from_secs(2)))
            .set_response_timeout(Some(ANSWER_WITHIN));
        let connection = ConnectionManager::new_with_config(client.clone(), config).await?;
        let script = |text: &str| Script::new(&format!("{}\n{text}", include_str!("prelude.lua")));
        let scripts = Scripts {
            admit: script(include_str!("admit.lua")),
            settle: script(include_str!("settle.lua")),
            extend: script(include_str!("extend.lua")),
            load: script(include_str!("load.lua")),
            revise: script(include_str!("revise.lua")),
            debit: script(include_str!("debit.lua")),
            sweep: script(include_str!("sweep.lua")),
        };
        let this = Self { client, connection, scripts: Arc::new(scripts) };
        this.check_policy().await?;
        Ok(this)
    }

    async fn check_policy(&self) -> Result<()> {
        let mut connection = self.connection.clone();
        let answer: redis::RedisResult<Vec<String>> =
            redis::cmd("CONFIG").arg("GET").arg("maxmemory-policy").query_async(&mut connection).await;
        match answer {
            Ok(values) if values.get(1).is_some_and(|policy| policy != "noeviction") => {
                Err(crate::StoreError::Corrupt(format!(
                    "redis has maxmemory-policy {}: set it to noeviction, because holds must not be evicted",
                    values[1]
                )))
            }
            Err(error) if error.is_io_error() || error.is_timeout() => Err(error.into()),
            // Managed servers may refuse CONFIG; a state that was evicted is found invalid and loaded again.
            _ => Ok(()),
        }
    }

    /// Whether it answers in time.
    pub async fn ping(&self) -> Result<()> {
        let mut connection = self.connection.clone();
        Ok(redis::cmd("PING").query_async::<()>(&mut connection).await?)
    }

    pub(crate) fn connection(&self) -> ConnectionManager {
        self.connection.clone()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

impl std::fmt::Debug for Redis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis")
    }
}
