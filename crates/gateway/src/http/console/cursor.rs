//! Where the next page of usage begins: after the row with this start and id. Opaque to clients.

use super::hex;
use chrono::{DateTime, Utc};
use tenancy::RequestId;
use uuid::Uuid;

pub(super) fn encode(started_at: DateTime<Utc>, request_id: RequestId) -> String {
    format!(
        "{}{}",
        hex::encode(&started_at.timestamp_micros().to_be_bytes()),
        hex::encode(request_id.as_uuid().as_bytes())
    )
}

pub(super) fn decode(text: &str) -> Result<(DateTime<Utc>, RequestId), &'static str> {
    const REFUSED: &str = "this is no cursor: repeat the one that came with the page before";
    let (micros, id) = text.split_at_checked(16).ok_or(REFUSED)?;
    let micros = i64::from_be_bytes(hex::decode(micros).ok_or(REFUSED)?);
    let started_at = DateTime::from_timestamp_micros(micros).ok_or(REFUSED)?;
    Ok((started_at, RequestId::new(Uuid::from_bytes(hex::decode(id).ok_or(REFUSED)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_row() {
        let at = "2026-11-24T10:00:00.123456Z".parse().unwrap();
        let id = RequestId::at(1_764_000_000_000, [3; 10]);
        assert_eq!(decode(&encode(at, id)), Ok((at, id)));
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = encode("2026-11-24T10:00:00Z".parse().unwrap(), RequestId::at(1, [0; 10]));
        for bad in ["", "1", &good[1..], &format!("{good}0"), "ffffffffffffffff", &"7f".repeat(24), "ééééééééé"]
        {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
