//! What cannot be answered is refused with the reason, in the class that clients expect.

use acceptance::{GatewayOptions, Scene, client::question};
use serde_json::json;

#[tokio::test]
async fn an_unknown_model_is_answered_with_the_closest_names() {
    let scene = Scene::open().await;
    let error = scene.client.ask("tiny-chatt").await.error(404);
    assert_eq!((&error["code"], &error["param"]), (&json!("model_not_found"), &json!("model")));
    assert!(error["message"].as_str().unwrap().contains("tiny-chat"), "{error}");
    assert_eq!(scene.stage.simulator.served().await.len(), 0);
}

#[tokio::test]
async fn a_bad_request_names_the_member_that_is_wrong() {
    let scene = Scene::open().await;
    let wrong = [
        (json!({ "messages": [] , "model": 1 }), "model"),
        (json!({ "model": "tiny-chat" }), "messages"),
        (json!({ "model": "tiny-chat", "messages": "hello" }), "messages"),
        (
            json!({ "model": "tiny-chat", "messages": [{ "role": "user", "content": "x" }], "max_tokens": -1 }),
            "max_tokens",
        ),
        (json!({ "model": "tiny-chat", "messages": [{ "role": "user", "content": "x" }], "routing": 5 }), "routing"),
    ];
    for (body, param) in wrong {
        let error = scene.client.chat(body.clone()).await.error(400);
        assert_eq!(
            (&error["type"], &error["param"]),
            (&json!("invalid_request_error"), &json!(param)),
            "{body}: {error}"
        );
    }
    let error = scene.client.ask("tiny-embedding").await.error(400);
    assert_eq!(error["param"], "model", "a model of another endpoint: {error}");
    assert_eq!(scene.stage.simulator.served().await.len(), 0, "none of it is sent upstream");
    scene.client.get("/v1/nothing").await.error(404);
}

#[tokio::test]
async fn what_the_provider_calls_a_bad_request_is_not_tried_elsewhere_and_is_free() {
    let scene = Scene::open().await;
    let mut body = question("pair-slow-first-300");
    body["temperature"] = json!(9);
    let error = scene.client.chat(body).await.error(400);
    assert_eq!((&error["type"], &error["param"]), (&json!("invalid_request_error"), &json!("temperature")), "{error}");
    let answer = scene.client.ask("pair-error-400").await;
    answer.error(400);
    assert_eq!(scene.stage.simulator.served_as("sound").await.len(), 0);
    let rows = scene.stage.database.usage_rows(2).await;
    assert!(rows.iter().all(|row| row.reason == "upstream_error" && row.charge.is_zero()), "{rows:#?}");
}

#[tokio::test]
async fn a_providers_refusal_of_our_account_is_our_failure() {
    let scene = Scene::open().await;
    for fault in ["error-401", "error-402", "error-403", "quota"] {
        let answer = scene.client.ask(&format!("alone-{fault}")).await;
        assert_eq!(answer.status, 502, "{fault}: {}", answer.text());
        let text = answer.text().to_lowercase();
        for word in ["incorrect api key", "billing", "quota", "sk-simulated", "credential"] {
            assert!(!text.contains(word), "{fault}: {word:?} is the operator's business: {text}");
        }
    }
    let rows = scene.stage.database.usage_rows(4).await;
    assert!(rows.iter().all(|row| row.charge.is_zero() && row.reason == "upstream_error"), "{rows:#?}");
}

#[tokio::test]
async fn a_providers_rate_limit_reaches_the_client_with_its_wait() {
    let scene = Scene::open().await;
    let answer = scene.client.ask("alone-error-429").await;
    assert_eq!(answer.error(429)["type"], "rate_limit_error");
    assert_eq!((answer.header("retry-after"), answer.header("retry-after-ms")), ("1", "600"));
}

#[tokio::test]
async fn what_is_not_configured_here_says_so() {
    let scene = Scene::open_with(GatewayOptions::default().with("sandbox_url", "")).await;
    assert_eq!(scene.client.ask("unserved-chat").await.error(503)["code"], "provider_not_configured");
    let (_, key) = scene.owner.create_key_for("test").await;
    let error = scene.gateway.client(&key).ask("tiny-chat").await.error(503);
    assert_eq!(error["code"], "sandbox_not_configured");
}

#[tokio::test]
async fn a_refusal_carries_a_request_id_of_ours() {
    let scene = Scene::open().await;
    for model in ["alone-error-500", "no-such-model"] {
        let answer = scene.client.ask(model).await;
        assert!(answer.optional_header("x-request-id").is_some(), "{model}: {:?}", answer.headers);
    }
}
