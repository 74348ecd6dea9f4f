//! What is spent never exceeds what was granted, whoever asks, and wherever.

use crate::reconcile::assert_reconciled;
use acceptance::client::long_question;
use acceptance::{GatewayOptions, Scene};
use rust_decimal::Decimal;
use serde_json::json;
use std::str::FromStr;

#[tokio::test]
async fn many_at_once_on_two_gateways_never_spend_more_than_was_granted() {
    // Each may cost 0.0040 USD and a little, and will cost that: the balance pays for twelve.
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_credit", "0.05")).await;
    scene.stage.database.limit_tenant(&scene.tenant_id, 100_000, 100_000_000, 1_000).await;
    let second = scene.stage.gateway().await;
    let mut small = long_question("tiny-chat", 10);
    small["max_tokens"] = json!(10);
    for gateway in [&scene.gateway, &second] {
        scene.client.at(&gateway.url).chat(small.clone()).await.expect(200);
    }
    let mut body = long_question("alone-slow-first-300", 1_000);
    body["max_tokens"] = json!(1_000);
    let asked = (0..60).map(|place| {
        let client = if place % 2 == 0 { scene.client.clone() } else { scene.client.at(&second.url) };
        let body = body.clone();
        async move { client.chat(body).await }
    });
    let answers = futures_util::future::join_all(asked).await;
    let paid = answers.iter().filter(|answer| answer.status == 200).count();
    assert!((1..=12).contains(&paid), "{paid} were answered");
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!(answer.error(402)["code"], "insufficient_quota");
    }
    assert_reconciled(&scene.stage, &scene.tenant_id).await;
    let rows = scene.stage.database.usage().await;
    assert!(rows.iter().all(|row| row.overage.is_zero()), "and no overage");
    let spent: Decimal = rows.iter().map(|row| row.charge).sum();
    assert!(spent <= Decimal::from_str("0.05").unwrap(), "{spent}");
    // What is left pays for smaller ones still: refusals have used nothing up.
    scene.client.chat(small).await.expect(200);
}
