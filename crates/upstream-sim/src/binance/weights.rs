//! What an address may still ask: request weight by the minute, and connections by five minutes.
//!
//! Source: <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/limits> (read 2026-11-24).

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Requests after a 429 in the same minute until the address is banned. The exchange does not tell its number.
const REFUSALS_TO_BAN: u32 = 20;

/// The shortest of the exchange's bans.
const BAN: Duration = Duration::from_secs(120);

const CONNECTIONS: usize = 300;
const CONNECTIONS_WINDOW: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 429: over the limit until the minute ends.
    Limited { retry_after_s: u64 },
    /// 418: went on asking.
    Banned { retry_after_s: u64 },
}

pub(crate) struct Weights {
    pub(crate) limit_per_minute: u32,
    /// One entry per address that ever came; never held across an await.
    addresses: Mutex<HashMap<IpAddr, Address>>,
}

struct Address {
    minute_began: Instant,
    used: u32,
    refusals: u32,
    banned_until: Option<Instant>,
    connections: VecDeque<Instant>,
}

impl Weights {
    pub(crate) fn new(limit_per_minute: u32) -> Self {
        Self { limit_per_minute, addresses: Mutex::default() }
    }

    /// The weight used in this minute, this request's included, and whether the request may go on.
    pub(crate) fn charge(&self, address: IpAddr, weight: u32, now: Instant) -> (u32, Result<(), Refusal>) {
        let mut addresses = self.lock();
        let address = addresses.entry(address).or_insert_with(|| Address::new(now));
        if now.duration_since(address.minute_began) >= MINUTE {
            address.minute_began = now;
            address.used = 0;
            address.refusals = 0;
        }
        if let Some(until) = address.banned_until.filter(|until| now < *until) {
            return (address.used, Err(Refusal::Banned { retry_after_s: seconds_until(until, now) }));
        }
        address.used += weight;
        if address.used <= self.limit_per_minute {
            return (address.used, Ok(()));
        }
        address.refusals += 1;
        let refusal = if address.refusals > REFUSALS_TO_BAN {
            address.banned_until = Some(now + BAN);
            Refusal::Banned { retry_after_s: BAN.as_secs() }
        } else {
            Refusal::Limited { retry_after_s: seconds_until(address.minute_began + MINUTE, now) }
        };
        (address.used, Err(refusal))
    }

    /// False when the address has opened too many connections of late.
    pub(crate) fn may_connect(&self, address: IpAddr, now: Instant) -> bool {
        let mut addresses = self.lock();
        let connections = &mut addresses.entry(address).or_insert_with(|| Address::new(now)).connections;
        while connections.front().is_some_and(|opened| now.duration_since(*opened) >= CONNECTIONS_WINDOW) {
            connections.pop_front();
        }
        if connections.len() == CONNECTIONS {
            return false;
        }
        connections.push_back(now);
        true
    }

    pub(crate) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Address>> {
        self.addresses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Address {
    fn new(now: Instant) -> Self {
        Self { minute_began: now, used: 0, refusals: 0, banned_until: None, connections: VecDeque::new() }
    }
}

/// Rounded up: a client that waits so long is not refused again.
fn seconds_until(until: Instant, now: Instant) -> u64 {
    until.duration_since(now).as_millis().div_ceil(1_000) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn a_minute_has_a_limit_and_going_on_means_a_ban() {
        let weights = Weights::new(100);
        let began = Instant::now();
        assert_eq!(weights.charge(HOME, 60, began), (60, Ok(())));
        let later = began + Duration::from_millis(10_500);
        assert_eq!(weights.charge(HOME, 60, later), (120, Err(Refusal::Limited { retry_after_s: 50 })));
        let next_minute = began + MINUTE;
        assert_eq!(weights.charge(HOME, 100, next_minute), (100, Ok(())));
        for _ in 0..REFUSALS_TO_BAN {
            assert!(matches!(weights.charge(HOME, 1, next_minute).1, Err(Refusal::Limited { .. })));
        }
        assert_eq!(weights.charge(HOME, 1, next_minute).1, Err(Refusal::Banned { retry_after_s: 120 }));
        assert!(matches!(weights.charge(HOME, 1, next_minute + MINUTE).1, Err(Refusal::Banned { .. })));
        assert_eq!(weights.charge(HOME, 1, next_minute + BAN).1, Ok(()));
    }

    #[test]
    fn the_three_hundred_and_first_connection_in_five_minutes_is_refused() {
        let weights = Weights::new(100);
        let began = Instant::now();
        assert!((0..CONNECTIONS).all(|_| weights.may_connect(HOME, began)));
        assert!(!weights.may_connect(HOME, began));
        assert!(weights.may_connect(HOME, began + CONNECTIONS_WINDOW));
    }
}
