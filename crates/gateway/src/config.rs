//! Settings: the commented default file, then the operator's, then the environment. What is unknown or bad is refused by name.

use anyhow::{Context, Result, bail};
use billing::{Currency, Money};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use store::journal::SyncMode;

/// Every setting, documented and with its default.
pub const DEFAULTS: &str = include_str!("../turnpike.toml");

#[derive(Debug, Clone)]
pub struct Config {
    pub listen: SocketAddr,
    pub operator_listen: SocketAddr,
    pub public_url: String,
    pub workers: usize,
    pub database_url: String,
    pub database_job_url: String,
    pub database_owner_url: Option<String>,
    pub database_connections: u32,
    pub redis_url: String,
    pub secret_keys: Vec<[u8; 32]>,
    pub journal_dir: PathBuf,
    pub journal_sync: SyncMode,
    pub rebuild_grace: Duration,
    pub catalog: Option<PathBuf>,
    pub sign_up_credit: Money,
    pub sign_up_grants_per_network: i64,
    pub body_bytes_max: usize,
    pub output_tokens_default: u64,
    pub simulate_missing_credentials: bool,
    pub sandbox_url: Option<String>,
    pub market: Market,
}

/// Where market data comes from. URLs have no slash at their end.
#[derive(Debug, Clone)]
pub struct Market {
    pub enabled: bool,
    pub binance_socket_url: String,
    pub binance_rest_url: String,
}

/// Variables of the Python client, which a developer's shell may well have beside a server of theirs.
const CLIENT_VARIABLES: [&str; 6] = [
    "TURNPIKE_API_KEY",
    "TURNPIKE_BASE_URL",
    "TURNPIKE_STRATEGY",
    "TURNPIKE_FALLBACK_MODELS",
    "TURNPIKE_FORCE_MODEL",
    "TURNPIKE_USE_ROUTING",
];

/// The file's shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: String,
    operator_listen: String,
    public_url: String,
    workers: usize,
    database_url: String,
    database_job_url: String,
    database_owner_url: String,
    database_connections: u32,
    redis_url: String,
    secret_keys: String,
    journal_dir: PathBuf,
    journal_sync: String,
    rebuild_grace_ms: u64,
    catalog: String,
    sign_up_credit: String,
    sign_up_grants_per_network: i64,
    body_bytes_max: usize,
    output_tokens_default: u64,
    simulate_missing_credentials: bool,
    sandbox: Sandbox,
    market: MarketTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sandbox {
    url: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketTable {
    enabled: bool,
    binance_socket_url: String,
    binance_rest_url: String,
}

impl Config {
    /// Reads the file, if one is given, over the defaults, and the environment over both.
    pub fn load(file: Option<&str>, environment: impl Iterator<Item = (String, String)>) -> Result<Self> {
        let mut table: toml::Table = DEFAULTS.parse().context("parse the built-in defaults")?;
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).with_context(|| format!("read {path}"))?;
            let given: toml::Table = text.parse().with_context(|| format!("parse {path}"))?;
            merge(&mut table, given);
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("TURNPIKE_").filter(|_| !CLIENT_VARIABLES.contains(&name.as_str())) {
                override_by(&mut table, &name, &key.to_lowercase(), value)?;
            }
        }
        let file: File = table.try_into().context("settings")?;
        Self::of(file)
    }

    fn of(file: File) -> Result<Self> {
        let given = |name: &str, value: String| {
            if value.is_empty() { bail!("{name} must be set: see turnpike.toml") } else { Ok(value) }
        };
        let optional = |value: String| (!value.is_empty()).then_some(value);
        let address = |name: &str, value: &str| {
            SocketAddr::from_str(value)
                .with_context(|| format!("{name} = {value:?}: give an address and port such as 127.0.0.1:8080"))
        };
        let credit = Decimal::from_str(&file.sign_up_credit)
            .with_context(|| format!("sign_up_credit = {:?}: give a decimal number", file.sign_up_credit))?;
        let config = Self {
            listen: address("listen", &file.listen)?,
            operator_listen: address("operator_listen", &file.operator_listen)?,
            public_url: file.public_url.trim_end_matches('/').to_owned(),
            workers: file.workers,
            database_url: given("database_url", file.database_url)?,
            database_job_url: given("database_job_url", file.database_job_url)?,
            database_owner_url: optional(file.database_owner_url),
            database_connections: file.database_connections,
            redis_url: given("redis_url", file.redis_url)?,
            secret_keys: secret_keys(&given("secret_keys", file.secret_keys)?)?,
            journal_dir: file.journal_dir,
            journal_sync: match file.journal_sync.as_str() {
                "process" => SyncMode::Process,
                "power" => SyncMode::Power,
                other => bail!("journal_sync = {other:?}: give process or power"),
            },
            rebuild_grace: Duration::from_millis(file.rebuild_grace_ms),
            catalog: optional(file.catalog).map(PathBuf::from),
            sign_up_credit: Money::new(credit, Currency::USD).context("sign_up_credit")?,
            sign_up_grants_per_network: file.sign_up_grants_per_network,
            body_bytes_max: file.body_bytes_max,
            output_tokens_default: file.output_tokens_default,
            simulate_missing_credentials: file.simulate_missing_credentials,
            sandbox_url: optional(file.sandbox.url).map(|u| u.trim_end_matches('/').to_owned()),
            market: Market {
                enabled: file.market.enabled,
                binance_socket_url: file.market.binance_socket_url,
                binance_rest_url: file.market.binance_rest_url.trim_end_matches('/').to_owned(),
            },
        };
        config.check_public_url()?;
        config.market.check()?;
        Ok(config)
    }

    /// Cookies must not travel in the clear beyond this machine.
    fn check_public_url(&self) -> Result<()> {
        let loopback =
            ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|p| self.public_url.starts_with(p));
        if !self.public_url.starts_with("https://") && !loopback {
            bail!("public_url = {:?}: use https, or plain http on loopback only", self.public_url);
        }
        if self.simulate_missing_credentials && self.sandbox_url.is_none() {
            bail!("simulate_missing_credentials needs sandbox.url");
        }
        Ok(())
    }

    pub fn is_https(&self) -> bool {
        self.public_url.starts_with("https://")
    }
}

