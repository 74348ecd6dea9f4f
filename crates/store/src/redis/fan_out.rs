//! Asking every node, over Redis publish and Postgres NOTIFY at once: either may be down or slow.

use super::Redis;
use crate::{Result, Store};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgListener;
use tenancy::TenantId;

const CHANNEL: &str = "turnpike_assert";

/// A load asks the nodes it counts to say what they have spent and hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub tenant_id: TenantId,
    pub token: String,
    pub generation: i64,
    pub counted: Vec<String>,
}

/// Sends the call both ways. One of them is enough.
pub async fn call_nodes(store: &Store, redis: &Redis, call: &Call) -> Result<()> {
    let text = serde_json::to_string(call).expect("a call has only strings for keys");
    let mut connection = redis.connection();
    let published = ::redis::cmd("PUBLISH").arg(CHANNEL).arg(&text).query_async::<i64>(&mut connection).await;
    // NOTIFY carries at most 8,000 bytes; with hundreds of nodes the publish has to do.
    let notified = if text.len() < 7_900 {
        sqlx::query!("select pg_notify($1, $2)::text as sent", CHANNEL, text).fetch_one(store.job()).await.err()
    } else {
        None
    };
    match (published, notified) {
        (Err(error), Some(_)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Calls as they come over Redis; ends when the connection does.
pub async fn listen_redis(redis: &Redis, mut heard: impl FnMut(Call)) -> Result<()> {
    let mut subscription = redis.client().get_async_pubsub().await?;
    subscription.subscribe(CHANNEL).await?;
    let mut messages = subscription.on_message();
    while let Some(message) = messages.next().await {
        if let Ok(call) = serde_json::from_slice(message.get_payload_bytes()) {
            heard(call);
        }
    }
    Ok(())
}

/// Calls as they come over Postgres; ends with the error that ended it.
pub async fn listen_postgres(store: &Store, mut heard: impl FnMut(Call)) -> Result<()> {
    let mut listener = PgListener::connect_with(store.job()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        if let Ok(call) = serde_json::from_str(listener.recv().await?.payload()) {
            heard(call);
        }
    }
}
