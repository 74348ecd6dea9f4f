//! Who leaves pays for what was sent, and for nothing else.

use acceptance::client::{long_question, question};
use acceptance::{Scene, eventually};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(10);

/// Once the provider has noticed that nobody listens any more.
async fn client_gone(scene: &Scene, model: &str) -> Value {
    eventually(SOON, "the provider's connection was cut", async || {
        scene.stage.simulator.served_as(model).await.into_iter().find(|record| record["outcome"] == "client_gone")
    })
    .await
}

#[tokio::test]
async fn leaving_in_mid_stream_cuts_the_provider_and_bills_what_was_sent() {
    let scene = Scene::open().await;
    let mut stream = scene.client.stream(long_question("alone-slow-chunk-20", 500)).await;
    let request_id = stream.head.header("x-request-id").to_owned();
    stream.until_content().await;
    drop(stream);
    let served = client_gone(&scene, "sim-slow-chunk-20").await;
    let row = scene.stage.database.usage_of(&request_id).await;
    assert_eq!((row.reason.as_str(), row.source.as_str()), ("client_gone", "estimated"));
    assert!(row.charge > Decimal::ZERO && row.overage.is_zero(), "{row:?}");
    let sent = served["sent_tokens"].as_i64().unwrap();
    assert!(row.output_tokens >= 1 && row.output_tokens <= 2 * sent + 8, "{row:?} of {served}");
    assert!(sent < 500, "{served}");
    assert_no_hold(&scene).await;
}

#[tokio::test]
async fn leaving_before_anything_was_sent_is_free() {
    let scene = Scene::open().await;
    for streaming in [false, true] {
        let mut body = question("alone-hang");
        body["stream"] = json!(streaming);
        let (client, already) = (scene.client.clone(), scene.stage.simulator.served_as("sim-hang").await.len());
        let request = tokio::spawn(async move { client.try_post("/v1/chat/completions", body).await.map(drop) });
        eventually(SOON, "the provider has the request", async || {
            (scene.stage.simulator.stats().await["in_flight"] == 1).then_some(())
        })
        .await;
        request.abort();
        eventually(SOON, "the provider's connection was cut", async || {
            (scene.stage.simulator.served_as("sim-hang").await.len() > already).then_some(())
        })
        .await;
    }
    let rows = scene.stage.database.usage_rows(2).await;
    for row in rows {
        assert_eq!((row.reason.as_str(), row.charge, row.output_tokens), ("client_gone", Decimal::ZERO, 0), "{row:?}");
    }
    assert_no_hold(&scene).await;
    assert_eq!(scene.stage.database.balance(&scene.tenant_id).await, Decimal::from(5));
}

async fn assert_no_hold(scene: &Scene) {
    eventually(SOON, "no hold is left", async || {
        let balance = scene.owner.get("/api/balance").await.expect(200);
        (balance["held_known"] == true && balance["held"]["amount"].as_str().is_some_and(is_zero)).then_some(())
    })
    .await;
}

fn is_zero(amount: &str) -> bool {
    amount.chars().all(|character| matches!(character, '0' | '.'))
}
