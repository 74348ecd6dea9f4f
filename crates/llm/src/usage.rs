//! What a provider says it counted, in one convention.

use serde::{Deserialize, Serialize};

/// Token counts of one request in OpenAI's convention: `prompt_tokens` includes the cached and the
/// cache-written ones, `completion_tokens` includes reasoning. All zero means that nothing was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub cached_tokens: u64,
    pub cache_write_tokens: u64,
    pub completion_tokens: u64,
    pub reasoning_tokens: u64,
}

impl Usage {
    /// Reads the value of a reply's `usage`: OpenAI's names and DeepSeek's `prompt_cache_hit_tokens`. Details that
    /// are absent or null are zero. A part that exceeds its whole is cut to it, so that no class of
    /// [`Usage::disjoint`] can fall below zero; cached tokens are believed before written ones.
    ///
    /// `None` if the value is not an object, or says neither how many tokens came in nor how many went out:
    /// such a usage must be estimated, never taken for zero.
    pub fn parse(usage: &[u8]) -> Option<Usage> {
        let said: Said = serde_json::from_slice(usage).ok()?;
        let (prompt, completion) = match (said.prompt_tokens, said.completion_tokens, said.total_tokens) {
            (None, None, None) => return None,
            (prompt, completion, total) => {
                let total = total.unwrap_or(0);
                let completion = completion.or_else(|| Some(total.saturating_sub(prompt?))).unwrap_or(0);
                (prompt.unwrap_or_else(|| total.saturating_sub(completion)), completion)
            }
        };
        let input = said.prompt_tokens_details.unwrap_or_default();
        let output = said.completion_tokens_details.unwrap_or_default();
        let cached = input.cached_tokens.or(said.prompt_cache_hit_tokens).unwrap_or(0).min(prompt);
        let written = input.cache_write_tokens.unwrap_or(0).min(prompt - cached);
        Some(Usage {
            prompt_tokens: prompt,
            cached_tokens: cached,
            cache_write_tokens: written,
            completion_tokens: completion,
            reasoning_tokens: output.reasoning_tokens.unwrap_or(0).min(completion),
        })
    }

    /// (input, cached, cache write, output, reasoning): no token stands in two classes, and their sum is
    /// prompt plus completion. Inconsistent counts are cut as in [`Usage::parse`].
    pub fn disjoint(&self) -> (u64, u64, u64, u64, u64) {
        let cached = self.cached_tokens.min(self.prompt_tokens);
        let written = self.cache_write_tokens.min(self.prompt_tokens - cached);
        let reasoning = self.reasoning_tokens.min(self.completion_tokens);
        (self.prompt_tokens - cached - written, cached, written, self.completion_tokens - reasoning, reasoning)
    }
}

#[derive(Deserialize)]
struct Said {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    prompt_cache_hit_tokens: Option<u64>,
    prompt_tokens_details: Option<PromptDetails>,
    completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Default, Deserialize)]
struct PromptDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn openais_details_are_parts_of_the_whole() {
        let usage = br#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
            "prompt_tokens_details":{"cached_tokens":60,"audio_tokens":0,"cache_write_tokens":10},
            "completion_tokens_details":{"reasoning_tokens":20}}"#;
        assert_eq!(Usage::parse(usage).unwrap().disjoint(), (30, 60, 10, 30, 20));
    }

    #[test]
    fn deepseeks_cache_hits_are_cached_tokens() {
        let usage = br#"{"prompt_tokens":100,"completion_tokens":5,"prompt_cache_hit_tokens":64,"prompt_cache_miss_tokens":36}"#;
        assert_eq!(Usage::parse(usage).unwrap().disjoint(), (36, 64, 0, 5, 0));
    }

    #[test]
    fn null_and_absent_details_are_zero() {
        let usage = br#"{"prompt_tokens":7,"completion_tokens":2,"prompt_tokens_details":null,"completion_tokens_details":{"reasoning_tokens":null}}"#;
        assert_eq!(Usage::parse(usage).unwrap().disjoint(), (7, 0, 0, 2, 0));
    }

    #[test]
    fn a_usage_that_says_nothing_is_not_zero() {
        for silent in [&b"{}"[..], b"null", b"[]", b"12", br#"{"cost":1}"#, br#"{"prompt_tokens":-1}"#] {
            assert_eq!(Usage::parse(silent), None);
        }
    }

    #[test]
    fn a_missing_half_is_what_the_total_leaves() {
        let embedding = Usage::parse(br#"{"prompt_tokens":8,"total_tokens":8}"#).unwrap();
        assert_eq!((embedding.prompt_tokens, embedding.completion_tokens), (8, 0));
        let completion = Usage::parse(br#"{"prompt_tokens":8,"total_tokens":11}"#).unwrap();
        assert_eq!(completion.completion_tokens, 3);
    }

    proptest! {
        #[test]
        fn whatever_a_provider_claims_the_classes_add_up(prompt: u32, cached: u64, written: u64, completion: u32, reasoning: u64) {
            let usage = format!(
                r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"prompt_tokens_details":{{"cached_tokens":{cached},"cache_write_tokens":{written}}},"completion_tokens_details":{{"reasoning_tokens":{reasoning}}}}}"#
            );
            let usage = Usage::parse(usage.as_bytes()).unwrap();
            prop_assert!(usage.cached_tokens + usage.cache_write_tokens <= usage.prompt_tokens);
            let (input, cached, written, output, reasoning) = usage.disjoint();
            prop_assert_eq!(input + cached + written, u64::from(prompt));
            prop_assert_eq!(output + reasoning, u64::from(completion));
        }
    }
}