impl Market {
    fn check(&self) -> Result<()> {
        let is = |url: &str, schemes: [&str; 2]| schemes.iter().any(|scheme| url.starts_with(scheme));
        if !is(&self.binance_socket_url, ["wss://", "ws://"]) {
            bail!("market.binance_socket_url = {:?}: give a wss:// or ws:// address", self.binance_socket_url);
        }
        if !is(&self.binance_rest_url, ["https://", "http://"]) {
            bail!("market.binance_rest_url = {:?}: give an https:// or http:// address", self.binance_rest_url);
        }
        Ok(())
    }
}

fn merge(table: &mut toml::Table, given: toml::Table) {
    for (key, value) in given {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(given)) => merge(inner, given),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Puts one environment variable in its place, with the type that the default has.
fn override_by(table: &mut toml::Table, name: &str, key: &str, value: String) -> Result<()> {
    if let Some(key) = key.strip_suffix("_file")
        && table.contains_key(key)
    {
        let text = std::fs::read_to_string(&value).with_context(|| format!("{name}: read {value}"))?;
        return override_by(table, name, key, text.trim().to_owned());
    }
    if let Some((outer, inner)) = key.split_once('_')
        && let Some(toml::Value::Table(nested)) = table.get_mut(outer)
    {
        return override_by(nested, name, inner, value);
    }
    let Some(slot) = table.get_mut(key) else { bail!("{name} names no setting: see turnpike.toml") };
    *slot = match slot {
        toml::Value::Integer(_) => {
            toml::Value::Integer(value.parse().with_context(|| format!("{name} = {value:?}: give a whole number"))?)
        }
        toml::Value::Boolean(_) => {
            toml::Value::Boolean(value.parse().with_context(|| format!("{name} = {value:?}: give true or false"))?)
        }
        _ => toml::Value::String(value),
    };
    Ok(())
}

fn secret_keys(text: &str) -> Result<Vec<[u8; 32]>> {
    text.split(',')
        .map(|key| {
            let key = key.trim();
            let digits = || {
                (0..32)
                    .map(|i| key.get(2 * i..2 * i + 2).and_then(|d| u8::from_str_radix(d, 16).ok()))
                    .collect::<Option<Vec<u8>>>()
            };
            // The value itself is a secret, so the message does not repeat it.
            if key.len() != 64 { None } else { digits() }
                .and_then(|bytes| bytes.try_into().ok())
                .context("secret_keys: each must be 64 hexadecimal digits")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<Config> {
        let secret = "ab".repeat(32);
        let base = [
            ("TURNPIKE_DATABASE_URL", "postgres://a"),
            ("TURNPIKE_DATABASE_JOB_URL", "postgres://j"),
            ("TURNPIKE_SECRET_KEYS", secret.as_str()),
        ];
        let all = base.iter().chain(pairs).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>();
        Config::load(None, all.into_iter())
    }

    #[test]
    fn the_environment_reaches_nested_settings() {
        assert_eq!(
            with(&[("TURNPIKE_SANDBOX_URL", "http://127.0.0.1:1/")]).unwrap().sandbox_url.as_deref(),
            Some("http://127.0.0.1:1")
        );
        let market = with(&[("TURNPIKE_MARKET_BINANCE_REST_URL", "http://127.0.0.1:2/")]).unwrap().market;
        assert_eq!(market.binance_rest_url, "http://127.0.0.1:2");
        assert_eq!(with(&[("TURNPIKE_REBUILD_GRACE_MS", "250")]).unwrap().rebuild_grace, Duration::from_millis(250));
    }

    #[test]
    fn what_is_unknown_or_bad_is_refused_by_name() {
        for (name, value, says) in [
            ("TURNPIKE_LISTNE", "x", "TURNPIKE_LISTNE"),
            ("TURNPIKE_LISTEN", "nowhere", "listen"),
            ("TURNPIKE_WORKERS", "many", "TURNPIKE_WORKERS"),
            ("TURNPIKE_JOURNAL_SYNC", "never", "journal_sync"),
            ("TURNPIKE_SECRET_KEYS", "short", "secret_keys"),
            ("TURNPIKE_PUBLIC_URL", "http://example.com", "public_url"),
            ("TURNPIKE_MARKET_BINANCE_SOCKET_URL", "example.com", "market.binance_socket_url"),
        ] {
            let error = format!("{:#}", with(&[(name, value)]).unwrap_err());
            assert!(error.contains(says), "{name}: {error}");
            assert!(!error.contains("short"), "a secret must not be repeated: {error}");
        }
    }
}
