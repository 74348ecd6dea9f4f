//! From a file to a checked catalogue.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::Value;

use super::table::Table;
use super::{Catalog, CatalogError, MarketPrice, Mode, Model, Offer, PriceTable, Provider};
use crate::provider::Kind;

/// Names that requests give a meaning of their own, and the one under which market data is priced.
const RESERVED: [&str; 2] = ["auto", "market"];

const WEIGHT: u32 = 1;

/// Deadline of an attempt where the file gives none: reasoning models answer late, but not later.
const TIMEOUT_S: u32 = 120;

pub(super) fn catalog(text: &str) -> Result<Catalog, Vec<CatalogError>> {
    let file = value(text)?;
    let mut errors = Vec::new();
    let (mut providers, mut models, mut market) = (Vec::new(), Vec::new(), None);
    if let Some(mut top) = Table::open(String::new(), &file, &mut errors) {
        providers = top.tables("providers", provider);
        models = top.tables("models", model);
        market = top.table("market", market_price);
        top.close();
    }
    check_providers(&providers, &mut errors);
    // While an entry could not be read, what names it cannot be judged.
    if providers.iter().all(Option::is_some) {
        check_offers(&providers, &models, &mut errors);
    }
    if models.iter().all(Option::is_some) {
        check_successors(&models, &mut errors);
    }
    let names = names(&models, &mut errors);
    if models.is_empty() && errors.is_empty() {
        errors.push(CatalogError { path: "models".into(), message: "is empty: nothing could be sold".into() });
    }
    match errors.is_empty() {
        true => Ok(Catalog {
            providers: providers.into_iter().flatten().collect(),
            models: models.into_iter().flatten().map(Arc::new).collect(),
            market,
            names,
        }),
        false => Err(errors),
    }
}

/// Entries that could be read, with their places in the file.
fn placed<T>(entries: &[Option<T>]) -> impl Iterator<Item = (usize, &T)> {
    entries.iter().enumerate().filter_map(|(place, entry)| Some((place, entry.as_ref()?)))
}

fn value(text: &str) -> Result<Value, Vec<CatalogError>> {
    let error = |message: String| vec![CatalogError { path: "file".into(), message }];
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|wrong| error(format!("is not JSON: {wrong}")));
    }
    toml::from_str(text).map_err(|wrong| error(format!("is not TOML: {wrong}")))
}

fn provider(mut table: Table<'_, '_>) -> Option<Provider> {
    let id = table.required("id", Table::text);
    let kind = table.required("kind", |table, name| {
        let kind = Kind::from_str(&table.text(name)?);
        kind.map_err(|unknown| table.wrong(name, unknown.to_string())).ok()
    });
    let base_url = table.required("base_url", |table, name| {
        let url = table.text(name)?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            table.wrong(name, "must start with https:// or http://");
            return None;
        }
        Some(url.trim_end_matches('/').to_owned())
    });
    let api_key_env = table.text("api_key_env");
    let api_key = table.text("api_key");
    if api_key.is_some() && api_key_env.is_some() {
        table.wrong("api_key", "stands beside `api_key_env`: give one of them");
    }
    table.close();
    Some(Provider { id: id?, kind: kind?, base_url: base_url?, api_key_env, api_key })
}

fn model(mut table: Table<'_, '_>) -> Option<Model> {
    let id = table.required("id", Table::text);
    let aliases = table.texts("aliases");
    let mode = table.required("mode", mode);
    let capabilities = table.texts("capabilities");
    let context_tokens = table.required("context_tokens", Table::positive);
    // An embedding has no output, so nothing bounds it.
    let max_output_tokens = match mode {
        Some(Mode::Embedding) => table.positive("max_output_tokens").or(Some(0)),
        _ => table.required("max_output_tokens", Table::positive),
    };
    let quality = table.share("quality");
    let similar_to = table.text("similar_to");
    let timeout_s = table.positive("timeout_s").map_or(TIMEOUT_S, |seconds| seconds as u32);
    let price = table.required("price", |table, name| table.table(name, |price| price_table(price, mode)));
    let list = table.table("list", |list| price_table(list, mode));
    let offers = table.tables("offers", |offer_table| offer(offer_table, mode));
    let offers: Option<Vec<Offer>> = offers.into_iter().collect();
    if table.value("offers").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        table.wrong("offers", "is empty: a model needs at least one offer");
    }
    let sunset_at = table.text("sunset_at");
    let successor = table.text("successor");
    table.close();
    Some(Model {
        id: id?,
        aliases,
        mode: mode?,
        capabilities,
        context_tokens: context_tokens?,
        max_output_tokens: max_output_tokens?,
        quality,
        similar_to,
        timeout_s,
        price: price?,
        list,
        offers: offers.unwrap_or_default(),
        sunset_at,
        successor,
    })
}

