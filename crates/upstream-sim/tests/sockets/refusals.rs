//! What OpenAI refuses is refused, in its envelope and naming the parameter.

use serde_json::{Value, json};

use crate::simulator::{CHAT, KEY, Simulator, request};

/// Sends each request and expects a 400 that names the parameter, with this in its message.
fn expect_refusals(cases: &[(Value, &str, &str)]) {
    let simulator = Simulator::start();
    for (body, param, message) in cases {
        let reply = simulator.chat(body);
        let error = &reply.json()["error"];
        assert_eq!((reply.status, &error["type"]), (400, &json!("invalid_request_error")), "{body} {error}");
        assert_eq!(error["param"], *param, "{body} {error}");
        assert!(error["message"].as_str().unwrap().contains(message), "{body} {error}");
    }
    let served = simulator.served();
    assert!(served.iter().all(|record| record["status"] == 400 && record["outcome"] == "error"));
    assert_eq!(served.len(), cases.len());
}

fn messages(list: Value) -> Value {
    json!({ "model": "m", "messages": list })
}

#[test]
fn arguments_that_openai_does_not_know_are_named() {
    let unknown = |name: &str| request("hi", json!({ name: {} }));
    let expect = |name: &'static str| (unknown(name), name, "Unrecognized request argument supplied: ");
    expect_refusals(&["routing", "models", "system", "complexity", "top_k", "thinking"].map(expect));
}

#[test]
fn members_out_of_range_or_of_the_wrong_kind_are_named() {
    let with = |name: &str, value: Value| request("hi", json!({ name: value }));
    expect_refusals(&[
        (with("temperature", json!(2.1)), "temperature", "<= 2, but got 2.1"),
        (with("temperature", json!(-0.1)), "temperature", ">= 0"),
        (with("temperature", json!("hot")), "temperature", "expected a decimal, but got a string"),
        (with("top_p", json!(1.5)), "top_p", "<= 1"),
        (with("presence_penalty", json!(3)), "presence_penalty", "<= 2"),
        (with("n", json!(0)), "n", ">= 1"),
        (with("n", json!(129)), "n", "<= 128"),
        (with("n", json!(1.5)), "n", "expected an integer"),
        (with("max_tokens", json!(0)), "max_tokens", ">= 1"),
        (with("max_tokens", json!(200_000)), "max_tokens", "too large"),
        (with("stop", json!(["a", "b", "c", "d", "e"])), "stop", "maximum length 4"),
        (with("stop", json!([1])), "stop[0]", "expected a string"),
        (with("seed", json!("x")), "seed", "expected an integer"),
        (with("reasoning_effort", json!("extreme")), "reasoning_effort", "Supported values"),
        (with("service_tier", json!("gold")), "service_tier", "Supported values"),
        (with("logit_bias", json!({ "50256": -101 })), "logit_bias.50256", ">= -100"),
        (with("top_logprobs", json!(2)), "top_logprobs", "only allowed when 'logprobs'"),
        (with("logprobs", json!(true)), "logprobs", "not supported with this model"),
        (with("functions", json!([])), "functions", "not supported with this model"),
        (with("modalities", json!(["audio"])), "modalities[0]", "modalities"),
        (with("stream", json!("yes")), "stream", "expected a boolean"),
        (with("model", json!("")), "model", "must provide a model"),
    ]);
}

#[test]
fn members_that_do_not_go_together_are_refused() {
    expect_refusals(&[
        (
            request("hi", json!({ "max_tokens": 5, "max_completion_tokens": 5 })),
            "max_tokens",
            "at the same time is not supported",
        ),
        (request("hi", json!({ "stream_options": { "include_usage": true } })), "stream_options", "only allowed when"),
        (
            request("hi", json!({ "stream": true, "stream_options": { "usage": true } })),
            "stream_options.usage",
            "Unknown parameter",
        ),
        (request("hi", json!({ "metadata": { "a": "b" } })), "metadata", "only allowed when 'store' is enabled"),
        (request("hi", json!({ "store": true, "metadata": { "a": 1 } })), "metadata.a", "expected a string"),
        (request("hi", json!({ "tool_choice": "auto" })), "tool_choice", "only allowed when 'tools'"),
        (request("hi", json!({ "response_format": { "type": "json_object" } })), "messages", "the word 'json'"),
    ]);
}

#[test]
fn messages_that_make_no_conversation_are_refused() {
    let call = json!({ "role": "assistant", "tool_calls": [
        { "id": "call_1", "type": "function", "function": { "name": "f", "arguments": "{}" } }] });
    let user = json!({ "role": "user", "content": "hi" });
    let part = |part: Value| messages(json!([{ "role": "user", "content": [part] }]));
    expect_refusals(&[
        (json!({ "model": "m" }), "messages", "Missing required parameter"),
        (json!({ "model": "m", "messages": "hi" }), "messages", "expected an array"),
        (messages(json!([])), "messages", "empty array"),
        (messages(json!(["hi"])), "messages[0]", "expected an object"),
        (messages(json!([{ "content": "hi" }])), "messages[0].role", "Missing"),
        (messages(json!([{ "role": "robot", "content": "hi" }])), "messages[0].role", "'robot'"),
        (messages(json!([{ "role": "user" }])), "messages[0].content", "got null"),
        (messages(json!([{ "role": "user", "content": 5 }])), "messages[0].content", "array of objects"),
        (messages(json!([{ "role": "user", "content": [] }])), "messages[0].content", "empty array"),
        (messages(json!([{ "role": "user", "content": "x", "cache": 1 }])), "messages[0].cache", "Unknown"),
        (part(json!({ "type": "video" })), "messages[0].content[0].type", "'video'"),
        (part(json!({ "type": "text" })), "messages[0].content[0].text", "Missing"),
        (
            part(json!({ "type": "image_url", "image_url": { "url": "ftp://x" } })),
            "messages[0].content[0].image_url.url",
            "valid URL",
        ),
        (
            messages(json!([user, { "role": "tool", "tool_call_id": "call_1", "content": "x" }])),
            "messages.[1].role",
            "must be a response to a preceeding message",
        ),
        (messages(json!([user, call, user])), "messages.[1].role", "did not have response messages: call_1"),
        (
            messages(json!([user, call, { "role": "tool", "tool_call_id": "other", "content": "x" }])),
            "messages.[2].tool_call_id",
            "not found",
        ),
        (messages(json!([{ "role": "assistant" }])), "messages[0].content", "got null"),
    ]);
}

