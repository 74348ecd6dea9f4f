//! What is counted: tokens by class, and how a count came about.

use serde::{Deserialize, Serialize};

use crate::word::words;

words! {
    /// A class of tokens with a price of its own. Classes never overlap.
    "a token class" TokenClass {
        /// Read afresh: without those of the three cache classes.
        Input = "input",
        /// Found in the provider's prompt cache.
        CachedInput = "cached_input",
        /// Written to the provider's prompt cache for its usual time (five minutes at Anthropic).
        CacheWrite = "cache_write",
        /// Written to it for an hour.
        CacheWrite1h = "cache_write_1h",
        /// Produced and shown.
        Output = "output",
        /// Produced in thought, not shown.
        Reasoning = "reasoning",
    }
}

words! {
    /// Whose count it is.
    "a count source" CountSource {
        /// The provider's own, from its reply.
        Provider = "provider",
        /// Ours, where the provider gave none.
        Estimated = "estimated",
    }
}

words! {
    /// How a request ended. Stands on the usage row, the receipt and the invoice line.
    "a reason" Reason {
        Completed = "completed",
        /// The client hung up; what was produced by then is charged.
        ClientGone = "client_gone",
        /// Its owner or the operator stopped it.
        Cancelled = "cancelled",
        /// The provider answered with an error.
        UpstreamError = "upstream_error",
        /// The provider's stream ended without its end.
        UpstreamCut = "upstream_cut",
        DeadlineExceeded = "deadline_exceeded",
        /// The gateway died; a later one found the intent in its journal.
        Crash = "crash",
        /// The task that carried it went away without settling.
        Abandoned = "abandoned",
    }
}

words! {
    /// What a usage row counts.
    "a usage kind" UsageKind {
        Request = "request",
        /// One clock minute of a market data connection.
        MarketMinute = "market_minute",
        /// A call answered elsewhere, kept for comparison; costs nothing.
        Shadow = "shadow",
    }
}

/// Tokens of one request by class.
///
/// The classes are **disjoint**: `input` is without cached tokens, `output` without reasoning.
/// Providers differ in this; whoever reads their replies subtracts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Tokens {
    pub input: u64,
    pub cached_input: u64,
    pub cache_write: u64,
    pub cache_write_1h: u64,
    pub output: u64,
    pub reasoning: u64,
}

impl Tokens {
    pub const fn get(&self, class: TokenClass) -> u64 {
        match class {
            TokenClass::Input => self.input,
            TokenClass::CachedInput => self.cached_input,
            TokenClass::CacheWrite => self.cache_write,
            TokenClass::CacheWrite1h => self.cache_write_1h,
            TokenClass::Output => self.output,
            TokenClass::Reasoning => self.reasoning,
        }
    }

    /// All that was read, cached or not. Saturates.
    pub const fn input_total(&self) -> u64 {
        self.input
            .saturating_add(self.cached_input)
            .saturating_add(self.cache_write)
            .saturating_add(self.cache_write_1h)
    }

    /// All that was produced, shown or not. Saturates.
    pub const fn output_total(&self) -> u64 {
        self.output.saturating_add(self.reasoning)
    }

    /// Everything, as rate limits count it. Saturates.
    pub const fn total(&self) -> u64 {
        self.input_total().saturating_add(self.output_total())
    }

    /// Class by class. Saturates, as a provider's absurd count must not bring a request down;
    /// a saturated count then fails to be priced.
    pub const fn saturating_add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_write_1h: self.cache_write_1h.saturating_add(other.cache_write_1h),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKENS: Tokens = Tokens {
        input: 1,
        cached_input: 20,
        cache_write: 300,
        cache_write_1h: 4_000,
        output: 50_000,
        reasoning: 600_000,
    };

    #[test]
    fn every_class_is_in_exactly_one_of_the_two_totals() {
        assert_eq!(TOKENS.input_total(), 4_321);
        assert_eq!(TOKENS.output_total(), 650_000);
        assert_eq!(TOKENS.total(), 654_321);
        let by_class: u64 = TokenClass::ALL.iter().map(|class| TOKENS.get(*class)).sum();
        assert_eq!(by_class, TOKENS.total());
    }

    #[test]
    fn adding_keeps_classes_apart_and_saturates() {
        let full = Tokens { output: u64::MAX, ..TOKENS };
        let sum = full.saturating_add(TOKENS);
        assert_eq!(
            sum,
            Tokens {
                input: 2,
                cached_input: 40,
                cache_write: 600,
                cache_write_1h: 8_000,
                output: u64::MAX,
                reasoning: 1_200_000,
            }
        );
        assert_eq!(sum.total(), u64::MAX);
    }

    #[test]
    fn absent_classes_count_as_none() {
        let tokens: Tokens = serde_json::from_str(r#"{"input":3,"output":4}"#).unwrap();
        assert_eq!(tokens, Tokens { input: 3, output: 4, ..Tokens::default() });
    }
}
