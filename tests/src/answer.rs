//! An HTTP answer, read whole.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("the body of an answer arrives whole");
        Self { status, headers, body }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }

    /// The JSON of an answer with this status; any other fails the test and shows itself.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        if self.body.is_empty() { Value::Null } else { self.json() }
    }

    /// The `error` of OpenAI's envelope, under this status.
    #[track_caller]
    pub fn error(&self, status: u16) -> Value {
        self.expect(status)["error"].take()
    }

    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.optional_header(name).unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers))
    }

    pub fn optional_header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}
