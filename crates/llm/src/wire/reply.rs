//! A whole reply: what billing reads from it, and what is added for the client.

use rust_decimal::Decimal;
use serde::Serialize;

use crate::estimate::text::Counter;
use crate::json::{self, Cursor, Edit, JsonError, Member, Members};
use crate::usage::Usage;

/// What the gateway tells about a served request.
#[derive(Debug, Clone, Copy)]
pub struct Enrichment<'a> {
    /// The catalogue's id, which replaces the provider's name for the model.
    pub model: &'a str,
    /// The charge in USD; printed without an exponent and without trailing zeros.
    pub cost_usd: Decimal,
    pub latency_ms: u64,
    pub strategy: &'a str,
    /// The catalogue's id of the provider that answered.
    pub provider: &'a str,
    /// Candidates that were called, the one that answered included.
    pub attempts: u32,
    pub reason: &'a str,
    /// The output bound that we set; `None` if the client gave its own.
    pub max_tokens: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    #[error("the provider's reply is not one JSON object")]
    NotAnObject,
}

/// The provider's bytes, except that `model` becomes the catalogue's id, `cost` joins `usage`, and `cost_usd`,
/// `latency_ms` and `routing` are appended before the closing brace, in place of the provider's own members of
/// these names. Serves chat completions and embeddings alike.
pub fn rewrite_reply(body: &[u8], enrichment: &Enrichment<'_>) -> Result<Vec<u8>, ReplyError> {
    let mut out = Vec::with_capacity(body.len() + ADDED_BYTES);
    append_rewritten(body, enrichment, None, &mut out)?;
    Ok(out)
}

/// Room for what is added to a reply.
const ADDED_BYTES: usize = 512;

/// As [`rewrite_reply`], to the end of `out`; `usage` replaces the one in `body`.
pub(super) fn append_rewritten(
    body: &[u8],
    enrichment: &Enrichment<'_>,
    usage: Option<&[u8]>,
    out: &mut Vec<u8>,
) -> Result<(), ReplyError> {
    let found: Vec<Member> = json::members(body).collect::<Result<_, _>>().map_err(|_| ReplyError::NotAnObject)?;
    let model = json::quoted(enrichment.model);
    let own = found.iter().find(|member| &body[member.key.clone()] == b"usage");
    let usage = usage.or_else(|| own.map(|member| &body[member.value.clone()]));
    let usage = usage.map(|usage| usage_with_cost(usage, enrichment.cost_usd)).unwrap_or_default();
    json::rewrite(body, &found, &appended(enrichment), out, |name| match name {
        b"model" => Edit::Value([&model, b"", b""]),
        b"usage" => Edit::Value([&usage, b"", b""]),
        b"cost_usd" | b"latency_ms" | b"routing" => Edit::Drop,
        _ => Edit::Keep,
    });
    Ok(())
}

