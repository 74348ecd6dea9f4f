//! One call to one candidate: its deadlines, and what its refusals mean.

use super::failure::Failure;
use super::route::Stop;
use super::translate::Request;
use bytes::Bytes;
use llm::provider::{RetryHints, classify, headers};
use reqwest::Response;
use std::time::{Duration, Instant};
use tenancy::RequestId;

/// A refusal's body is for people; more of it than this helps nobody.
const REFUSAL_BYTES_MAX: usize = 64 << 10;
/// A whole reply; images and long reasoning stay far below.
const REPLY_BYTES_MAX: usize = 64 << 20;
/// A stream that says nothing for this long is dead. Some reasoning models pause for half a minute.
pub const IDLE_MAX: Duration = Duration::from_secs(120);

/// Why a candidate did not answer, and whether the next one may be asked.
#[derive(Debug)]
pub struct Missed {
    pub failure: Failure,
    pub try_next: bool,
}

/// Sends the call and waits for the head of the answer. The model's timeout covers all until the first byte.
pub async fn start(
    client: &reqwest::Client,
    request: &Request,
    stop: &Stop,
    bound: Option<u64>,
    request_id: RequestId,
) -> Result<Response, Missed> {
    let outgoing = request.outgoing(stop, bound);
    let timeout = timeout(stop);
    let started = Instant::now();
    let mut call = client
        .post(outgoing.url)
        .body(outgoing.body)
        .header("content-type", "application/json")
        .header("x-client-request-id", request_id.to_string());
    for (name, value) in headers(stop.candidate.kind, &stop.upstream.api_key) {
        call = call.header(name, value);
    }
    let response = match tokio::time::timeout(timeout, call.send()).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => return Err(missed(Failure::Unreachable(error.without_url().to_string()))),
        Err(_) => return Err(missed(deadline(started))),
    };
    if response.status().is_success() { Ok(response) } else { Err(refused(response, stop).await) }
}

pub fn timeout(stop: &Stop) -> Duration {
    Duration::from_secs(u64::from(stop.candidate.model.timeout_s))
}

pub fn deadline(started: Instant) -> Failure {
    Failure::Deadline { waited_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX) }
}

pub fn missed(failure: Failure) -> Missed {
    Missed { failure, try_next: true }
}

/// The whole body, within the model's timeout and a bound.
pub async fn whole(mut response: Response, stop: &Stop) -> Result<Bytes, Missed> {
    let started = Instant::now();
    let read = async {
        let mut body = Vec::with_capacity(
            response.content_length().map_or(4096, |n| usize::try_from(n).unwrap_or(0).min(REPLY_BYTES_MAX)),
        );
        while let Some(chunk) =
            response.chunk().await.map_err(|e| missed(Failure::Unreachable(e.without_url().to_string())))?
        {
            if body.len() + chunk.len() > REPLY_BYTES_MAX {
                return Err(missed(Failure::Malformed("it is larger than 64 MiB".into())));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(body))
    };
    tokio::time::timeout(timeout(stop), read).await.unwrap_or_else(|_| Err(missed(deadline(started))))
}

async fn refused(mut response: Response, stop: &Stop) -> Missed {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let (retry_after_ms, retry_after, should_retry) =
        (header("retry-after-ms"), header("retry-after"), header("x-should-retry"));
    let mut body = Vec::new();
    let read = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(REFUSAL_BYTES_MAX - body.len())]);
            if body.len() == REFUSAL_BYTES_MAX {
                break;
            }
        }
    };
    // What did not come in time is not needed: the status already says what to do.
    let _ = tokio::time::timeout(Duration::from_secs(5), read).await;
    let hints = RetryHints {
        retry_after_ms: retry_after_ms.as_deref(),
        retry_after: retry_after.as_deref(),
        should_retry: should_retry.as_deref(),
    };
    let error = classify(stop.candidate.kind, status, hints, &body);
    tracing::warn!(provider.name = %stop.candidate.provider, model = %stop.candidate.model.id, status, class = ?error.class, detail = %error.detail, "provider refused a call");
    Missed { try_next: error.try_next, failure: Failure::Upstream(Box::new(error)) }
}
