//! A person at the console: a browser's cookies, and what they do with them.

use crate::answer::Answer;
use crate::client::{Client, http};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// Good enough for the password rule, and the same for everybody.
pub const PASSWORD: &str = "correct horse battery staple";

#[derive(Debug)]
pub struct Actor {
    pub email: String,
    /// Name and value. Held for no await.
    cookies: Mutex<BTreeMap<String, String>>,
    base: String,
    http: reqwest::Client,
}

impl Actor {
    /// Somebody who has no session yet.
    pub fn stranger(base: &str) -> Self {
        static MET: AtomicU32 = AtomicU32::new(0);
        let email = format!("person{}@example.com", MET.fetch_add(1, Ordering::Relaxed));
        Self { email, cookies: Mutex::default(), base: base.to_owned(), http: http() }
    }

    #[must_use]
    pub fn with_email(self, email: &str) -> Self {
        Self { email: email.to_owned(), ..self }
    }

    /// Owner of a new organisation, logged in.
    pub async fn sign_up(base: &str) -> Self {
        let actor = Self::stranger(base);
        let answer = actor.post("/api/signup", actor.sign_up_form()).await;
        answer.expect(201);
        actor
    }

    pub fn sign_up_form(&self) -> Value {
        json!({ "email": self.email, "password": PASSWORD, "organisation": format!("Organisation of {}", self.email) })
    }

    /// The same person in another browser.
    pub async fn log_in_elsewhere(&self) -> Self {
        let other = Self::stranger(&self.base).with_email(&self.email);
        other.log_in(PASSWORD).await.expect(200);
        other
    }

    pub async fn log_in(&self, password: &str) -> Answer {
        self.post("/api/login", json!({ "email": self.email, "password": password })).await
    }

    /// A new live key: its id and, this once, the key itself.
    pub async fn create_key(&self) -> (String, String) {
        self.create_key_for("live").await
    }

    pub async fn create_key_for(&self, environment: &str) -> (String, String) {
        let created = self.post("/api/keys", json!({ "name": "from a test", "environment": environment })).await;
        let created = created.expect(201);
        let text = |value: &Value| value.as_str().expect("a key has an id and a secret").to_owned();
        (text(&created["key"]["id"]), text(&created["secret"]))
    }

    /// A program with a new live key.
    pub async fn client(&self) -> Client {
        Client::new(&self.base, &self.create_key().await.1)
    }

    /// Id of the organisation that the session works in.
    pub async fn tenant_id(&self) -> String {
        let me = self.get("/api/me").await.expect(200);
        me["tenant"]["id"].as_str().expect("a session has an organisation").to_owned()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call(Method::DELETE, path, None).await
    }

    /// As the console's own pages do it: with the cookies, and their CSRF token repeated as a header.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let token = self.cookie("turnpike_csrf").filter(|_| method != Method::GET);
        self.send(method, path, body, token.as_deref()).await
    }

    /// As another site's page would do it: the browser adds the cookies, and nobody knows the token.
    pub async fn forge(&self, method: Method, path: &str, body: Option<Value>, token: Option<&str>) -> Answer {
        self.send(method, path, body, token).await
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().expect("no test panics with the lock").get(name).cloned()
    }

    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies.lock().expect("no test panics with the lock").insert(name.to_owned(), value.to_owned());
    }

    pub fn cookie_names(&self) -> Vec<String> {
        self.cookies.lock().expect("no test panics with the lock").keys().cloned().collect()
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>, token: Option<&str>) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        let cookies: Vec<String> = {
            let cookies = self.cookies.lock().expect("no test panics with the lock");
            cookies.iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if let Some(token) = token {
            request = request.header("x-csrf-token", token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = Answer::read(request.send().await.expect("the gateway answers")).await;
        self.keep_cookies(&answer);
        answer
    }

    /// Name, value and removal are all that a test's browser needs of a cookie.
    fn keep_cookies(&self, answer: &Answer) {
        let mut cookies = self.cookies.lock().expect("no test panics with the lock");
        for cookie in answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            let removed = value.is_empty() || cookie.to_ascii_lowercase().contains("max-age=0");
            match removed {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}
