//! What a client may say over its WebSocket, and what it is answered.
//!
//! Source: <https://developers.binance.com/docs/binance-spot-api-docs/web-socket-streams> (read 2026-11-24): "Live
//! Subscribing/Unsubscribing to streams" and "Error Messages". That errors come wrapped in `error` is from clients' logs.

use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Method {
    Subscribe,
    Unsubscribe,
    ListSubscriptions,
    SetProperty,
    GetProperty,
}

#[derive(Deserialize)]
struct Message {
    method: Method,
    #[serde(default)]
    params: Vec<Value>,
}

/// A message that can be carried out.
#[derive(Debug, PartialEq)]
pub(crate) enum Request {
    Subscribe(Vec<String>),
    Unsubscribe(Vec<String>),
    ListSubscriptions,
    SetCombined(bool),
    GetCombined,
}

#[derive(Debug, PartialEq)]
pub(crate) struct RequestError {
    code: u8,
    message: String,
}

impl RequestError {
    pub(crate) fn too_many_subscriptions() -> Self {
        Self { code: 4, message: "Too many subscriptions".to_owned() }
    }

    fn invalid(message: &str) -> Self {
        Self { code: 2, message: format!("Invalid request: {message}") }
    }

    pub(crate) fn answer(&self, id: &Value) -> String {
        json!({ "error": { "code": self.code, "msg": self.message }, "id": id }).to_string()
    }
}

pub(crate) fn answer(result: Value, id: &Value) -> String {
    json!({ "result": result, "id": id }).to_string()
}

/// The request and the id to answer it with; the id is null where it could not be read.
pub(crate) fn parse(text: &str) -> (Value, Result<Request, RequestError>) {
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return (Value::Null, Err(RequestError { code: 3, message: format!("Invalid JSON: {error}") })),
    };
    let id = value.get("id").cloned();
    if !id.as_ref().is_some_and(is_id) {
        return (Value::Null, Err(RequestError::invalid("request ID must be an unsigned integer")));
    }
    let request = serde_json::from_str(text).map_err(|error| RequestError::invalid(&error.to_string())).and_then(read);
    (id.unwrap_or_default(), request)
}

/// A 64-bit integer, up to 36 letters and digits, or null.
fn is_id(id: &Value) -> bool {
    match id {
        Value::Null => true,
        Value::Number(number) => number.is_i64(),
        Value::String(text) => {
            text.len() <= 36 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        }
        _ => false,
    }
}

fn read(message: Message) -> Result<Request, RequestError> {
    let params = message.params;
    Ok(match message.method {
        Method::Subscribe => Request::Subscribe(names(params)?),
        Method::Unsubscribe => Request::Unsubscribe(names(params)?),
        Method::ListSubscriptions if params.is_empty() => Request::ListSubscriptions,
        Method::ListSubscriptions => return Err(RequestError::invalid("too many parameters")),
        Method::GetProperty => {
            property(params.first())?;
            at_most(1, &params)?;
            Request::GetCombined
        }
        Method::SetProperty => {
            property(params.first())?;
            at_most(2, &params)?;
            let wanted = params.get(1).and_then(Value::as_bool);
            let mistyped = || RequestError { code: 1, message: "Invalid value type: expected Boolean".to_owned() };
            Request::SetCombined(wanted.ok_or_else(mistyped)?)
        }
    })
}

fn names(params: Vec<Value>) -> Result<Vec<String>, RequestError> {
    let name = |param| match param {
        Value::String(name) => Ok(name),
        _ => Err(RequestError::invalid("stream name must be a string")),
    };
    params.into_iter().map(name).collect()
}

fn property(name: Option<&Value>) -> Result<(), RequestError> {
    match name {
        Some(Value::String(name)) if name == "combined" => Ok(()),
        Some(Value::String(_)) => Err(RequestError { code: 0, message: "Unknown property".to_owned() }),
        _ => Err(RequestError::invalid("property name must be a string")),
    }
}

fn at_most(count: usize, params: &[Value]) -> Result<(), RequestError> {
    if params.len() > count { Err(RequestError::invalid("too many parameters")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let (id, request) = parse(text);
        request.unwrap_err().answer(&id)
    }

    #[test]
    fn requests_are_read_with_their_ids() {
        let (id, request) = parse(r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":"a-1"}"#);
        assert_eq!((id, request), (json!("a-1"), Ok(Request::Subscribe(vec!["btcusdt@trade".to_owned()]))));
        let (id, request) = parse(r#"{"method":"SET_PROPERTY","params":["combined",true],"id":null}"#);
        assert_eq!((id, request), (Value::Null, Ok(Request::SetCombined(true))));
        assert_eq!(parse(r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#).1, Ok(Request::ListSubscriptions));
    }

    #[test]
    fn errors_name_what_is_wrong() {
        assert!(error("{").starts_with(r#"{"error":{"code":3,"msg":"Invalid JSON: "#));
        let typo = error(r#"{"method":"subscribe","params":[],"id":1}"#);
        assert!(typo.contains("unknown variant `subscribe`, expected one of `SUBSCRIBE`"), "{typo}");
        assert!(error(r#"{"params":[],"id":1}"#).contains("missing field `method`"));
        for id in ["1.5", "true", "\"with space\"", "[]"] {
            let answer = error(&format!(r#"{{"method":"SUBSCRIBE","params":[],"id":{id}}}"#));
            assert!(answer.contains("request ID must be an unsigned integer"), "{answer}");
        }
        assert!(error(r#"{"method":"SUBSCRIBE","params":[1],"id":1}"#).contains(r#""code":2"#));
        assert!(error(r#"{"method":"GET_PROPERTY","params":["compact"],"id":1}"#).contains("Unknown property"));
        assert!(error(r#"{"method":"SET_PROPERTY","params":["combined","yes"],"id":1}"#).contains(r#""code":1"#));
    }
}
