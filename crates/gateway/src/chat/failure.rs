//! Why a request was not answered, as the caller is told. Knows no transport; `http/error` gives each a status and an envelope.

use billing::Money;
use llm::catalog::Mode;
use llm::provider::UpstreamError;
use tenancy::RequestId;

#[derive(Debug, Clone)]
pub enum Failure {
    /// The request itself; `param` is where.
    Invalid {
        param: Option<String>,
        message: String,
    },
    ModelNotFound {
        name: String,
        closest: Vec<String>,
    },
    ModelNotPermitted {
        name: String,
        by: String,
    },
    WrongMode {
        name: String,
        mode: Mode,
    },
    /// In the catalogue, but without a price in force: never served for free.
    NotPriced {
        name: String,
    },
    /// Nobody listens to such a book here, or there is none.
    BookNotFound {
        exchange: String,
        symbol: String,
    },
    /// A book is kept, but is not to be used at this moment.
    BookNotLive {
        reason: &'static str,
    },
    KeyRevoked,
    /// A test key, and no simulator to serve it.
    NoSandbox,
    /// No candidate has a credential.
    NoUpstream {
        name: String,
    },
    Suspended,
    RequestsPerMinute {
        limit: u32,
        retry_after_ms: u64,
    },
    TokensPerMinute {
        limit: u32,
        retry_after_ms: u64,
    },
    Concurrency {
        limit: u32,
    },
    Balance {
        available: Money,
        needed: Money,
        fits: Option<u64>,
    },
    /// Ours: Redis, Postgres or the journal. Nothing was called, nothing is charged.
    Unavailable(String),
    /// The last candidate's answer.
    Upstream(Box<UpstreamError>),
    /// No candidate could be reached.
    Unreachable(String),
    /// A candidate's deadline passed.
    Deadline {
        waited_ms: u64,
    },
    /// A candidate answered what is not its dialect.
    Malformed(String),
}

/// A failure, and the id of the request if it got as far as having one.
#[derive(Debug)]
pub struct Refused {
    pub failure: Failure,
    pub request_id: Option<RequestId>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, request_id: None }
    }
}

impl From<store::StoreError> for Failure {
    fn from(error: store::StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}
