//! Tickets: who may open a market data socket within the next minute, for browsers, which cannot send a header with one. A ticket
//! stands in an address and so in logs; it is good for nothing else and not for long.

use super::console::hex;
use crate::app::App;
use crate::clock;
use crate::relay::minute::Payer;
use crate::secrets::Purpose;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tenancy::{ApiKeyId, TenantId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

/// Long enough for a slow page, short enough for a log that leaks.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(60);

const KEY: u8 = 1;
const MEMBER: u8 = 2;
/// Kind, tenant, key or user, expiry in unix seconds, random.
const CLAIM_BYTES: usize = 1 + 16 + 16 + 8 + 8;
const TICKET_BYTES: usize = CLAIM_BYTES + 32;

/// What whoever asked for a ticket gets.
#[derive(Serialize, ToSchema)]
pub(crate) struct IssuedTicket {
    /// For `/v1/market/ws?ticket=…`.
    ticket: String,
    expires_at: DateTime<Utc>,
}

pub(super) fn issue(app: &App, payer: Payer) -> IssuedTicket {
    let expires_at = clock::now() + GOOD_FOR;
    let ticket = write(&app.secrets.current(Purpose::MarketTicket), payer, expires_at, clock::random());
    IssuedTicket { ticket, expires_at }
}

/// Whom the ticket names, if we signed it and its time is not over.
pub(super) fn redeem(app: &App, ticket: &str) -> Option<Payer> {
    read(&app.secrets.derive(Purpose::MarketTicket), ticket, clock::now())
}

fn write(key: &[u8; 32], payer: Payer, expires_at: DateTime<Utc>, random: [u8; 8]) -> String {
    let (kind, tenant_id, id) = match payer {
        Payer::Key(tenant_id, api_key_id) => (KEY, tenant_id, api_key_id.as_uuid()),
        Payer::Member(tenant_id, user_id) => (MEMBER, tenant_id, user_id.as_uuid()),
    };
    let mut claim = Vec::with_capacity(TICKET_BYTES);
    claim.push(kind);
    claim.extend_from_slice(tenant_id.as_uuid().as_bytes());
    claim.extend_from_slice(id.as_bytes());
    claim.extend_from_slice(&expires_at.timestamp().to_be_bytes());
    claim.extend_from_slice(&random);
    let signature = sign(key, &claim);
    claim.extend_from_slice(&signature);
    hex::encode(&claim)
}

fn read(keys: &[[u8; 32]], ticket: &str, now: DateTime<Utc>) -> Option<Payer> {
    let bytes = hex::decode::<TICKET_BYTES>(ticket)?;
    let (claim, given) = bytes.split_at(CLAIM_BYTES);
    if !keys.iter().any(|key| bool::from(sign(key, claim).ct_eq(given))) {
        return None;
    }
    let uuid = |at: usize| Uuid::from_slice(&claim[at..at + 16]).ok();
    let (tenant_id, id) = (TenantId::new(uuid(1)?), uuid(17)?);
    let expires_at = i64::from_be_bytes(claim[33..41].try_into().ok()?);
    if now.timestamp() >= expires_at {
        return None;
    }
    match claim[0] {
        KEY => Some(Payer::Key(tenant_id, ApiKeyId::new(id))),
        MEMBER => Some(Payer::Member(tenant_id, UserId::new(id))),
        _ => None,
    }
}

fn sign(key: &[u8; 32], claim: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(claim);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_NOW: [u8; 32] = [1; 32];

    fn payers() -> [Payer; 2] {
        let tenant_id = TenantId::new(Uuid::from_u128(7));
        [
            Payer::Key(tenant_id, ApiKeyId::new(Uuid::from_u128(8))),
            Payer::Member(tenant_id, UserId::new(Uuid::from_u128(8))),
        ]
    }

    #[test]
    fn a_ticket_names_its_payer_until_its_time_is_over() {
        let now: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
        for payer in payers() {
            let ticket = write(&KEY_NOW, payer, now + GOOD_FOR, [3; 8]);
            assert_eq!(read(&[[2; 32], KEY_NOW], &ticket, now), Some(payer));
            assert_eq!(read(&[KEY_NOW], &ticket, now + GOOD_FOR), None);
        }
    }

    #[test]
    fn a_ticket_that_we_did_not_sign_names_nobody() {
        let now: DateTime<Utc> = "2026-11-24T10:00:00Z".parse().unwrap();
        let ticket = write(&KEY_NOW, payers()[0], now + GOOD_FOR, [3; 8]);
        assert_eq!(read(&[[2; 32]], &ticket, now), None);
        for at in 0..ticket.len() {
            let mut forged = ticket.clone().into_bytes();
            forged[at] = if forged[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(read(&[KEY_NOW], std::str::from_utf8(&forged).unwrap(), now), None, "digit {at}");
        }
        assert_eq!(read(&[KEY_NOW], "", now), None);
    }
}
