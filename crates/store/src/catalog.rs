//! The catalogue in force and its prices. Applying one is in `system::catalog`.

use crate::{Result, Store};
use billing::Price;
use std::collections::HashMap;
use uuid::Uuid;

/// A price and the id that usage rows name it by.
#[derive(Debug, Clone, PartialEq)]
pub struct PriceVersion {
    pub price_id: Uuid,
    pub price: Price,
}

/// The latest version's number, without its document.
pub async fn catalog_version(store: &Store) -> Result<i64> {
    let mut tx = store.global_tx().await?;
    Ok(sqlx::query!(r#"select coalesce(max(version), 0) as "version!" from catalog_versions"#)
        .fetch_one(&mut *tx)
        .await?
        .version)
}

/// The catalogue in force, as its canonical JSON, and the price of every model at this moment.
pub async fn catalog_get(store: &Store) -> Result<Option<(i64, serde_json::Value, HashMap<String, PriceVersion>)>> {
    let mut tx = store.global_tx().await?;
    let Some(current) = sqlx::query!("select version, document from catalog_versions order by version desc limit 1")
        .fetch_optional(&mut *tx)
        .await?
    else {
        return Ok(None);
    };
    let rows = sqlx::query!(
        "select distinct on (model) model, price_id, input, cached_input, cache_write, cache_write_1h, output, reasoning, per_request
         from prices where effective_from <= now() order by model, effective_from desc"
    )
    .fetch_all(&mut *tx)
    .await?;
    let prices = rows
        .into_iter()
        .map(|r| {
            let price = Price {
                input: r.input,
                cached_input: r.cached_input,
                cache_write: r.cache_write,
                cache_write_1h: r.cache_write_1h,
                output: r.output,
                reasoning: r.reasoning,
                per_request: r.per_request,
            };
            (r.model, PriceVersion { price_id: r.price_id, price })
        })
        .collect();
    Ok(Some((current.version, current.document, prices)))
}
