//! Which models are sold, who serves them and at what price.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::provider::Kind;

mod closest;
mod read;
mod table;

/// The catalogue that a new installation starts with.
pub const DEFAULT_CATALOG: &str = include_str!("../../catalog.toml");

/// One thing wrong with a catalogue file. `path` names the place, such as `models[3].offers[0].provider`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct CatalogError {
    pub path: String,
    pub message: String,
}

/// What a model is for; an endpoint serves one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Chat,
    Embedding,
    Completion,
}

impl fmt::Display for Mode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Mode::Chat => "chat",
            Mode::Embedding => "embedding",
            Mode::Completion => "completion",
        })
    }
}

/// USD per million tokens, and `per_request` in USD; at most 12 decimals, never negative. A class without a price
/// of its own costs what it is a part of: cached and cache-written input as `input`, reasoning as `output`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PriceTable {
    pub input: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_input: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<Decimal>,
    /// Absent only for embeddings, which have no output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Decimal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_request: Option<Decimal>,
}

/// One provider's way of serving a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Id of a provider in the same catalogue.
    pub provider: String,
    /// The provider's own name for the model.
    pub model: String,
    /// Share among the offers of a weighted strategy; 1 unless said.
    pub weight: u32,
    /// What we pay; unknown where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<PriceTable>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    pub id: String,
    pub aliases: Vec<String>,
    pub mode: Mode,
    pub capabilities: Vec<String>,
    pub context_tokens: u64,
    /// 0 for embeddings, which have no output.
    #[serde(skip_serializing_if = "is_zero")]
    pub max_output_tokens: u64,
    /// Prior for routing, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Decimal>,
    /// Whose learned profile stands in until own outcomes are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub similar_to: Option<String>,
    /// Deadline of one attempt.
    pub timeout_s: u32,
    /// What a tenant pays.
    pub price: PriceTable,
    /// The public price, against which savings are measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list: Option<PriceTable>,
    /// Never empty; the order is the fallback order.
    pub offers: Vec<Offer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunset_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<String>,
}

/// Where requests are sent. `Debug` and serialisation leave the key out.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Provider {
    pub id: String,
    #[serde(serialize_with = "as_text")]
    pub kind: Kind,
    /// Without a slash at its end.
    pub base_url: String,
    /// Name of the environment variable that holds the key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key_env: Option<String>,
    #[serde(skip)]
    pub api_key: Option<String>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Provider")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("base_url", &self.base_url)
            .field("api_key_env", &self.api_key_env)
            .field("api_key", &self.api_key.as_ref().map(|_| "…"))
            .finish()
    }
}

fn as_text<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(kind)
}

fn is_zero(tokens: &u64) -> bool {
    *tokens == 0
}

/// What market data costs a tenant, in USD; at most 12 decimals, never negative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarketPrice {
    pub connection_minute: Decimal,
    pub topic_minute: Decimal,
}

/// A checked catalogue: every offer's provider exists, every model has a price and an offer, every name means
/// one model.
#[derive(Debug, Clone)]
pub struct Catalog {
    providers: Vec<Provider>,
    models: Vec<Arc<Model>>,
    market: Option<MarketPrice>,
    /// Ids and aliases → place in `models`.
    names: HashMap<String, usize>,
}

impl Catalog {
    /// Reads TOML, or JSON of the same shape (told by its first character). Everything wrong is reported at once.
    pub fn parse(text: &str) -> Result<Catalog, Vec<CatalogError>> {
        read::catalog(text)
    }

    /// Reads what [`Catalog::to_json`] wrote.
    pub fn from_json(json: &str) -> Result<Catalog, Vec<CatalogError>> {
        read::catalog(json)
    }

    /// The same catalogue always gives the same text, so equal versions can be told by their bytes. Keys of
    /// providers are left out: they are stored elsewhere, encrypted, and come back by [`Catalog::with_api_keys`].
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct File<'a> {
            providers: &'a [Provider],
            models: Vec<&'a Model>,
            #[serde(skip_serializing_if = "Option::is_none")]
            market: Option<&'a MarketPrice>,
        }
        let models = self.models.iter().map(Arc::as_ref).collect();
        let file = File { providers: &self.providers, models, market: self.market.as_ref() };
        serde_json::to_string(&file).expect("structs of text and numbers always serialise")
    }

    /// Gives every provider the key that `key_of` finds for it; where it finds none, the key stays as it was.
    pub fn with_api_keys(mut self, key_of: &dyn Fn(&Provider) -> Option<String>) -> Catalog {
        for provider in &mut self.providers {
            if let Some(key) = key_of(provider) {
                provider.api_key = Some(key);
            }
        }
        self
    }

    /// By id or alias, as written.
    pub fn resolve(&self, name: &str) -> Option<&Arc<Model>> {
        self.names.get(name).map(|&place| &self.models[place])
    }

    /// At most `n` ids of models whose id or alias is near `name`, nearest first; none if nothing is near.
    pub fn closest(&self, name: &str, n: usize) -> Vec<&str> {
        closest::models(&self.models, name, n)
    }

    /// In the order of the file.
    pub fn models(&self) -> &[Arc<Model>] {
        &self.models
    }

    /// Without it market data is not sold.
    pub fn market(&self) -> Option<&MarketPrice> {
        self.market.as_ref()
    }

    pub fn providers(&self) -> &[Provider] {
        &self.providers
    }

    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|provider| provider.id == id)
    }
}
