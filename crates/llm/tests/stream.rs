//! The stream's promises that golden files do not show.

// Every function here belongs to a test.
#![allow(clippy::unwrap_used)]

use llm::sse::{EVENT_SIZE_MAX_BYTES, SseDecoder};
use llm::usage::Usage;
use llm::wire::reply::Enrichment;
use llm::wire::stream::{ChatStream, StreamError, error_event};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn enrichment() -> Enrichment<'static> {
    Enrichment {
        model: "m",
        cost_usd: Decimal::ZERO,
        latency_ms: 1,
        strategy: "ordered",
        provider: "p",
        attempts: 1,
        reason: "as asked",
        max_tokens: None,
    }
}

/// Pushes one chunk with this delta; whether it committed and how many tokens were counted.
fn delta(delta: &str) -> (bool, u64) {
    let mut stream = ChatStream::new("m".into(), false);
    let chunk = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
    stream.push(chunk.as_bytes(), &mut Vec::new()).unwrap();
    (stream.committed(), stream.delivered_output_tokens())
}

#[test]
fn only_content_commits() {
    for empty in [
        r#"{"role":"assistant"}"#,
        r#"{"role":"assistant","content":"","refusal":null,"tool_calls":[]}"#,
        r#"{}"#,
        "null",
        r#"{"content":null,"extra_content":{"google":{"thought_signature":"abc"}}}"#,
    ] {
        assert_eq!(delta(empty), (false, 0), "{empty}");
    }
    for content in [
        r#"{"content":" "}"#,
        r#"{"reasoning_content":"hm"}"#,
        r#"{"reasoning":"hm"}"#,
        r#"{"refusal":"no"}"#,
        r#"{"tool_calls":[{"index":0}]}"#,
        r#"{"function_call":{"name":"f"}}"#,
        r#"{"audio":{"data":"AAAA"}}"#,
        r#"{"content":[{"type":"text","text":"x"}]}"#,
        r#"{"vendor_images":["x"]}"#,
    ] {
        assert!(delta(content).0, "{content}");
    }
}