/// What is not an object (null) stays as it is.
fn usage_with_cost(usage: &[u8], cost_usd: Decimal) -> Vec<u8> {
    let Ok(found) = json::members(usage).collect::<Result<Vec<Member>, _>>() else { return usage.to_vec() };
    let cost = format!(r#""cost":{}"#, cost_usd.normalize());
    let mut out = Vec::with_capacity(usage.len() + cost.len() + 1);
    json::rewrite(usage, &found, cost.as_bytes(), &mut out, |name| match name {
        b"cost" => Edit::Drop,
        _ => Edit::Keep,
    });
    out
}

fn appended(enrichment: &Enrichment<'_>) -> Vec<u8> {
    #[derive(Serialize)]
    struct Routing<'a> {
        strategy: &'a str,
        provider: &'a str,
        attempts: u32,
        policy: Option<&'a str>,
        reason: &'a str,
        max_tokens: Option<u64>,
    }
    let routing = Routing {
        strategy: enrichment.strategy,
        provider: enrichment.provider,
        attempts: enrichment.attempts,
        policy: None,
        reason: enrichment.reason,
        max_tokens: enrichment.max_tokens,
    };
    let routing = serde_json::to_string(&routing).expect("a struct of strings and numbers always serialises");
    let cost = enrichment.cost_usd.normalize();
    format!(r#""cost_usd":{cost},"latency_ms":{},"routing":{routing}"#, enrichment.latency_ms).into_bytes()
}

/// `None` if the provider did not count: the usage must then be estimated.
pub fn reply_usage(body: &[u8]) -> Option<Usage> {
    Usage::parse(Members::of(body).ok()?.get("usage")?)
}

/// Output tokens of a reply without usage, closest guess, from the text of all its choices. 0 for what is not a
/// chat completion.
pub fn reply_output_estimate(body: &[u8]) -> u64 {
    let mut counter = Counter::closest();
    let choices = Members::of(body).ok().and_then(|members| members.get("choices"));
    if let Some(choices) = choices {
        // A reply that breaks off is counted as far as it can be read.
        let _ = count_choices(&mut Cursor::new(choices), &mut counter);
    }
    counter.tokens()
}

fn count_choices(cursor: &mut Cursor<'_>, counter: &mut Counter) -> Result<(), JsonError> {
    let mut more = cursor.enter_array()?;
    while more {
        let mut key = cursor.enter_object()?;
        while let Some(name) = key {
            match cursor.text(name) {
                b"message" if cursor.peek() == Some(b'{') => {
                    super::delivered::read_message(cursor, counter)?;
                }
                _ => {
                    cursor.skip_value()?;
                }
            }
            key = cursor.next_key()?;
        }
        more = cursor.next_element()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn enrichment() -> Enrichment<'static> {
        Enrichment {
            model: "gpt-4.1",
            cost_usd: Decimal::new(1_230_000, 12),
            latency_ms: 12,
            strategy: "ordered",
            provider: "openai",
            attempts: 1,
            reason: "as asked",
            max_tokens: None,
        }
    }

    fn rewritten(body: &str) -> String {
        String::from_utf8(rewrite_reply(body.as_bytes(), &enrichment()).unwrap()).unwrap()
    }

    const TAIL: &str = r#""cost_usd":0.00000123,"latency_ms":12,"routing":{"strategy":"ordered","provider":"openai","attempts":1,"policy":null,"reason":"as asked","max_tokens":null}}"#;

    #[test]
    fn the_charge_stands_in_usage_and_at_the_top() {
        let reply = rewritten(r#"{"id":"x","model":"gpt-4.1-2025-04-14","usage":{"prompt_tokens":1},"odd":[ 1.0 ]}"#);
        assert_eq!(
            reply,
            format!(
                r#"{{"id":"x","model":"gpt-4.1","usage":{{"prompt_tokens":1,"cost":0.00000123}},"odd":[ 1.0 ],{TAIL}"#
            )
        );
    }

    #[test]
    fn a_providers_own_cost_never_stands_beside_ours() {
        let reply = rewritten(r#"{"cost_usd":9,"usage":{"cost":9,"prompt_tokens":1},"routing":{},"latency_ms":1}"#);
        assert_eq!(reply, format!(r#"{{"usage":{{"prompt_tokens":1,"cost":0.00000123}},{TAIL}"#));
    }

    #[test]
    fn a_reply_without_usage_or_members_is_still_enriched() {
        assert_eq!(rewritten("{}"), format!("{{{TAIL}"));
        assert_eq!(rewritten(r#"{"usage":null}"#), format!(r#"{{"usage":null,{TAIL}"#));
    }

    #[test]
    fn what_is_not_an_object_is_an_error() {
        for broken in ["", "[]", "<html>", r#"{"a":1"#] {
            assert_eq!(rewrite_reply(broken.as_bytes(), &enrichment()), Err(ReplyError::NotAnObject));
        }
    }

    #[test]
    fn a_reply_without_usage_is_estimated_from_all_its_text() {
        let one = reply_output_estimate(
            br#"{"choices":[{"index":0,"message":{"role":"assistant","content":"It is a fine day."}}]}"#,
        );
        assert!((4..=7).contains(&one), "{one}");
        let tool = reply_output_estimate(
            br#"{"choices":[{"message":{"content":"It is a fine day.","tool_calls":[{"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\":\"the sky\"}"}}]}}]}"#,
        );
        assert!(tool > one + 3, "{tool}");
        assert_eq!(reply_output_estimate(b"{"), 0);
    }
}
