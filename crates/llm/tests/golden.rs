//! Golden files: what came stands beside what must leave. `UPDATE_GOLDEN=1 cargo test -p llm --test golden` writes
//! the expected files anew; read the difference before it is committed.

// Every function here belongs to a test.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use llm::wire::chat::{ChatRequest, LimitName};
use llm::wire::reply::{Enrichment, rewrite_reply};
use llm::wire::stream::ChatStream;
use rust_decimal::Decimal;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Cases of a folder: files that end in `suffix`, without it, in order.
fn cases(name: &str, suffix: &str, other: &str) -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(folder(name))
        .unwrap()
        .filter_map(|entry| {
            let path = entry.unwrap().path().to_str().unwrap().to_owned();
            (!path.ends_with(other)).then(|| path.strip_suffix(suffix).map(PathBuf::from)).flatten()
        })
        .collect();
    cases.sort();
    assert!(!cases.is_empty());
    cases
}

fn with(case: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", case.display()))
}

fn check(expected: &Path, found: &[u8]) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(expected, found).unwrap();
    }
    let wanted = fs::read(expected).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(found), String::from_utf8_lossy(&wanted), "{}", expected.display());
}

fn enrichment() -> Enrichment<'static> {
    Enrichment {
        model: "gpt-4.1",
        cost_usd: Decimal::from_str_exact("0.000050000000").unwrap(),
        latency_ms: 321,
        strategy: "ordered",
        provider: "openai",
        attempts: 2,
        reason: "gpt-4 is \"gpt-4.1\"",
        max_tokens: Some(4096),
    }
}

#[test]
fn requests_keep_their_bytes_but_for_what_is_ours() {
    for case in cases("requests", ".json", ".upstream.json") {
        let request = ChatRequest::parse(Bytes::from(fs::read(with(&case, ".json")).unwrap()), None).unwrap();
        let limit = request.output_limit.is_none().then_some((LimitName::MaxTokens, 4096));
        let sent = request.upstream_body("vendor/model-1", limit);
        serde_json::from_slice::<serde_json::Value>(&sent).unwrap();
        check(&with(&case, ".upstream.json"), &sent);
    }
}

#[test]
fn replies_keep_their_bytes_and_gain_the_charge() {
    for case in cases("replies", ".json", ".client.json") {
        let reply = rewrite_reply(&fs::read(with(&case, ".json")).unwrap(), &enrichment()).unwrap();
        serde_json::from_slice::<serde_json::Value>(&reply).unwrap();
        check(&with(&case, ".client.json"), &reply);
    }
}

/// What the client got, and a line on what the gateway knows.
fn stream(pieces: &[&[u8]], asked: bool) -> Vec<u8> {
    let mut stream = ChatStream::new("gpt-4.1".into(), asked);
    let mut out = Vec::new();
    let mut result = pieces.iter().try_for_each(|piece| stream.push(piece, &mut out));
    if result.is_ok() {
        result = stream.end(&mut out);
    }
    if result.is_ok() && stream.finished() {
        stream.finish(&enrichment(), &mut out);
    }
    let known = format!(
        ": {result:?} committed={} finished={} done={} output={} {:?}\n",
        stream.committed(),
        stream.finished(),
        stream.done_seen(),
        stream.delivered_output_tokens(),
        stream.usage(),
    );
    out.extend_from_slice(known.as_bytes());
    out
}

#[test]
fn streams_keep_their_chunks_and_end_with_the_charge_if_it_was_asked_for() {
    for case in cases("streams", ".upstream.sse", ".client.sse") {
        let upstream = fs::read(with(&case, ".upstream.sse")).unwrap();
        check(&with(&case, ".asked.client.sse"), &stream(&[&upstream], true));
        check(&with(&case, ".unasked.client.sse"), &stream(&[&upstream], false));
    }
}

#[test]
fn a_stream_cut_at_any_byte_reaches_the_client_the_same() {
    for case in cases("streams", ".upstream.sse", ".client.sse") {
        let upstream = fs::read(with(&case, ".upstream.sse")).unwrap();
        for asked in [true, false] {
            let whole = stream(&[&upstream], asked);
            for at in 0..=upstream.len() {
                let (left, right) = upstream.split_at(at);
                assert_eq!(stream(&[left, right], asked), whole, "{} at {at}", case.display());
            }
            let bytes: Vec<&[u8]> = upstream.chunks(1).collect();
            assert_eq!(stream(&bytes, asked), whole, "{} byte by byte", case.display());
        }
    }
}
