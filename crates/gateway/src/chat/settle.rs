//! From what was used to what it costs, exactly; and the record that must stand before the answer is complete.

use super::failure::Failure;
use super::route::Stop;
use super::translate::Counted;
use billing::{Charge, CountSource, Reason, Tokens};
use llm::usage::Usage;
use rust_decimal::Decimal;
use std::time::Instant;
use store::books::Admission;
use store::journal::{Ended, Settlement};
use tenancy::Environment;

/// How the call went, apart from what it used.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    pub reason: Reason,
    pub status: u16,
    pub attempts: u32,
    pub started_at: Instant,
    pub first_byte_ms: Option<u32>,
}

/// Records the end of the request. After this returns the answer may be completed.
pub async fn settle(
    admission: Admission,
    stop: &Stop,
    counted: Counted,
    course: Course,
) -> Result<Settlement, Failure> {
    let (usage, source) = match counted {
        Counted::Provider(usage) => (usage, CountSource::Provider),
        Counted::Estimated(usage) => (usage, CountSource::Estimated),
        Counted::Nothing => (Usage::default(), CountSource::Estimated),
    };
    let tokens = tokens(&usage);
    let exact = charge(&admission, stop, &tokens, counted)?;
    let ended = Ended {
        source,
        reason: course.reason,
        status: course.status,
        attempts: u16::try_from(course.attempts).unwrap_or(u16::MAX),
        latency_ms: elapsed_ms(course.started_at),
        first_byte_ms: course.first_byte_ms,
    };
    let settlement = admission.settle(super::admit::served(stop), tokens, exact, ended).await?;
    if !settlement.overage.is_zero() {
        tracing::warn!(request.id = %settlement.intent.request_id, model = %settlement.served.model, overage = %settlement.overage, "hold was too small, the operator bears the rest");
    }
    metrics::counter!("turnpike_requests_settled_total", "reason" => course.reason.as_str(), "source" => source.as_str()).increment(1);
    Ok(settlement)
}

pub fn elapsed_ms(since: Instant) -> u32 {
    u32::try_from(since.elapsed().as_millis()).unwrap_or(u32::MAX)
}

fn charge(admission: &Admission, stop: &Stop, tokens: &Tokens, counted: Counted) -> Result<Charge, Failure> {
    let intent = admission.intent();
    if intent.environment == Environment::Test || matches!(counted, Counted::Nothing) {
        return Ok(Charge { usd: Decimal::ZERO, billed: Decimal::ZERO });
    }
    stop.price
        .price
        .charge(tokens, intent.fx_rate)
        .map_err(|e| Failure::Unavailable(format!("usage cannot be priced: {e}")))
}

fn tokens(usage: &Usage) -> Tokens {
    let (input, cached_input, cache_write, output, reasoning) = usage.disjoint();
    Tokens { input, cached_input, cache_write, cache_write_1h: 0, output, reasoning }
}
