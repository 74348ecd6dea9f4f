//! Time and randomness enter here and are handed on as arguments.

use chrono::{DateTime, Utc};
use market::timestamp::Timestamp;
use tenancy::RequestId;

pub fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The same moment as market data has it.
pub fn timestamp() -> Timestamp {
    Timestamp::from_unix_ns(now().timestamp_nanos_opt().unwrap_or_default()).unwrap_or_default()
}

/// Bytes from the operating system. Every secret and id comes from here.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes once it has booted");
    bytes
}

pub fn new_request_id() -> RequestId {
    RequestId::at(u64::try_from(now().timestamp_millis()).unwrap_or_default(), random())
}
