//! Many requests at once, of every kind.

use acceptance::Client;
use acceptance::client::{long_question, question};
use acceptance::stream::Stream;
use serde_json::{Value, json};
use tokio::task::JoinSet;

/// How a request ended for its client: the status, or nothing where the connection broke.
pub(crate) type Ended = JoinSet<Option<u16>>;

/// Starts `count` requests that take one and a half seconds each, every other one a stream.
pub(crate) fn start(client: &Client, count: usize) -> Ended {
    let mut requests = JoinSet::new();
    for place in 0..count {
        let client = client.clone();
        requests.spawn(async move { if place % 2 == 0 { stream(&client).await } else { whole(&client).await } });
    }
    requests
}

async fn stream(client: &Client) -> Option<u16> {
    let mut body = bounded(long_question("alone-slow-chunk-100", 15));
    body["stream"] = json!(true);
    let response = client.try_post("/v1/chat/completions", body).await.ok()?;
    let status = response.status().as_u16();
    if status != 200 {
        return Some(status);
    }
    let events = Stream::of(response).await.rest().await;
    (events.last().is_some_and(|event| event == "[DONE]")).then_some(200)
}

async fn whole(client: &Client) -> Option<u16> {
    let response = client.try_post("/v1/chat/completions", bounded(question("alone-slow-first-1500"))).await.ok()?;
    let status = response.status().as_u16();
    response.bytes().await.ok().map(|_| status)
}

/// So that a hold is a small part of the balance.
fn bounded(mut body: Value) -> Value {
    body["max_tokens"] = json!(100);
    body
}

/// How many ended with this status, once all have ended.
pub(crate) async fn count(requests: Ended, status: u16) -> usize {
    requests.join_all().await.into_iter().filter(|ended| *ended == Some(status)).count()
}
