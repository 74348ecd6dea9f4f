//! Understands refusals in OpenAI's envelope, and in the forms that its copies wrap it in.

use serde::Deserialize;
use serde_json::Value;

use super::{ErrorClass, RetryHints, UpstreamError};

/// A provider that asks for a longer wait is as good as gone.
const RETRY_AFTER_MAX_MS: u64 = 3_600_000;

/// Enough of a provider's words for the log.
const DETAIL_MAX_CHARACTERS: usize = 512;

pub(super) fn classify(status: u16, hints: RetryHints<'_>, body: &[u8]) -> UpstreamError {
    let said = Said::read(body);
    let class = said.class(status);
    UpstreamError {
        class,
        try_next: class != ErrorClass::BadRequest,
        retry_after_ms: retry_after_ms(hints, &said),
        message: message(class, status, &said),
        param: said.param.filter(|_| class == ErrorClass::BadRequest),
        code: said.code.filter(|_| class == ErrorClass::BadRequest),
        status,
        detail: said.detail,
    }
}

/// What the body says; all of it may be missing.
#[derive(Default)]
struct Said {
    message: Option<String>,
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
    /// Google's `RetryInfo.retryDelay`, such as `12s`.
    retry_delay: Option<String>,
    detail: String,
}

#[derive(Deserialize)]
struct Error {
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    /// OpenAI's are words, Google's and vLLM's are numbers.
    code: Option<Value>,
    param: Option<String>,
    /// Google's word for the class.
    status: Option<String>,
    details: Option<Vec<Value>>,
}

impl Said {
    fn read(body: &[u8]) -> Said {
        let detail: String = String::from_utf8_lossy(body).trim().chars().take(DETAIL_MAX_CHARACTERS).collect();
        // Google's compatible endpoint wraps the envelope in an array.
        let envelope = match serde_json::from_slice::<Value>(body) {
            Ok(Value::Array(mut wrapped)) if !wrapped.is_empty() => wrapped.swap_remove(0),
            Ok(other) => other,
            Err(_) => return Said { detail, ..Said::default() },
        };
        let inner = envelope.get("error").filter(|inner| inner.is_object()).unwrap_or(&envelope);
        let Ok(error) = Error::deserialize(inner) else {
            return Said { detail, ..Said::default() };
        };
        let delay = |detail: &Value| detail.get("retryDelay").and_then(Value::as_str).map(str::to_owned);
        Said {
            message: error.message,
            kind: error.kind.or(error.status),
            code: error.code.as_ref().and_then(Value::as_str).map(str::to_owned),
            param: error.param,
            retry_delay: error.details.iter().flatten().find_map(delay),
            detail,
        }
    }

    fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.code.as_deref() == Some(word) || self.kind.as_deref() == Some(word))
    }

    fn message_contains(&self, part: &str) -> bool {
        self.message.as_deref().is_some_and(|message| message.contains(part))
    }

    /// The body goes before the status: an empty account comes as 400 or 429, a bad key as 400.
    fn class(&self, status: u16) -> ErrorClass {
        let money = [
            "insufficient_quota",
            "credit_balance_exhausted",
            "billing_error",
            "billing_not_active",
            "billing_hard_limit_reached",
            "enforced_spend_limit_reached",
        ];
        if self.says(&money)
            || self.message_contains("credit balance is too low")
            || self.message_contains("Insufficient Balance")
        {
            return ErrorClass::Money;
        }
        if self.says(&["invalid_api_key", "authentication_error", "UNAUTHENTICATED"])
            || self.message_contains("API key not valid")
        {
            return ErrorClass::Auth;
        }
        match status {
            401 | 403 => ErrorClass::Auth,
            402 => ErrorClass::Money,
            404 => ErrorClass::NotFound,
            429 => ErrorClass::Rate,
            503 | 529 => ErrorClass::Overload,
            // Conflicts and timeouts of the provider's own making.
            408 | 409 => ErrorClass::Server,
            400..=499 => ErrorClass::BadRequest,
            // Redirects come from a wrong base URL, which is ours to mend.
            _ => ErrorClass::Server,
        }
    }
}

/// The provider's words reach the caller only where they speak of its request: elsewhere they name the operator's
/// account, organisation or limits.
fn message(class: ErrorClass, status: u16, said: &Said) -> String {
    let own_words = |fallback: &str| said.message.clone().unwrap_or_else(|| fallback.to_owned());
    match class {
        ErrorClass::BadRequest => own_words("the provider refused the request without saying why"),
        ErrorClass::Auth | ErrorClass::Money => "the provider cannot be used by this gateway at the moment".to_owned(),
        ErrorClass::NotFound => "the provider does not serve this model".to_owned(),
        ErrorClass::Rate => "the provider limits requests at the moment".to_owned(),
        ErrorClass::Overload => own_words("the provider is overloaded"),
        ErrorClass::Server => own_words(&format!("the provider failed with status {status}")),
    }
}

