//! Whether nothing was lost, nothing was counted twice, and nothing is still held.

use acceptance::{Stage, eventually};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::time::Duration;

/// Adoption looks every five seconds; a fence takes ten.
const DRAINED_WITHIN: Duration = Duration::from_secs(40);

/// Waits until every request that the provider served has its usage row and no hold is left; then asks `turnpike verify ledger`.
pub(crate) async fn assert_reconciled(stage: &Stage, tenant_id: &str) {
    let served: BTreeSet<String> =
        eventually(DRAINED_WITHIN, "every request that was served has its usage row", async || {
            let served: BTreeSet<String> = stage
                .simulator
                .served()
                .await
                .into_iter()
                .map(|record| record["client_request_id"].as_str().expect("the gateway names each request").to_owned())
                .collect();
            let rows = stage.database.usage().await;
            let ids: BTreeSet<String> = rows.iter().map(|row| row.request_id.to_string()).collect();
            assert_eq!(ids.len(), rows.len(), "no request has two rows");
            (stage.simulator.stats().await["in_flight"] == 0 && served.is_subset(&ids)).then_some(served)
        })
        .await;
    assert!(!served.is_empty());
    eventually(DRAINED_WITHIN, "no hold is left, and Redis has what the ledger has", async || {
        let [open, held, credit, spent] = state(stage, tenant_id).await?;
        let posted = stage.database.balance(tenant_id).await * Decimal::from(1_000_000);
        // Credit rounds down and each node's spending up: a few millionths of a dollar in the operator's favour.
        let short = posted - Decimal::from(credit - spent);
        (open == 0 && held == 0 && short >= Decimal::ZERO && short < Decimal::from(10)).then_some(())
    })
    .await;
    let verified = stage.turnpike(&["verify", "ledger"]).await;
    let said = String::from_utf8_lossy(&verified.stdout) + String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success(), "{said}");
    let balance = stage.database.balance(tenant_id).await;
    assert!(balance >= Decimal::ZERO, "{balance}");
    let charged: Decimal = stage.database.usage().await.iter().map(|row| row.charge).sum();
    let posted: Decimal = sqlx::query_scalar("select coalesce(sum(credits), 0) from accounts where kind = 'customer'")
        .fetch_one(&stage.database.superuser)
        .await
        .unwrap();
    assert_eq!(balance, posted - charged, "what was granted, less what the rows say");
}

/// Requests open, and micros held, granted and spent, as Redis has them; none while it has no state of the tenant.
async fn state(stage: &Stage, tenant_id: &str) -> Option<[i64; 4]> {
    let key = format!("{{{tenant_id}}}:money");
    let reply = stage.redis.command(&["HMGET", &key, "open", "held", "credit", "spent"]).await;
    // `*4`, then a length and a value for each.
    let values: Option<Vec<i64>> = reply.lines().skip(2).step_by(2).take(4).map(|value| value.parse().ok()).collect();
    values?.try_into().ok()
}
