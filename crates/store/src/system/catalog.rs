//! Putting a catalogue in force.

use crate::{Result, Store};
use billing::Price;
use uuid::Uuid;

/// Stores the document as a new version if it differs from the one in force, and a price row for each model whose price changed, from
/// now on. Safe to call from every replica at once. Returns the version in force.
pub async fn catalog_apply(
    store: &Store,
    document: &serde_json::Value,
    digest: &[u8; 32],
    prices: &[(String, Price)],
) -> Result<i64> {
    let mut tx = store.job().begin().await?;
    // One applier at a time; the lock ends with the transaction.
    sqlx::query!("select pg_advisory_xact_lock(hashtext('turnpike catalog'))::text as locked")
        .fetch_one(&mut *tx)
        .await?;
    let current = sqlx::query!("select version, digest from catalog_versions order by version desc limit 1")
        .fetch_optional(&mut *tx)
        .await?;
    let version = match current {
        Some(current) if current.digest == digest => current.version,
        older => {
            let version = older.map_or(1, |c| c.version + 1);
            sqlx::query!(
                "insert into catalog_versions (version, digest, document) values ($1, $2, $3)",
                version,
                digest.as_slice(),
                document
            )
            .execute(&mut *tx)
            .await?;
            version
        }
    };
    // Also where the document is in force already: a price that a version lacks, for whatever reason, is made good here.
    for (model, price) in prices {
        sqlx::query!(
            "insert into prices (price_id, model, effective_from, catalog_version, input, cached_input, cache_write, cache_write_1h, output, reasoning, per_request)
             select $1, $2, now(), $3, $4, $5, $6, $7, $8, $9, $10
             where not exists (
                 select from (select * from prices where model = $2 order by effective_from desc limit 1) p
                 where (p.input, p.output, p.per_request) = ($4, $8, $10) and p.cached_input is not distinct from $5 and p.cache_write is not distinct from $6
                   and p.cache_write_1h is not distinct from $7 and p.reasoning is not distinct from $9)",
            Uuid::now_v7(),
            model,
            version,
            price.input,
            price.cached_input,
            price.cache_write,
            price.cache_write_1h,
            price.output,
            price.reasoning,
            price.per_request
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(version)
}
