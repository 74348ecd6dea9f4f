//! What a chat request may say, and how a wrong one is refused.

// Every function here belongs to a test.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use llm::wire::RequestError;
use llm::wire::chat::{ChatRequest, LimitName, OutputLimit};
use rust_decimal::Decimal;

fn parse(body: &str) -> Result<ChatRequest, RequestError> {
    ChatRequest::parse(Bytes::copy_from_slice(body.as_bytes()), None)
}

/// A good request with `more` members.
fn with(more: &str) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],{more}}}"#)
}

#[test]
fn a_bare_request_has_the_documented_defaults() {
    let request = parse(r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#).unwrap();
    assert_eq!((request.model.as_str(), request.streaming, request.include_usage), ("m", false, false));
    assert_eq!((request.output_limit, request.choices), (None, 1));
    assert!(request.fallback_models.is_empty() && request.metadata.is_empty());
}

#[test]
fn what_the_gateway_acts_on_is_read() {
    let request = parse(&with(
        r#""stream":true,"stream_options":{"include_usage":true},"n":3,"max_tokens":7,"max_completion_tokens":7,
        "metadata":{"team":"a b","é":""},
        "routing":{"strategy":"cost","fallback_models":["a","b"],"max_cost_per_mtok":2.50,"quality_min":"0.8","latency_budget_ms":900,"sticky_key":"u"}"#,
    ))
    .unwrap();
    assert!(request.streaming && request.include_usage);
    assert_eq!(request.output_limit, Some(OutputLimit { name: LimitName::MaxCompletionTokens, tokens: 7 }));
    assert_eq!(request.choices, 3);
    assert_eq!(request.metadata, [("team".into(), "a b".into()), ("é".into(), String::new())]);
    assert_eq!(request.fallback_models, ["a", "b"]);
    assert_eq!(request.routing.strategy.as_deref(), Some("cost"));
    assert_eq!(request.routing.max_cost_per_mtok, Some(Decimal::new(25, 1)));
    assert_eq!(request.routing.quality_min, Some(Decimal::new(8, 1)));
    assert_eq!((request.routing.latency_budget_ms, request.routing.sticky_key.as_deref()), (Some(900), Some("u")));
}

#[test]
fn null_members_are_absent_members() {
    let request = parse(&with(
        r#""stream":null,"stream_options":null,"n":null,"max_tokens":null,"metadata":null,"routing":null,"models":null,"system":null"#,
    ))
    .unwrap();
    assert_eq!((request.streaming, request.choices, request.output_limit), (false, 1, None));
}

#[test]
fn the_routing_header_serves_where_the_body_says_nothing() {
    let header = Some(r#" {"fallback_models":["h"]} "#);
    let silent = ChatRequest::parse(Bytes::from(with(r#""a":1"#)), header).unwrap();
    assert_eq!(silent.fallback_models, ["h"]);
    let own = ChatRequest::parse(Bytes::from(with(r#""routing":{"strategy":"cost"}"#)), header).unwrap();
    assert!(own.fallback_models.is_empty());
    let wrong = ChatRequest::parse(Bytes::from(with(r#""a":1"#)), Some("cost")).unwrap_err();
    assert_eq!(wrong.param.as_deref(), Some("x-turnpike-routing"));
}

#[test]
fn openrouters_list_of_models_is_the_fallback_list() {
    assert_eq!(parse(&with(r#""models":["a"]"#)).unwrap().fallback_models, ["a"]);
    let both = parse(&with(r#""models":["a"],"routing":{"fallback_models":["b"]}"#)).unwrap_err();
    assert_eq!(both.param.as_deref(), Some("models"));
}

#[test]
fn a_wrong_member_is_refused_by_its_name() {
    let many = |count: usize| (0..count).map(|n| format!(r#""k{n}":"v""#)).collect::<Vec<_>>().join(",");
    let cases = [
        (r#""stream":"yes""#.to_owned(), "stream"),
        (r#""stream_options":{"include_usage":true}"#.into(), "stream_options"),
        (r#""stream":true,"stream_options":[]"#.into(), "stream_options"),
        (r#""stream":true,"stream_options":{"include_usage":1}"#.into(), "stream_options.include_usage"),
        (r#""n":0"#.into(), "n"),
        (r#""n":129"#.into(), "n"),
        (r#""n":1.0"#.into(), "n"),
        (r#""max_tokens":0"#.into(), "max_tokens"),
        (r#""max_tokens":-5"#.into(), "max_tokens"),
        (r#""max_completion_tokens":"9""#.into(), "max_completion_tokens"),
        (r#""max_tokens":5,"max_completion_tokens":6"#.into(), "max_tokens"),
        (r#""routing":"cost""#.into(), "routing"),
        (r#""routing":{"stratgey":"cost"}"#.into(), "routing.stratgey"),
        (r#""routing":{"strategy":""}"#.into(), "routing.strategy"),
        (r#""routing":{"quality_min":1.1}"#.into(), "routing.quality_min"),
        (r#""routing":{"max_cost_per_mtok":-1}"#.into(), "routing.max_cost_per_mtok"),
        (r#""routing":{"fallback_models":["a",1]}"#.into(), "routing.fallback_models"),
        (r#""metadata":{"a":1}"#.into(), "metadata.a"),
        (format!(r#""metadata":{{"{}":"v"}}"#, "k".repeat(65)), "metadata"),
        (format!(r#""metadata":{{"a":"{}"}}"#, "é".repeat(513)), "metadata.a"),
        (format!(r#""metadata":{{{}}}"#, many(17)), "metadata"),
        (r#""system":["x"]"#.into(), "system"),
        (r#""complexity":"hard""#.into(), "complexity"),
        (r#""store":1"#.into(), "store"),
        (r#""model":"again""#.into(), "model"),
    ];
    for (more, param) in cases {
        let refused = parse(&with(&more)).expect_err(&more);
        assert_eq!(refused.param.as_deref(), Some(param), "{more}");
        assert!(refused.message.contains(&format!("`{param}`")), "{}", refused.message);
    }
    assert!(parse(&with(&format!(r#""metadata":{{{}}}"#, many(16)))).is_ok());
    assert!(parse(&with(&format!(r#""metadata":{{"a":"{}"}}"#, "é".repeat(512)))).is_ok());
}

#[test]
fn model_and_messages_are_required_and_checked() {
    let cases = [
        (r#"{"messages":[{"role":"user"}]}"#, Some("model")),
        (r#"{"model":"","messages":[{"role":"user"}]}"#, Some("model")),
        (r#"{"model":7,"messages":[{"role":"user"}]}"#, Some("model")),
        (r#"{"model":"m"}"#, Some("messages")),
        (r#"{"model":"m","messages":[]}"#, Some("messages")),
        (r#"{"model":"m","messages":"hi"}"#, Some("messages")),
        (r#"{"model":"m","messages":[{"role":"user"},"hi"]}"#, Some("messages[1]")),
        (r#"{"model":"m","messages":[{"role":"user"},{"content":"hi"}]}"#, Some("messages[1].role")),
        (r#"{"model":"m","messages":[{"role":1}]}"#, Some("messages[0].role")),
        (r#"{"m\u006fdel":"m","messages":[{"role":"user"}]}"#, None),
        ("[]", None),
        ("", None),
        (r#"{"model":"m","messages":[{"role":"user"}]"#, None),
        (r#"{"model":"m","messages":[{"role":"user"}]} x"#, None),
        (r#"{"model":"m","messages":[{"role":"user" "content":1}]}"#, None),
    ];
    for (body, param) in cases {
        assert_eq!(parse(body).expect_err(body).param.as_deref(), param, "{body}");
    }
    assert!(
        ChatRequest::parse(Bytes::from_static(b"{\"model\":\"\xff\",\"messages\":[{\"role\":\"user\"}]}"), None)
            .is_err()
    );
}

#[test]
fn the_longest_body_with_the_most_members_is_read_in_linear_time() {
    let members: Vec<String> = (0..200_000).map(|n| format!("\"k{n}\":{n}")).collect();
    let started = std::time::Instant::now();
    let request = parse(&with(&members.join(","))).unwrap();
    assert!(request.upstream_body("m", None).len() > 2_000_000);
    assert!(started.elapsed().as_secs() < 20);
}
