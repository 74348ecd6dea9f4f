//! Balance and rates: refused with what is missing, and how long to wait.

use acceptance::client::{long_question, question};
use acceptance::{GatewayOptions, Scene, eventually};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_balance_that_does_not_suffice_says_what_is_missing_and_what_fits() {
    // 0.01 USD buys 2,500 tokens of output, less the input.
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_credit", "0.01")).await;
    let mut body = question("tiny-chat");
    body["max_tokens"] = json!(5000);
    let answer = scene.client.chat(body.clone()).await;
    let error = answer.error(402);
    assert_eq!((&error["type"], &error["code"]), (&json!("insufficient_quota"), &json!("insufficient_quota")));
    assert_eq!(answer.header("x-should-retry"), "false");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("0.010000 USD is available") || message.contains("0.01 USD is available"), "{message}");
    let fits = message.rsplit_once("An output limit of ").unwrap().1.split(' ').next().unwrap().parse::<u64>().unwrap();
    assert!((2_400..2_500).contains(&fits), "{message}");
    body["max_tokens"] = json!(fits + 1);
    scene.client.chat(body.clone()).await.error(402);
    body["max_tokens"] = json!(fits);
    scene.client.chat(body).await.expect(200);
    assert_eq!(scene.stage.simulator.served().await.len(), 1, "what was refused was not sent");
}

#[tokio::test]
async fn without_a_limit_of_the_clients_the_answer_is_bounded_by_what_the_balance_pays() {
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_credit", "0.01")).await;
    let answer = scene.client.chat(long_question("tiny-chat", 6_000)).await;
    let reply = answer.expect(200);
    let bound: u64 = answer.header("x-turnpike-max-tokens").parse().unwrap();
    assert!((1_024..2_500).contains(&bound), "{bound}");
    assert_eq!(reply["usage"]["completion_tokens"], bound);
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    let error = scene.client.ask("tiny-chat").await.error(402);
    assert_eq!(error["code"], "insufficient_quota", "less than 1,024 tokens are not worth an answer");
    let row = scene.stage.database.usage_of(answer.header("x-request-id")).await;
    assert!(row.overage.is_zero());
}

#[tokio::test]
async fn requests_beyond_the_plan_of_a_minute_wait() {
    let scene = Scene::open().await;
    scene.stage.database.limit_tenant(&scene.tenant_id, 3, 1_000_000, 50).await;
    let mut refused = None;
    for _ in 0..20 {
        let answer = scene.client.ask("tiny-chat").await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
        if answer.header("x-ratelimit-limit-requests") == "3" {
            assert!(answer.header("x-ratelimit-remaining-requests").parse::<u32>().unwrap() < 3);
        }
    }
    let answer = refused.expect("a limit of 3 is noticed within 20 requests");
    let error = answer.error(429);
    assert_eq!((&error["type"], &error["code"]), (&json!("rate_limit_error"), &json!("rate_limit_exceeded")));
    assert!(error["message"].as_str().unwrap().contains("3 requests per minute"), "{error}");
    let (seconds, milliseconds) = (answer.header("retry-after"), answer.header("retry-after-ms"));
    let (seconds, milliseconds): (u64, u64) = (seconds.parse().unwrap(), milliseconds.parse().unwrap());
    assert_eq!(seconds, milliseconds.div_ceil(1000).max(1));
    assert!((1..=60).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn tokens_beyond_the_plan_of_a_minute_wait() {
    let scene = Scene::open().await;
    scene.stage.database.limit_tenant(&scene.tenant_id, 1_000, 2_000, 50).await;
    let mut body = question("tiny-chat");
    body["max_tokens"] = json!(1_500);
    let answer = eventually(Duration::from_secs(5), "the limit is noticed", async || {
        let answer = scene.client.chat(body.clone()).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    let error = answer.error(429);
    assert!(error["message"].as_str().unwrap().contains("2000 tokens per minute"), "{error}");
    answer.header("retry-after").parse::<u64>().unwrap();
}

#[tokio::test]
async fn requests_at_once_beyond_the_plan_wait_until_one_ends() {
    let scene = Scene::open().await;
    scene.stage.database.limit_tenant(&scene.tenant_id, 1_000, 1_000_000, 1).await;
    eventually(Duration::from_secs(5), "the new plan is in force", async || {
        let models = scene.client.ask("tiny-chat").await;
        (models.header("x-ratelimit-limit-requests") == "1000").then_some(())
    })
    .await;
    let mut stream = scene.client.stream(question("alone-slow-chunk-20")).await;
    stream.until_content().await;
    let other = scene.stage.gateway().await;
    for client in [scene.client.clone(), scene.client.at(&other.url)] {
        let answer = client.ask("tiny-chat").await;
        let error = answer.error(429);
        assert!(error["message"].as_str().unwrap().contains("1 requests at once"), "{error}");
        assert_eq!(answer.header("retry-after"), "1");
    }
    stream.rest().await;
    eventually(Duration::from_secs(2), "its place is free again", async || {
        (scene.client.ask("tiny-chat").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn whoever_asks_one_after_the_other_is_never_held_up_by_the_request_before() {
    // Each may cost 0.006 of the 0.01 USD, and costs a small part of it.
    let scene = Scene::open_with(GatewayOptions::default().with("sign_up_credit", "0.01")).await;
    scene.stage.database.limit_tenant(&scene.tenant_id, 1_000, 1_000_000, 1).await;
    let mut body = long_question("tiny-chat", 5);
    body["max_tokens"] = json!(1_500);
    for _ in 0..30 {
        scene.client.chat(body.clone()).await.expect(200);
    }
}
