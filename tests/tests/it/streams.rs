//! What comes out of a stream is what went into it, however it travels; and it is always counted.

use acceptance::Scene;
use acceptance::client::{long_question, question};
use acceptance::stream::{text, usage_chunk};
use rust_decimal::Decimal;
use serde_json::json;

#[tokio::test]
async fn however_a_stream_is_cut_into_packets_it_arrives_whole() {
    let scene = Scene::open().await;
    let whole = scene.client.ask("tiny-chat").await.expect(200);
    for model in ["tiny-chat", "alone-byte-split", "alone-one-write", "alone-usage-in-last-choice", "alone-drop-done"] {
        let events = scene.client.stream(question(model)).await.rest().await;
        assert_eq!(text(&events), whole["choices"][0]["message"]["content"].as_str().unwrap(), "{model}");
        assert_eq!(events.last().unwrap(), "[DONE]", "{model}: {events:#?}");
        let usage = usage_chunk(&events).unwrap();
        assert_eq!(usage["usage"]["completion_tokens"], whole["usage"]["completion_tokens"], "{model}");
        assert_eq!(events.iter().filter(|event| event.contains("cost_usd")).count(), 1, "{model}: {events:#?}");
    }
    let split = scene.client.ask("alone-byte-split").await.expect(200);
    assert_eq!(split["choices"], whole["choices"]);
    let rows = scene.stage.database.usage_rows(7).await;
    assert!(rows.iter().all(|row| row.source == "provider" && row.charge == rows[0].charge), "{rows:#?}");
}

#[tokio::test]
async fn usage_that_a_provider_does_not_tell_is_estimated_and_flagged() {
    let scene = Scene::open().await;
    let answer = scene.client.ask("alone-no-usage").await;
    answer.expect(200);
    let stream = scene.client.stream(question("alone-no-usage")).await;
    let request_id = stream.head.header("x-request-id").to_owned();
    let events = stream.rest().await;
    assert_eq!(events.last().unwrap(), "[DONE]");
    for id in [answer.header("x-request-id"), &request_id] {
        let row = scene.stage.database.usage_of(id).await;
        assert_eq!((row.source.as_str(), row.reason.as_str()), ("estimated", "completed"));
        assert!(row.charge > Decimal::ZERO, "never silently zero");
        assert!(row.output_tokens >= 20 && row.overage.is_zero(), "{row:?}");
    }
    let usage = usage_chunk(&events).expect("who asked for usage gets the estimate that is charged");
    assert!(usage["usage"]["completion_tokens"].as_u64().unwrap() >= 20, "{usage}");
    assert!(scene.gateway.metric("turnpike_requests_settled_total").await >= 2.0);
}

#[tokio::test]
async fn a_slow_reader_loses_nothing() {
    let scene = Scene::open().await;
    let tokens = 30_000;
    let mut body = long_question("tiny-chat", tokens);
    body["max_tokens"] = json!(tokens);
    let mut stream = scene.client.stream(body).await;
    let mut text_so_far = String::new();
    // A round trip for each of the first events: by then every buffer on the way is full, and the provider waits.
    for _ in 0..300 {
        text_so_far.push_str(&stream.until_content().await);
        scene.stage.simulator.stats().await;
    }
    let events = stream.rest().await;
    assert_eq!(events.last().unwrap(), "[DONE]");
    let usage = usage_chunk(&events).unwrap();
    assert_eq!(usage["usage"]["completion_tokens"], tokens);
    text_so_far.push_str(&text(&events));
    let mut whole = long_question("tiny-chat", tokens);
    whole["max_tokens"] = json!(tokens);
    let whole = scene.client.chat(whole).await.expect(200);
    assert!(whole["choices"][0]["message"]["content"] == text_so_far, "the text is the same as in one piece");
}