#[test]
fn tools_and_schemas_must_be_well_formed() {
    let tools = |list: Value| request("hi", json!({ "tools": list }));
    let function = |function: Value| tools(json!([{ "type": "function", "function": function }]));
    let schema =
        |schema: Value| request("hi", json!({ "response_format": { "type": "json_schema", "json_schema": schema } }));
    let open = json!({ "type": "object", "properties": {} });
    expect_refusals(&[
        (tools(json!([])), "tools", "empty array"),
        (tools(json!([{ "type": "magic" }])), "tools[0].type", "'magic'"),
        (tools(json!([{ "type": "function" }])), "tools[0].function", "Missing"),
        (tools(json!([{ "name": "flat" }])), "tools[0].name", "Unknown parameter"),
        (function(json!({})), "tools[0].function.name", "Missing"),
        (function(json!({ "name": "a b" })), "tools[0].function.name", "does not match pattern"),
        (
            function(json!({ "name": "f", "parameters": { "type": "string" } })),
            "tools[0].function.parameters",
            "schema",
        ),
        (
            function(json!({ "name": "f", "strict": true, "parameters": open })),
            "tools[0].function.parameters",
            "additionalProperties",
        ),
        (
            request(
                "hi",
                json!({ "tools": [{ "type": "function", "function": { "name": "f" } }],
                "tool_choice": { "type": "function", "function": { "name": "g" } } }),
            ),
            "tool_choice",
            "'g' not found",
        ),
        (request("hi", json!({ "response_format": { "type": "xml" } })), "response_format.type", "'xml'"),
        (schema(json!({ "schema": {} })), "response_format.json_schema.name", "Missing"),
        (schema(json!({ "name": "n", "strict": true, "schema": open })), "response_format", "additionalProperties"),
        (
            schema(json!({ "name": "n", "strict": true, "schema": { "type": "object", "additionalProperties": false,
                "properties": { "a": {} }, "required": [] } })),
            "response_format",
            "Missing 'a'",
        ),
    ]);
}

#[test]
fn a_request_with_everything_right_is_served() {
    let body = json!({
        "model": "m", "n": 1, "temperature": 0.5, "top_p": 1, "seed": -3, "user": "u", "store": true,
        "metadata": { "team": "x" }, "stop": null, "logit_bias": { "1": 2 }, "reasoning_effort": "low",
        "parallel_tool_calls": false, "service_tier": "auto", "prompt_cache_key": "k", "verbosity": "low",
        "tools": [{ "type": "function", "function": { "name": "f", "description": "d", "strict": true, "parameters":
            { "type": "object", "properties": { "a": { "type": "string" } }, "required": ["a"], "additionalProperties": false } } }],
        "messages": [
            { "role": "developer", "content": "be kind" },
            { "role": "user", "name": "amy", "content": [
                { "type": "text", "text": "look" },
                { "type": "image_url", "image_url": { "url": "https://example.com/a.png", "detail": "low" } } ] },
            { "role": "assistant", "content": null, "refusal": null, "tool_calls": [
                { "id": "c1", "type": "function", "function": { "name": "f", "arguments": "{}" } },
                { "id": "c2", "type": "function", "function": { "name": "f", "arguments": "{}" } } ] },
            { "role": "tool", "tool_call_id": "c2", "content": "two" },
            { "role": "tool", "tool_call_id": "c1", "content": [{ "type": "text", "text": "one" }] },
        ],
    });
    let reply = Simulator::start().chat(&body);
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json()["usage"]["completion_tokens_details"]["reasoning_tokens"], 16);
}

#[test]
fn a_key_is_asked_for_before_anything_else() {
    let simulator = Simulator::start();
    let status = |headers: &[(&str, &str)]| {
        let reply = simulator.send("POST", CHAT, headers, b"not json");
        (reply.status, reply.json()["error"]["code"].clone())
    };
    assert_eq!(status(&[]), (401, Value::Null));
    assert_eq!(status(&[("authorization", "Bearer ")]), (401, Value::Null));
    assert_eq!(status(&[("authorization", "Basic eDp5")]), (401, Value::Null));
    assert_eq!(status(&[("authorization", "Bearer bad")]), (401, json!("invalid_api_key")));
    assert_eq!(status(&[KEY]).0, 400);
    assert_eq!(simulator.send("POST", "/v1/nothing", &[KEY], b"").status, 404);
    assert_eq!(simulator.send("GET", CHAT, &[KEY], b"").status, 405);
}
