//! The catalogue in force in this process: models, prices, and where each provider really is.

use crate::config::Config;
use anyhow::{Context, Result, bail};
use billing::{MARKET, Price, minute_price};
use llm::catalog::{Catalog, DEFAULT_CATALOG, PriceTable, Provider};
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use store::Store;
use store::catalog::{PriceVersion, catalog_get};
use store::system::catalog::catalog_apply;

#[derive(Debug)]
pub struct CatalogInForce {
    pub version: i64,
    pub catalog: Catalog,
    prices: HashMap<String, PriceVersion>,
    upstreams: HashMap<String, Upstream>,
}

/// Where calls for a provider go.
#[derive(Clone)]
pub struct Upstream {
    pub base_url: String,
    pub api_key: String,
    /// Played by the simulator, because its credential is not there.
    pub simulated: bool,
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream")
            .field("base_url", &self.base_url)
            .field("simulated", &self.simulated)
            .finish_non_exhaustive()
    }
}

impl CatalogInForce {
    /// Puts the configured catalogue in force, if it differs, and reads back what is.
    pub async fn apply(store: &Store, config: &Config) -> Result<Self> {
        let text = match &config.catalog {
            Some(path) => std::fs::read_to_string(path).with_context(|| format!("read catalog {}", path.display()))?,
            None => DEFAULT_CATALOG.to_owned(),
        };
        let catalog = Catalog::parse(&text).map_err(|errors| {
            anyhow::anyhow!(
                "catalog is refused:\n{}",
                errors.iter().map(|e| format!("  {e}")).collect::<Vec<_>>().join("\n")
            )
        })?;
        if let Some(provider) = catalog.providers().iter().find(|p| p.api_key.is_some()) {
            // A stored catalogue leaves keys out, and another replica would call with none.
            bail!("catalog: provider `{}` has an api_key: name a variable with api_key_env instead", provider.id);
        }
        let document = catalog.to_json();
        let digest: [u8; 32] = Sha256::digest(document.as_bytes()).into();
        let mut prices =
            catalog.models().iter().map(|m| Ok((m.id.clone(), price(&m.price)?))).collect::<Result<Vec<_>>>()?;
        if let Some(market) = catalog.market() {
            prices.push((MARKET.to_owned(), minute_price(market.connection_minute, market.topic_minute)?));
        }
        catalog_apply(store, &serde_json::from_str(&document)?, &digest, &prices).await?;
        Self::read(store, config).await
    }

    /// The catalogue as the store has it.
    pub async fn read(store: &Store, config: &Config) -> Result<Self> {
        let Some((version, document, prices)) = catalog_get(store).await? else { bail!("no catalog has been applied") };
        let catalog = Catalog::from_json(&document.to_string())
            .map_err(|errors| anyhow::anyhow!("stored catalog version {version} is refused: {errors:?}"))?;
        let upstreams = catalog.providers().iter().filter_map(|p| Some((p.id.clone(), upstream(p, config)?))).collect();
        Ok(Self { version, catalog, prices, upstreams })
    }

    /// The price in force of a model. None means it must not be sold.
    pub fn price(&self, model: &str) -> Option<&PriceVersion> {
        self.prices.get(model)
    }

    /// The price in force of a market minute. None means that market data must not be sold.
    pub fn market_price(&self) -> Option<&PriceVersion> {
        self.catalog.market().and_then(|_| self.prices.get(MARKET))
    }

    /// Where a provider is; none if it has no credential and is not simulated.
    pub fn upstream(&self, provider: &str) -> Option<&Upstream> {
        self.upstreams.get(provider)
    }

    /// Whether any provider is played by the simulator.
    pub fn is_simulated(&self) -> bool {
        self.upstreams.values().any(|u| u.simulated)
    }
}

fn upstream(provider: &Provider, config: &Config) -> Option<Upstream> {
    let from_environment =
        provider.api_key_env.as_ref().and_then(|name| std::env::var(name).ok()).filter(|key| !key.is_empty());
    match (from_environment.or_else(|| provider.api_key.clone()), &provider.api_key_env) {
        (Some(api_key), _) => Some(Upstream { base_url: provider.base_url.clone(), api_key, simulated: false }),
        // A provider that names no credential needs none.
        (None, None) => {
            Some(Upstream { base_url: provider.base_url.clone(), api_key: String::new(), simulated: false })
        }
        (None, Some(_)) if config.simulate_missing_credentials => config.sandbox_url.as_deref().map(sandbox),
        (None, Some(_)) => None,
    }
}

/// The simulated provider, which takes any credential.
pub fn sandbox(url: &str) -> Upstream {
    Upstream { base_url: format!("{url}/v1"), api_key: "sk-simulated".into(), simulated: true }
}

fn price(table: &PriceTable) -> Result<Price> {
    let price = Price {
        input: table.input,
        cached_input: table.cached_input,
        cache_write: table.cache_write,
        cache_write_1h: table.cache_write_1h,
        output: table.output.unwrap_or(Decimal::ZERO),
        reasoning: table.reasoning,
        per_request: table.per_request.unwrap_or(Decimal::ZERO),
    };
    Ok(price.validated()?)
}
