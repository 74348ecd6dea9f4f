//! Answers that go well.

use serde_json::json;

use crate::simulator::{KEY, Simulator, request};

#[test]
fn a_reply_has_what_openais_has() {
    let simulator = Simulator::start();
    let reply = simulator.chat(&request("Say hello", json!({ "seed": 7 })));
    assert_eq!(reply.status, 200);
    for name in ["x-request-id", "openai-processing-ms", "x-ratelimit-limit-requests", "x-ratelimit-remaining-tokens"] {
        assert!(reply.header(name).is_some(), "{name}");
    }
    let body = reply.json();
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("gpt-4.1")));
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert!(body["choices"][0]["message"]["content"].as_str().unwrap().starts_with("Say hello "));
    let usage = &body["usage"];
    assert_eq!(usage["prompt_tokens"], 8);
    let total = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], total);
    let again = simulator.chat(&request("Say hello", json!({ "seed": 7 }))).json();
    assert_eq!((&again["choices"], &again["usage"]), (&body["choices"], usage));
    assert_ne!(again["id"], body["id"]);
}

#[test]
fn a_stream_says_what_the_whole_reply_says_one_token_a_chunk() {
    let simulator = Simulator::start();
    let whole = simulator.chat(&request("hi \"there\"\n tokens=25", json!({}))).json();
    let options = json!({ "stream": true, "stream_options": { "include_usage": true } });
    let reply = simulator.chat(&request("hi \"there\"\n tokens=25", options));
    assert!(reply.whole && reply.header("content-type").unwrap().starts_with("text/event-stream"));
    assert_eq!(reply.events().last().unwrap(), "[DONE]");
    assert_eq!(reply.contents().len(), 25);
    assert_eq!(reply.contents().concat(), whole["choices"][0]["message"]["content"].as_str().unwrap());
    let chunks = reply.chunks();
    let (usage, others) = chunks.split_last().unwrap();
    assert_eq!((&usage["choices"], &usage["usage"]), (&json!([]), &whole["usage"]));
    assert!(others.iter().all(|chunk| chunk.get("usage") == Some(&json!(null)) && chunk["id"] == usage["id"]));
    assert_eq!(others[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(others.last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[test]
fn a_stream_tells_no_usage_unasked() {
    let reply = Simulator::start().chat(&request("hi", json!({ "stream": true })));
    assert!(reply.chunks().iter().all(|chunk| chunk.get("usage").is_none()));
    assert_eq!(reply.events().last().unwrap(), "[DONE]");
}

#[test]
fn choices_of_a_stream_advance_side_by_side_and_are_all_counted() {
    let simulator = Simulator::start();
    let options = json!({ "n": 2, "stream": true, "stream_options": { "include_usage": true } });
    let chunks = simulator.chat(&request("tokens=10", options)).chunks();
    let order: Vec<_> = chunks[..6].iter().map(|chunk| chunk["choices"][0]["index"].as_u64().unwrap()).collect();
    assert_eq!(order, [0, 1, 0, 1, 0, 1]);
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 20);
}

#[test]
fn a_streamed_call_joins_to_the_same_arguments_as_a_whole_one() {
    let simulator = Simulator::start();
    let tool = json!([{ "type": "function", "function": { "name": "weather", "parameters": {
        "type": "object", "properties": { "city": { "type": "string" }, "days": { "type": "integer" } } } } }]);
    let whole = simulator.chat(&request("call", json!({ "tools": tool }))).json();
    let call = &whole["choices"][0]["message"]["tool_calls"][0]["function"];
    assert_eq!((&whole["choices"][0]["finish_reason"], &call["name"]), (&json!("tool_calls"), &json!("weather")));
    let chunks = simulator.chat(&request("call", json!({ "tools": tool, "stream": true }))).chunks();
    let deltas = chunks.iter().map(|chunk| &chunk["choices"][0]["delta"]["tool_calls"][0]);
    let parts: Vec<_> = deltas.filter(|call| call.is_object()).collect();
    assert!(parts[0]["id"].as_str().unwrap().starts_with("call_") && parts.len() > 3);
    let joined: String = parts.iter().map(|part| part["function"]["arguments"].as_str().unwrap()).collect();
    assert_eq!(joined, call["arguments"].as_str().unwrap());
    assert!(serde_json::from_str::<serde_json::Value>(&joined).unwrap()["days"].is_i64());
}

#[test]
fn embeddings_take_every_kind_of_input() {
    let simulator = Simulator::start();
    for (input, vectors, tokens) in [
        (json!("a toll road"), 1, 3),
        (json!(["a", "b c"]), 2, 3),
        (json!([1, 2, 3, 4]), 1, 4),
        (json!([[1], [2, 3]]), 2, 3),
    ] {
        let body = json!({ "model": "e", "input": input, "dimensions": 8 });
        let reply = simulator.send("POST", "/v1/embeddings", &[KEY], body.to_string().as_bytes()).json();
        assert_eq!(reply["data"].as_array().unwrap().len(), vectors);
        assert_eq!(reply["data"][0]["embedding"].as_array().unwrap().len(), 8);
        assert_eq!(reply["usage"], json!({ "prompt_tokens": tokens, "total_tokens": tokens }));
    }
}

#[test]
fn models_are_listed_to_those_with_a_key() {
    let simulator = Simulator::start();
    let list = simulator.send("GET", "/v1/models", &[KEY], b"").json();
    assert!(list["data"].as_array().unwrap().iter().any(|model| model["id"] == "gpt-4.1"));
    assert_eq!(simulator.send("GET", "/v1/models/gpt-4.1", &[KEY], b"").json()["object"], "model");
    assert_eq!(simulator.send("GET", "/v1/models/none", &[KEY], b"").status, 404);
    assert_eq!(simulator.send("GET", "/v1/models", &[], b"").status, 401);
}

#[test]
fn sigterm_ends_it_cleanly_even_with_a_request_in_flight() {
    let simulator = Simulator::start();
    let _open = simulator.open_chat(&request("hi", json!({ "model": "sim-hang" })));
    assert!(simulator.terminate());
}