/// In the order in which the official SDKs look; rounded up, and cut to an hour. HTTP dates are not read,
/// because they need a clock: none of the providers sends them. `x-should-retry: false` says that waiting for this
/// provider is in vain, so there is no time to name.
fn retry_after_ms(hints: RetryHints<'_>, said: &Said) -> Option<u64> {
    if hints.should_retry.is_some_and(|value| value.trim().eq_ignore_ascii_case("false")) {
        return None;
    }
    let exact = hints.retry_after_ms.and_then(|value| milliseconds(value, 1.0));
    let header = || hints.retry_after.and_then(|value| milliseconds(value, 1_000.0));
    let body = || said.retry_delay.as_deref().and_then(|delay| milliseconds(delay.strip_suffix('s')?, 1_000.0));
    exact.or_else(header).or_else(body)
}

fn milliseconds(text: &str, per_unit: f64) -> Option<u64> {
    let number: f64 = text.trim().parse().ok()?;
    let milliseconds = (number * per_unit).ceil();
    (milliseconds >= 0.0).then_some((milliseconds as u64).min(RETRY_AFTER_MAX_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(status: u16, body: &str) -> ErrorClass {
        classify(status, RetryHints::default(), body.as_bytes()).class
    }

    #[test]
    fn the_status_decides_where_the_body_is_silent() {
        let expected = [
            (400, ErrorClass::BadRequest),
            (401, ErrorClass::Auth),
            (402, ErrorClass::Money),
            (403, ErrorClass::Auth),
            (404, ErrorClass::NotFound),
            (408, ErrorClass::Server),
            (409, ErrorClass::Server),
            (413, ErrorClass::BadRequest),
            (422, ErrorClass::BadRequest),
            (429, ErrorClass::Rate),
            (500, ErrorClass::Server),
            (503, ErrorClass::Overload),
            (504, ErrorClass::Server),
            (529, ErrorClass::Overload),
            (302, ErrorClass::Server),
        ];
        for (status, class_) in expected {
            for body in ["", "<html>", "[]", "null", "{}", r#"{"error":"text"}"#, r#"{"error":{"code":7}}"#] {
                assert_eq!(class(status, body), class_, "{status} {body}");
            }
        }
    }

    #[test]
    fn an_empty_account_is_money_whatever_its_status() {
        assert_eq!(
            class(
                429,
                r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#
            ),
            ErrorClass::Money
        );
        assert_eq!(
            class(
                400,
                r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API"}}"#
            ),
            ErrorClass::Money
        );
    }

    #[test]
    fn googles_bad_key_is_not_the_callers_fault() {
        let body = r#"[{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}]"#;
        assert_eq!(class(400, body), ErrorClass::Auth);
    }

    #[test]
    fn only_a_bad_request_stops_the_plan_and_speaks_in_the_providers_words() {
        let body = r#"{"error":{"message":"Organization org-secret said no","type":"x","param":"temperature","code":"unsupported_value"}}"#;
        let bad = classify(400, RetryHints::default(), body.as_bytes());
        assert_eq!((bad.try_next, bad.message.as_str()), (false, "Organization org-secret said no"));
        assert_eq!((bad.param.as_deref(), bad.code.as_deref()), (Some("temperature"), Some("unsupported_value")));
        for status in [401, 402, 403, 404, 429] {
            let refused = classify(status, RetryHints::default(), body.as_bytes());
            assert!(refused.try_next, "{status}");
            assert!(!refused.message.contains("org-secret"), "{status}");
            assert!(refused.detail.contains("org-secret"), "{status}");
            assert_eq!((refused.param, refused.code), (None, None), "{status}");
        }
    }

    #[test]
    fn the_most_exact_retry_hint_wins_and_is_capped() {
        let wait = |retry_after_ms, retry_after, should_retry, body: &str| {
            classify(429, RetryHints { retry_after_ms, retry_after, should_retry }, body.as_bytes()).retry_after_ms
        };
        let google = r#"[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.5s"}]}}]"#;
        assert_eq!(wait(Some("250"), Some("9"), None, google), Some(250));
        assert_eq!(wait(None, Some("0.5"), Some("true"), google), Some(500));
        assert_eq!(wait(None, None, None, google), Some(1_500));
        assert_eq!(wait(None, Some("1e300"), None, ""), Some(RETRY_AFTER_MAX_MS));
        assert_eq!(wait(None, Some("Wed, 21 Oct 2026 07:28:00 GMT"), None, ""), None);
        assert_eq!(wait(None, Some("-1"), None, ""), None);
        assert_eq!(wait(Some("250"), None, Some("false"), ""), None);
    }
}