fn mode(table: &mut Table<'_, '_>, name: &'static str) -> Option<Mode> {
    match table.text(name)?.as_str() {
        "chat" => Some(Mode::Chat),
        "embedding" => Some(Mode::Embedding),
        "completion" => Some(Mode::Completion),
        other => {
            table.wrong(name, format!("`{other}` is not known: use chat, embedding or completion"));
            None
        }
    }
}

fn price_table(mut table: Table<'_, '_>, mode: Option<Mode>) -> Option<PriceTable> {
    let input = table.required("input", Table::price);
    let output = match mode {
        Some(Mode::Embedding) => table.price("output"),
        _ => table.required("output", Table::price),
    };
    let prices = PriceTable {
        input: input.unwrap_or_default(),
        cached_input: table.price("cached_input"),
        cache_write: table.price("cache_write"),
        cache_write_1h: table.price("cache_write_1h"),
        output,
        reasoning: table.price("reasoning"),
        per_request: table.price("per_request"),
    };
    table.close();
    input.map(|_| prices)
}

fn market_price(mut table: Table<'_, '_>) -> Option<MarketPrice> {
    let connection_minute = table.required("connection_minute", Table::price);
    let topic_minute = table.required("topic_minute", Table::price);
    table.close();
    Some(MarketPrice { connection_minute: connection_minute?, topic_minute: topic_minute? })
}

fn offer(mut table: Table<'_, '_>, mode: Option<Mode>) -> Option<Offer> {
    let provider = table.required("provider", Table::text);
    let model = table.required("model", Table::text);
    let weight = table.positive("weight").map_or(WEIGHT, |weight| weight as u32);
    let cost = table.table("cost", |cost| price_table(cost, mode));
    let region = table.text("region");
    table.close();
    Some(Offer { provider: provider?, model: model?, weight, cost, region })
}

fn check_providers(providers: &[Option<Provider>], errors: &mut Vec<CatalogError>) {
    let mut first_place: HashMap<&str, usize> = HashMap::new();
    for (place, provider) in placed(providers) {
        if let Some(first) = first_place.insert(&provider.id, place) {
            let message = format!("`{}` is the id of providers[{first}] already", provider.id);
            errors.push(CatalogError { path: format!("providers[{place}].id"), message });
        }
    }
}

fn check_offers(providers: &[Option<Provider>], models: &[Option<Model>], errors: &mut Vec<CatalogError>) {
    for (place, model) in placed(models) {
        for (index, offer) in model.offers.iter().enumerate() {
            if !placed(providers).any(|(_, provider)| provider.id == offer.provider) {
                let message = format!("`{}` is not the id of a provider", offer.provider);
                errors.push(CatalogError { path: format!("models[{place}].offers[{index}].provider"), message });
            }
        }
    }
}

fn check_successors(models: &[Option<Model>], errors: &mut Vec<CatalogError>) {
    for (place, model) in placed(models) {
        let Some(successor) = &model.successor else { continue };
        if !placed(models).any(|(_, other)| other.id == *successor) {
            let message = format!("`{successor}` is not the id of a model");
            errors.push(CatalogError { path: format!("models[{place}].successor"), message });
        }
    }
}

/// Ids and aliases, which share one space of names.
fn names(models: &[Option<Model>], errors: &mut Vec<CatalogError>) -> HashMap<String, usize> {
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut add = |name: &String, place: usize, path: String| {
        if RESERVED.contains(&name.as_str()) {
            errors.push(CatalogError { path, message: format!("`{name}` is reserved") });
        } else if let Some(first) = names.get(name) {
            errors.push(CatalogError { path, message: format!("`{name}` is a name of models[{first}] already") });
        } else {
            names.insert(name.clone(), place);
        }
    };
    // Ids first: an alias must not take the name of a model, wherever it stands.
    for (place, model) in placed(models) {
        add(&model.id, place, format!("models[{place}].id"));
    }
    for (place, model) in placed(models) {
        for (index, alias) in model.aliases.iter().enumerate() {
            add(alias, place, format!("models[{place}].aliases[{index}]"));
        }
    }
    names
}
