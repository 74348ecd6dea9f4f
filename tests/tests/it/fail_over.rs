//! Freely before the first content byte, never after it.

use acceptance::client::question;
use acceptance::stream::{text, usage_chunk};
use acceptance::{Scene, UsageRow};
use rust_decimal::Decimal;
use serde_json::{Value, json};

const BEFORE_CONTENT: [&str; 11] = [
    "error-401",
    "error-402",
    "error-429",
    "error-500",
    "error-503",
    "quota",
    "cut-0",
    "error-mid-0",
    "garbage",
    "reset",
    "hang",
];

#[tokio::test]
async fn a_provider_that_fails_before_the_first_content_is_replaced_by_the_next() {
    let scene = warm_scene().await;
    let asked = BEFORE_CONTENT.map(|fault| scene.client.chat(question_for(fault)));
    for (answer, fault) in futures_util::future::join_all(asked).await.iter().zip(BEFORE_CONTENT) {
        let reply = answer.expect(200);
        assert_eq!(answer.header("x-turnpike-provider"), "spare", "{fault}");
        assert_eq!(
            (&reply["routing"]["attempts"], &reply["routing"]["provider"]),
            (&json!(2), &json!("spare")),
            "{fault}"
        );
        assert_eq!(reply["model"], format!("pair-{fault}"));
        let row = scene.stage.database.usage_of(answer.header("x-request-id")).await;
        assert_eq!((row.attempts, row.provider.as_str(), row.reason.as_str()), (2, "spare", "completed"), "{fault}");
    }
}

#[tokio::test]
async fn so_it_is_for_streams_and_the_client_sees_one_whole_answer() {
    let scene = warm_scene().await;
    let whole = scene.client.ask("tiny-chat").await.expect(200);
    // One content chunk comes before the garbage of a stream: that is too late.
    let faults = BEFORE_CONTENT.iter().filter(|fault| **fault != "garbage");
    let streams = faults.map(async |fault| (fault, scene.client.stream(question_for(fault)).await.rest().await));
    for (fault, events) in futures_util::future::join_all(streams).await {
        assert_eq!(text(&events), whole["choices"][0]["message"]["content"].as_str().unwrap(), "{fault}");
        assert_eq!(events.last().unwrap(), "[DONE]", "{fault}");
        let usage = usage_chunk(&events).unwrap();
        assert_eq!(
            (&usage["routing"]["attempts"], &usage["routing"]["provider"]),
            (&json!(2), &json!("spare")),
            "{fault}"
        );
        assert_eq!(
            events.iter().filter(|event| event.contains("\"role\":\"assistant\"")).count(),
            1,
            "{fault}: {events:#?}"
        );
    }
}

/// The gateway has met the tenant, so that a burst finds its state loaded.
async fn warm_scene() -> Scene {
    let scene = Scene::open().await;
    scene.client.ask("tiny-chat").await.expect(200);
    scene
}

fn question_for(fault: &str) -> Value {
    question(&format!("pair-{fault}"))
}

#[tokio::test]
async fn after_the_first_content_a_broken_stream_ends_in_one_error_and_is_paid_as_far_as_it_went() {
    let scene = Scene::open().await;
    for fault in ["cut-5", "error-mid-5", "garbage"] {
        let stream = scene.client.stream(question_for(fault)).await;
        let request_id = stream.head.header("x-request-id").to_owned();
        let events = stream.rest().await;
        let last: Value = serde_json::from_str(events.last().unwrap()).unwrap();
        assert_eq!(last["error"]["type"], "api_error", "{fault}: {last}");
        assert_eq!(last["error"]["code"], "provider_stream_broken", "{fault}: {last}");
        assert_eq!(events.iter().filter(|event| event.contains("\"error\"")).count(), 1, "{fault}: one error");
        assert!(!events.contains(&"[DONE]".to_owned()), "{fault}: never [DONE]");
        assert!(!events.iter().any(|event| event.contains("\"finish_reason\":\"")), "{fault}: no reason is made up");
        assert!(!text(&events).is_empty(), "{fault}");
        let row = scene.stage.database.usage_of(&request_id).await;
        assert_paid_in_part(&row, fault);
    }
    assert_eq!(scene.stage.simulator.served_as("sound").await.len(), 0, "nobody else was asked");
}

fn assert_paid_in_part(row: &UsageRow, fault: &str) {
    assert_eq!((row.reason.as_str(), row.source.as_str()), ("upstream_cut", "estimated"), "{fault}");
    assert!(row.charge > Decimal::ZERO && row.overage.is_zero(), "{fault}: {row:?}");
    assert!((1..36).contains(&row.output_tokens), "{fault}: less than the whole answer: {row:?}");
}

#[tokio::test]
async fn when_everybody_fails_the_last_reason_is_told_and_nothing_is_charged() {
    let scene = Scene::open().await;
    scene.stage.simulator.break_model("sound", "error-500").await;
    for fault in ["reset", "error-503"] {
        let answer = scene.client.chat(question_for(fault)).await;
        assert_eq!(answer.status, 502, "{fault}: {}", answer.text());
    }
    scene.stage.simulator.heal().await;
    let answer = scene.client.ask("alone-hang").await;
    assert_eq!(answer.error(504)["code"], "timeout");
    assert_eq!(scene.client.ask("alone-reset").await.status, 502);
    let rows = scene.stage.database.usage_rows(4).await;
    assert!(rows.iter().all(|row| row.charge.is_zero()), "{rows:#?}");
    assert_eq!(rows.iter().filter(|row| row.reason == "deadline_exceeded").count(), 1);
    assert_eq!(scene.stage.database.balance(&scene.tenant_id).await, Decimal::from(5));
}
