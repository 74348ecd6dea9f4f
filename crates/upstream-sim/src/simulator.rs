//! What all endpoints share: the faults in force, the record of everything served, and fresh ids.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::faults::FaultRules;
use crate::served::Served;

pub(crate) struct Simulator {
    pub(crate) served: Arc<Served>,
    pub(crate) faults: FaultRules,
    /// Differs from start to start, so that ids of two runs do not meet.
    id_seed: u64,
    ids_given: AtomicU64,
}

impl Simulator {
    pub(crate) fn start() -> Self {
        Self {
            served: Arc::new(Served::default()),
            faults: FaultRules::default(),
            id_seed: RandomState::new().hash_one(std::process::id()),
            ids_given: AtomicU64::new(0),
        }
    }

    /// `prefix` and `length` characters of `[0-9A-Za-z]`, of which the first eleven alone are unique within a run.
    pub(crate) fn unique_id(&self, prefix: &str, length: usize) -> String {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let number = self.ids_given.fetch_add(1, Ordering::Relaxed);
        let mut id = String::with_capacity(prefix.len() + length);
        id.push_str(prefix);
        let mut word = scatter(self.id_seed.wrapping_add(number));
        let mut rest = word;
        for place in 1..=length {
            id.push(char::from(DIGITS[(rest % 62) as usize]));
            rest /= 62;
            // 62^11 exceeds 2^64: eleven digits hold the whole word.
            if place % 11 == 0 {
                word = scatter(word);
                rest = word;
            }
        }
        id
    }
}

/// One step of SplitMix64: a bijection whose output looks random.
pub(crate) fn scatter(word: u64) -> u64 {
    let mut mixed = word.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// FNV-1a: the same number for the same text in every run and on every machine.
pub(crate) fn digest(text: &str) -> u64 {
    text.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

pub(crate) fn unix_time_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ids_are_alike() {
        let simulator = Simulator::start();
        let ids: std::collections::HashSet<_> = (0..10_000).map(|_| simulator.unique_id("chatcmpl-", 29)).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == "chatcmpl-".len() + 29));
    }
}
