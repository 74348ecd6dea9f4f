//! From sign-up to invoice.

use acceptance::ledger::decimal;
use acceptance::stream::usage_chunk;
use acceptance::{Scene, client::question};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What a chat model of the tests' catalogue costs: 1.00, 0.25 and 4.00 USD per million tokens.
fn price(usage: &Value) -> Decimal {
    let tokens = |value: &Value| Decimal::from(value.as_u64().unwrap_or(0));
    let cached = tokens(&usage["prompt_tokens_details"]["cached_tokens"]);
    let input = tokens(&usage["prompt_tokens"]) - cached;
    let micro = Decimal::new(1, 6);
    (input + cached * Decimal::new(25, 2) + tokens(&usage["completion_tokens"]) * Decimal::from(4)) * micro
}

#[tokio::test]
async fn a_newcomer_gets_from_sign_up_to_a_draft_invoice() {
    let scene = Scene::open().await;
    let (owner, client, database) = (&scene.owner, &scene.client, &scene.stage.database);
    let balance = owner.get("/api/balance").await.expect(200);
    assert_eq!(
        (decimal(&balance["granted"]["amount"]), &balance["granted"]["currency"]),
        (Decimal::from(5), &json!("USD"))
    );
    assert_eq!(decimal(&balance["available"]["amount"]), Decimal::from(5));

    let chat = client.ask("tiny-chat").await.expect(200);
    let streamed = usage_chunk(&client.stream(question("tiny-chat")).await.rest().await).unwrap();
    let embedded = client.embed(json!({ "model": "tiny-embedding", "input": "one two three" })).await.expect(200);
    let costs = [&chat, &streamed, &embedded].map(|reply| decimal(&reply["cost_usd"]));
    assert_eq!(costs[0], price(&chat["usage"]));
    assert_eq!(costs[1], price(&streamed["usage"]));
    let embedding_price = Decimal::new(1, 7); // 0.10 USD per million
    assert_eq!(costs[2], Decimal::from(embedded["usage"]["prompt_tokens"].as_u64().unwrap()) * embedding_price);
    let total: Decimal = costs.iter().sum();

    let rows = database.usage_rows(3).await;
    assert_eq!(rows.iter().map(|row| row.charge).collect::<Vec<_>>(), costs);
    assert!(rows.iter().all(|row| row.source == "provider" && row.reason == "completed" && row.overage.is_zero()));
    assert_eq!(database.balance(&scene.tenant_id).await, Decimal::from(5) - total, "it falls by exactly the charge");
    let balance = owner.get("/api/balance").await.expect(200);
    assert_eq!(decimal(&balance["posted"]["amount"]), Decimal::from(5) - total);
    assert_eq!(decimal(&balance["spent_this_period"]["amount"]), total);
    assert_eq!(decimal(&balance["held"]["amount"]), Decimal::ZERO);

    let usage = owner.get("/api/usage").await.expect(200);
    let shown: Vec<&str> =
        usage["items"].as_array().unwrap().iter().map(|row| row["model"].as_str().unwrap()).collect();
    assert_eq!(shown, ["tiny-embedding", "tiny-chat", "tiny-chat"], "the newest first");

    let draft = owner.get("/api/invoices/draft").await.expect(200);
    assert_eq!((&draft["kind"], &draft["status"]), (&json!("invoice"), &json!("draft")));
    assert_eq!(decimal(&draft["exact_total"]), total);
    let mut lines: Vec<(String, Decimal, u64)> = draft["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            (line["model"].as_str().unwrap().to_owned(), decimal(&line["exact"]), line["requests"].as_u64().unwrap())
        })
        .collect();
    lines.sort();
    assert_eq!(lines, [("tiny-chat".to_owned(), costs[0] + costs[1], 2), ("tiny-embedding".to_owned(), costs[2], 1)]);
    let amounts: Decimal = draft["lines"].as_array().unwrap().iter().map(|line| decimal(&line["amount"])).sum();
    assert_eq!(amounts, decimal(&draft["subtotal"]));
}

#[tokio::test]
async fn a_reply_names_model_provider_latency_and_cost() {
    let scene = Scene::open().await;
    let answer = scene.client.ask("tiny").await;
    let reply = answer.expect(200);
    assert_eq!(reply["model"], "tiny-chat", "the catalogue's id, whatever alias was asked for or the provider says");
    assert_eq!(reply["usage"]["cost"], reply["cost_usd"]);
    assert!(reply["latency_ms"].is_u64(), "{reply}");
    let routing = &reply["routing"];
    assert_eq!((&routing["provider"], &routing["attempts"]), (&json!("main"), &json!(1)));
    assert!(routing["strategy"].is_string() && routing["reason"].is_string(), "{routing}");
    assert_eq!(answer.header("x-turnpike-provider"), "main");
    assert_eq!(answer.header("x-turnpike-model"), "tiny-chat");
    assert_eq!(decimal(&json!(answer.header("x-turnpike-cost-usd"))), decimal(&reply["cost_usd"]));
    assert_eq!(answer.header("x-turnpike-max-tokens"), routing["max_tokens"].to_string());
    assert_eq!(answer.header("x-ratelimit-limit-requests"), "1000");
    assert_eq!(answer.header("x-ratelimit-remaining-requests"), "999");
    assert!(answer.header("x-ratelimit-remaining-tokens").parse::<u64>().unwrap() < 1_000_000);

    let row = scene.stage.database.usage_of(answer.header("x-request-id")).await;
    assert_eq!((row.model.as_str(), row.provider.as_str()), ("tiny-chat", "main"));
    let served = scene.stage.simulator.served().await;
    assert_eq!(served[0]["client_request_id"], json!(row.request_id.to_string()));
}

