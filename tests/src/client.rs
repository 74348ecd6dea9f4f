//! A program that speaks OpenAI's dialect with a key of ours.

use crate::answer::Answer;
use crate::stream::Stream;
use serde_json::{Value, json};
use std::sync::Once;
use std::time::Duration;

/// Longer than any deadline of a test's catalogue.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Cheap to clone; the clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Client {
    /// `base` is a gateway's URL, without `/v1`.
    pub fn new(base: &str, key: &str) -> Self {
        Self { base: base.to_owned(), key: key.to_owned(), http: http() }
    }

    /// The same key at another gateway.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// The reply to one short question.
    pub async fn ask(&self, model: &str) -> Answer {
        self.chat(question(model)).await
    }

    pub async fn chat(&self, body: Value) -> Answer {
        self.post("/v1/chat/completions", body).await
    }

    pub async fn embed(&self, body: Value) -> Answer {
        self.post("/v1/embeddings", body).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::read(self.send(self.http.get(format!("{}{path}", self.base))).await.expect("the gateway answers")).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::read(self.try_post(path, body).await.expect("the gateway answers")).await
    }

    /// A failure of the connection, such as a killed gateway's, is the caller's to judge.
    pub async fn try_post(&self, path: &str, body: Value) -> reqwest::Result<reqwest::Response> {
        let request = self.http.post(format!("{}{path}", self.base)).header("content-type", "application/json");
        self.send(request.body(body.to_string())).await
    }

    /// A stream that has begun. `body` needs no `stream`, and asks for usage unless it says otherwise.
    pub async fn stream(&self, mut body: Value) -> Stream {
        body["stream"] = json!(true);
        if body.get("stream_options").is_none() {
            body["stream_options"] = json!({ "include_usage": true });
        }
        let response = self.try_post("/v1/chat/completions", body).await.expect("the gateway answers");
        Stream::of(response).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<reqwest::Response> {
        request.header("authorization", format!("Bearer {}", self.key)).send().await
    }
}

/// One user's message, answered with 36 to 44 tokens.
pub fn question(model: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "Say hello" }] })
}

/// The same, answered with exactly this many tokens.
pub fn long_question(model: &str, tokens: u32) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": format!("Go on, tokens={tokens}") }] })
}

/// Without cookies, proxies, redirects or retries; and without trust in anybody's certificate, because everything here is on loopback
/// and reading the system's takes longer than most requests.
pub fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .tls_certs_only([])
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client without certificates of its own can be built")
}