#[test]
fn delivered_tokens_count_text_reasoning_and_tool_arguments() {
    let text = delta(r#"{"content":"It is a fine day for a walk."}"#).1;
    assert!((7..=11).contains(&text), "{text}");
    assert_eq!(delta(r#"{"reasoning_content":"It is a fine day for a walk."}"#).1, text);
    assert!(delta(r#"{"tool_calls":[{"index":0,"id":"call_abcdefgh","function":{"name":"f","arguments":"{\"city\":\"Rome\"}"}}]}"#).1 >= 4);
}

#[test]
fn comments_usage_and_done_reach_no_client_before_the_end() {
    let mut stream = ChatStream::new("m".into(), true);
    let mut out = Vec::new();
    stream.push(b": keep-alive\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n", &mut out).unwrap();
    assert!(out.is_empty());
    assert!(!stream.committed() && stream.done_seen());
    assert_eq!(stream.usage().unwrap().completion_tokens, 2);
}

#[test]
fn a_chunk_that_begins_like_the_one_before_is_read_like_any_other() {
    let mut stream = ChatStream::new("new".into(), false);
    let mut out = Vec::new();
    let chunks = [
        r#"{"id":"a","model":"old","choices":[{"index":0,"delta":{"content":"1"}}]}"#,
        r#"{"id":"a","model":"old","choices":[{"index":0,"delta":{"content":"2"}}],"usage":null}"#,
        r#"{"id":"a","model":"older","choices":[{"index":0,"delta":{"content":"3"}}]}"#,
        r#"{"id":"a","model":"older","usage":null,"choices":[{"index":0,"delta":{"content":"4"}}]}"#,
        r#"{"id":"a","model":"older","choices_":[],"model":"old"}"#,
    ];
    for chunk in chunks {
        stream.push(format!("data: {chunk}\n\n").as_bytes(), &mut out).unwrap();
    }
    let expected = [
        r#"{"id":"a","model":"new","choices":[{"index":0,"delta":{"content":"1"}}]}"#,
        r#"{"id":"a","model":"new","choices":[{"index":0,"delta":{"content":"2"}}]}"#,
        r#"{"id":"a","model":"new","choices":[{"index":0,"delta":{"content":"3"}}]}"#,
        r#"{"id":"a","model":"new","choices":[{"index":0,"delta":{"content":"4"}}]}"#,
        r#"{"id":"a","model":"older","choices_":[],"model":"new"}"#,
    ];
    assert_eq!(String::from_utf8(out).unwrap(), expected.map(|chunk| format!("data: {chunk}\n\n")).concat());
    let broken = stream.push(b"data: {\"id\":\"a\",\"model\":\"older\",1}\n\n", &mut Vec::new());
    assert_eq!(broken, Err(StreamError::NotJson));
}

#[test]
fn every_choice_must_finish_before_a_stream_without_done_is_whole() {
    let finish = |index: u32| {
        format!("data: {{\"choices\":[{{\"index\":{index},\"delta\":{{}},\"finish_reason\":\"stop\"}}]}}\n\n")
    };
    let mut stream = ChatStream::new("m".into(), false).with_choices(2);
    let mut out = Vec::new();
    stream.push(finish(1).as_bytes(), &mut out).unwrap();
    stream.push(finish(1).as_bytes(), &mut out).unwrap();
    assert!(!stream.finished());
    stream.push(finish(0).as_bytes(), &mut out).unwrap();
    assert!(stream.finished() && !stream.done_seen());
}

#[test]
fn an_estimate_is_shown_only_where_the_provider_did_not_count() {
    let assumed = Usage { prompt_tokens: 5, completion_tokens: 6, ..Usage::default() };
    let end = |usage: &str| {
        let mut stream = ChatStream::new("m".into(), true);
        let mut out = Vec::new();
        stream.push(format!("data: {{\"choices\":[],\"usage\":{usage}}}\n\n").as_bytes(), &mut out).unwrap();
        stream.assume_usage(assumed);
        out.clear();
        stream.finish(&enrichment(), &mut out);
        String::from_utf8(out).unwrap()
    };
    assert!(end("null").contains(r#""usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11,"cost":0}"#));
    assert!(
        end(r#"{"prompt_tokens":1,"completion_tokens":2}"#)
            .contains(r#""usage":{"prompt_tokens":1,"completion_tokens":2,"cost":0}"#)
    );
}

#[test]
fn an_error_event_is_the_envelope_and_no_done_follows() {
    let event = String::from_utf8(error_event("it \"broke\"", "server_error", Some("upstream_cut"))).unwrap();
    assert_eq!(
        event,
        "data: {\"error\":{\"message\":\"it \\\"broke\\\"\",\"type\":\"server_error\",\"param\":null,\"code\":\"upstream_cut\"}}\n\n"
    );
}

#[test]
fn an_error_of_null_is_no_error_and_vllms_form_is_one() {
    let mut stream = ChatStream::new("m".into(), false);
    let mut out = Vec::new();
    stream.push(b"data: {\"error\":null,\"choices\":[]}\n\n", &mut out).unwrap();
    let vllm = stream.push(b"data: {\"object\":\"error\",\"message\":\"x\",\"code\":500}\n\n", &mut out);
    assert!(matches!(vllm, Err(StreamError::Provider { raw }) if raw.contains("500")));
}

#[test]
fn an_event_beyond_the_bound_ends_the_stream_and_is_not_kept() {
    let mut stream = ChatStream::new("m".into(), false);
    let mut out = Vec::new();
    let piece = vec![b'x'; 64 * 1024];
    stream.push(b"data: ", &mut out).unwrap();
    let ended = (0..EVENT_SIZE_MAX_BYTES / piece.len() + 2).find_map(|_| stream.push(&piece, &mut out).err());
    assert_eq!(ended, Some(StreamError::TooLarge));
    assert!(out.is_empty());
}

#[test]
fn any_number_of_comments_needs_no_memory() {
    let mut decoder = SseDecoder::new();
    for _ in 0..200 {
        decoder.push(&[b": keep-alive\n".as_slice(); 10_000].concat());
        assert_eq!(decoder.next_event(), None);
    }
    assert!(!decoder.overflowed());
}

#[test]
fn an_empty_event_name_before_a_cut_does_no_harm() {
    let (left, right) = ("event:a\ndata:a\n\nevent:\n", "data:b\n\n");
    assert_eq!(events(&[left.as_bytes(), right.as_bytes()])[1], (Vec::new(), b"b".to_vec()));
}

fn events(pieces: &[&[u8]]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut decoder = SseDecoder::new();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next_event() {
            events.push((event.event.to_vec(), event.data.to_vec()));
        }
    }
    events
}

#[test]
fn fields_lines_and_line_ends_follow_the_standard() {
    let stream = b"\xef\xbb\xbf: comment\r\ndata:a\rdata:  b\n\nevent: ping\nid: 7\nretry: 1\ndata\n\nevent: lost\n\ndata: c\r\n\r\ndata: cut";
    let expected: Vec<(Vec<u8>, Vec<u8>)> =
        [("", "a\n b"), ("ping", ""), ("", "c")].map(|(event, data)| (event.into(), data.into())).to_vec();
    assert_eq!(events(&[stream]), expected);
    for at in 0..=stream.len() {
        let (left, right) = stream.split_at(at);
        assert_eq!(events(&[left, right]), expected, "at {at}");
    }
}

proptest! {
    #[test]
    fn however_a_stream_is_cut_its_events_are_the_same(
        text in "(data: ?|event: ?|: |id: 1|\r\n|\r|\n|\n\n|x|é|\u{feff}){0,40}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)
    ) {
        let bytes = text.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.extend([0, bytes.len()]);
        at.sort_unstable();
        let pieces: Vec<&[u8]> = at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
        prop_assert_eq!(events(&pieces), events(&[bytes]));
    }

    #[test]
    fn no_stream_panics_however_broken(soup in "(data: |\\{|\\}|\\[|\\]|\"|,|:|\\\\|choices|delta|usage|model|null|\n\n|1){0,60}", asked: bool) {
        let mut stream = ChatStream::new("m".into(), asked);
        let mut out = Vec::new();
        if stream.push(soup.as_bytes(), &mut out).and_then(|()| stream.end(&mut out)).is_ok() {
            stream.finish(&enrichment(), &mut out);
        }
    }

    #[test]
    fn a_chunk_that_is_json_stays_json_and_loses_nothing_else(
        before in "[a-z]{1,4}", usage in prop_oneof![Just("null"), Just(r#"{"prompt_tokens":1}"#)], place in 0..4_usize, asked: bool
    ) {
        let mut members = vec![
            format!("\"x_{before}\" : [1, {{\"usage\":2}}]"),
            "\"model\":\"old\"".to_owned(),
            "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"}}]".to_owned(),
        ];
        members.insert(place, format!("\"usage\": {usage}"));
        let mut stream = ChatStream::new("new".into(), asked);
        let mut out = Vec::new();
        stream.push(format!("data: {{ {} }}\n\n", members.join(" , ")).as_bytes(), &mut out).unwrap();
        let mut expected: serde_json::Value = serde_json::from_str(&format!("{{{}}}", members.join(","))).unwrap();
        expected["model"] = "new".into();
        if usage != "null" || !asked {
            expected.as_object_mut().unwrap().remove("usage");
        }
        let sent: serde_json::Value = serde_json::from_slice(out.strip_prefix(b"data: ").unwrap()).unwrap();
        prop_assert_eq!(sent, expected);
    }
}