#[tokio::test]
async fn a_stream_carries_usage_and_cost_only_when_asked() {
    let scene = Scene::open().await;
    let mut unasked = question("tiny-chat");
    unasked["stream_options"] = json!({ "include_usage": false });
    let stream = scene.client.stream(unasked).await;
    let request_id = stream.head.header("x-request-id").to_owned();
    let events = stream.rest().await;
    assert_eq!(events.last().unwrap(), "[DONE]");
    assert_eq!(usage_chunk(&events), None);
    assert!(!events.concat().contains("cost_usd"));
    let row = scene.stage.database.usage_of(&request_id).await;
    assert_eq!(row.source, "provider", "the gateway has asked for the usage itself");
    assert!(row.charge > Decimal::ZERO);

    let stream = scene.client.stream(question("tiny-chat")).await;
    assert_eq!(stream.head.header("content-type"), "text/event-stream");
    assert_eq!(stream.head.header("x-turnpike-provider"), "main");
    let events = stream.rest().await;
    let usage = usage_chunk(&events).unwrap();
    assert_eq!(usage["usage"]["cost"], usage["cost_usd"]);
    assert_eq!(usage["routing"]["attempts"], 1);
    assert!(usage["latency_ms"].is_u64());
    assert!(events[0].contains("\"tiny-chat\""), "{}", events[0]);
}

#[tokio::test]
async fn a_clients_own_request_id_comes_back_beside_ours() {
    let scene = Scene::open().await;
    let sent = acceptance::client::http()
        .post(format!("{}/v1/chat/completions", scene.gateway.url))
        .header("authorization", format!("Bearer {}", scene.client.key()))
        .header("x-request-id", "theirs")
        .body(question("tiny-chat").to_string());
    let answer = acceptance::Answer::read(sent.send().await.unwrap()).await;
    assert_eq!(answer.header("x-client-request-id"), "theirs");
    assert_ne!(answer.header("x-request-id"), "theirs");
    assert_eq!(scene.stage.database.usage_of(answer.header("x-request-id")).await.model, "tiny-chat");
}

#[tokio::test]
async fn members_that_are_ours_are_obeyed_and_never_sent_upstream() {
    let scene = Scene::open().await;
    let mut body = question("tiny-chat");
    body["system"] = json!("Be brief");
    body["complexity"] = json!("simple");
    body["metadata"] = json!({ "feature": "search" });
    body["routing"] = json!({ "strategy": "cost" });
    body["models"] = json!(["other-chat"]);
    // The simulated provider refuses members that it does not know.
    let reply = scene.client.chat(body).await.expect(200);
    let plain = scene.client.ask("tiny-chat").await.expect(200);
    let tokens = |reply: &Value| reply["usage"]["prompt_tokens"].as_u64().unwrap();
    assert!(tokens(&reply) > tokens(&plain), "the system message has gone along");
}

#[tokio::test]
async fn the_models_of_a_key_are_listed_and_found_by_alias() {
    let scene = Scene::open().await;
    let list = scene.client.get("/v1/models").await.expect(200);
    assert_eq!(list["object"], "list");
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"tiny-chat") && ids.contains(&"tiny-embedding"), "{ids:?}");
    assert!(!ids.contains(&"tiny"), "an alias is not a model of its own");
    assert_eq!(scene.client.get("/v1/models/tiny").await.expect(200)["id"], "tiny-chat");
    assert_eq!(scene.client.get("/v1/models/nothing-like-it").await.error(404)["code"], "model_not_found");
}

#[tokio::test]
async fn a_test_key_is_served_by_the_simulator_and_costs_nothing() {
    let scene = Scene::open().await;
    let (_, key) = scene.owner.create_key_for("test").await;
    assert!(key.starts_with("tp_test_"));
    let answer = scene.gateway.client(&key).ask("tiny-chat").await;
    let reply = answer.expect(200);
    assert_eq!(decimal(&reply["cost_usd"]), Decimal::ZERO);
    let row = scene.stage.database.usage_of(answer.header("x-request-id")).await;
    assert_eq!((row.environment.as_str(), row.charge), ("test", Decimal::ZERO));
    assert!(row.output_tokens > 0);
    assert_eq!(scene.stage.database.balance(&scene.tenant_id).await, Decimal::from(5));
    let draft = scene.owner.get("/api/invoices/draft").await.expect(200);
    assert_eq!(draft["lines"], json!([]), "it never reaches an invoice");
}
