//! Ids as types of their own, so that a user's id cannot stand where a tenant's is wanted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not a UUID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id: a UUID was expected")]
pub struct IdError {
    /// What was given, at most 64 characters of it.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes any UUID: that it names something is for the store to say.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for binding to a statement or framing into a record.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError {
                    text: text.chars().take(64).collect(),
                })
            }
        }
    )*};
}

ids! {
    /// A customer of the toll road: owner of members, keys, balance and invoices.
    TenantId
    /// A person who logs in; may be a member of several tenants.
    UserId
    /// One person's place in one tenant, with a role.
    MemberId
    /// An API key's row. The key itself is never stored.
    ApiKeyId
    /// A login of a person in a browser.
    SessionId
    /// One request on the toll road, from its intent to its receipt: always a UUIDv7 of ours.
    RequestId
    /// A transaction of the ledger: one or more postings that stand or fall together.
    TransactionId
    /// An issued invoice.
    InvoiceId
}

/// A UUIDv7 has 48 bits for the time.
const TIMESTAMP_BITS: u32 = 48;

impl RequestId {
    /// Makes the id of a request that started at `unix_ms` (milliseconds since 1970, UTC).
    ///
    /// The same arguments give the same id. Times past the year 10889 lose their upper bits,
    /// as the format has room for 48.
    pub fn at(unix_ms: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(unix_ms, &random).into_uuid())
    }

    /// When the request started, in milliseconds since 1970 (UTC): fixed by the id, so that usage
    /// row, billing period and partition agree wherever they are computed.
    ///
    /// Only meaningful for an id made by [`RequestId::at`].
    pub fn started_at_ms(self) -> u64 {
        (self.0.as_u128() >> (128 - TIMESTAMP_BITS)) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = "018f6a2e-3b7c-7def-8123-456789abcdef";

    #[test]
    fn an_id_survives_text_and_json() {
        let id: TenantId = TEXT.parse().unwrap();
        assert_eq!(id.to_string(), TEXT);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{TEXT}\""));
        assert_eq!(serde_json::from_str::<TenantId>(&json).unwrap(), id);
        assert_eq!(TenantId::new(id.as_uuid()), id);
    }

    #[test]
    fn text_that_is_no_uuid_is_refused_and_cut_short() {
        let error = "x".repeat(500).parse::<UserId>().unwrap_err();
        assert_eq!(error.text.len(), 64);
    }

    #[test]
    fn later_requests_sort_after_earlier_ones() {
        let earlier = RequestId::at(1_700_000_000_000, [0xff; 10]);
        let later = RequestId::at(1_700_000_000_001, [0; 10]);
        assert!(earlier < later);
    }

    #[test]
    fn a_request_id_is_a_version_seven_uuid() {
        let id = RequestId::at(1_700_000_000_000, [0xff; 10]).as_uuid();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
    }

    proptest! {
        #[test]
        fn a_request_id_tells_when_its_request_started(
            unix_ms in 0u64..1 << 48,
            random in any::<[u8; 10]>(),
        ) {
            prop_assert_eq!(RequestId::at(unix_ms, random).started_at_ms(), unix_ms);
        }

        #[test]
        fn two_requests_of_one_millisecond_differ_by_their_randomness(
            unix_ms in 0u64..1 << 48,
            low in any::<u8>(),
            other_low in any::<u8>(),
        ) {
            let id = |byte| RequestId::at(unix_ms, [0, 0, 0, 0, 0, 0, 0, 0, 0, byte]);
            prop_assert_eq!(id(low) == id(other_low), low == other_low);
        }
    }
}
