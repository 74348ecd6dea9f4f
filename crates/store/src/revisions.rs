//! Every change of a fact that Redis or a cache repeats commits a revision with it. Replicas read them and catch up.

use crate::{Result, Store};
use sqlx::PgConnection;
use sqlx::postgres::PgListener;
use std::collections::BTreeSet;
use tenancy::TenantId;
use uuid::Uuid;

/// The channel that nudges readers; whoever misses it polls.
const CHANNEL: &str = "turnpike_revisions";

/// Raises the tenant's version. Call it last in the transaction that made the change, because it locks the tenant's row until the
/// commit. `debit_id` names the pending debit that this change finished.
pub async fn tenant_revise(connection: &mut PgConnection, tenant_id: TenantId, debit_id: Option<Uuid>) -> Result<i64> {
    let row = sqlx::query!(
        r#"with raised as (update tenants set version = version + 1 where tenant_id = $1 returning version),
                noted as (insert into revisions (tenant_id, version, debit_id) select $1, version, $2 from raised)
           select version, pg_notify('turnpike_revisions', $1::text)::text as nudge from raised"#,
        tenant_id.as_uuid(),
        debit_id
    )
    .fetch_one(connection)
    .await?;
    Ok(row.version)
}

/// Reads revisions in order of transactions. Remembers how far, so that a transaction that commits late is not missed.
#[derive(Debug)]
pub struct RevisionReader {
    /// Every transaction below this has been seen.
    below: i64,
}

impl RevisionReader {
    /// Starts at the present: what happened before is in the facts that will be read.
    pub async fn start(store: &Store) -> Result<Self> {
        let row = sqlx::query!(r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xmin!""#)
            .fetch_one(store.job())
            .await?;
        Ok(Self { below: row.xmin })
    }

    /// Tenants with a change since the last call. Answers each at least once, however late its transaction committed.
    pub async fn changed(&mut self, store: &Store) -> Result<BTreeSet<TenantId>> {
        let rows = sqlx::query!(
            r#"select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as "xmin!",
                      array(select distinct r.tenant_id from revisions r
                            where r.tenant_id is not null and r.xid >= $1::text::xid8 and r.xid < pg_snapshot_xmin(pg_current_snapshot())) as "tenants!""#,
            self.below.to_string()
        )
        .fetch_one(store.job())
        .await?;
        self.below = rows.xmin;
        Ok(rows.tenants.into_iter().map(TenantId::new).collect())
    }
}

/// Wakes a reader before its next poll is due.
#[derive(Debug)]
pub struct Nudges(PgListener);

impl Nudges {
    pub async fn listen(store: &Store) -> Result<Self> {
        let mut listener = PgListener::connect_with(store.job()).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// The tenant that changed, or nothing where the note could not be read (then a poll is due). Reconnects by itself.
    pub async fn next(&mut self) -> Result<Option<TenantId>> {
        Ok(self.0.recv().await?.payload().parse().ok())
    }
}

/// Forgets revisions that every replica has long read.
pub async fn revisions_prune(store: &Store) -> Result<u64> {
    Ok(sqlx::query!("delete from revisions where created_at < now() - interval '2 days'")
        .execute(store.job())
        .await?
        .rows_affected())
}
