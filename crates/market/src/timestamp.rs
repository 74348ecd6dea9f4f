//! Moments in UTC and their ISO 8601 text. Written by hand because two of them stand in every message, and were more than half
//! of the cost of writing one in other implementations.

use std::fmt;

const NS_PER_MS: i64 = 1_000_000;
const NS_PER_US: i64 = 1_000;
const NS_PER_S: i64 = 1_000_000_000;
const S_PER_DAY: i64 = 86_400;

/// A count above this is in microseconds, below in milliseconds: as milliseconds it would be the year 33658.
const MS_MAX: i64 = 1_000_000_000_000_000;

/// Nanoseconds since 1970 in UTC; 1970 to 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A moment that is malformed, before 1970 or after 2262.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("read time: neither ISO 8601 in UTC nor a count since 1970")]
pub struct TimestampError;

impl Timestamp {
    pub fn from_unix_ns(unix_ns: i64) -> Result<Self, TimestampError> {
        if unix_ns < 0 { Err(TimestampError) } else { Ok(Self(unix_ns)) }
    }

    /// The exchanges' counts: milliseconds, or microseconds when too large for that.
    pub fn from_unix_ms_or_us(count: i64) -> Result<Self, TimestampError> {
        let unit = if count > MS_MAX { NS_PER_US } else { NS_PER_MS };
        count.checked_mul(unit).ok_or(TimestampError).and_then(Self::from_unix_ns)
    }

    /// `2021-10-12T00:28:34[.1 to 9 digits]` and `Z` or `+00:00`.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        parse(text.as_bytes()).ok_or(TimestampError)
    }

    pub fn unix_ns(self) -> i64 {
        self.0
    }

    /// From `earlier` to this moment, 0 if it is not earlier.
    pub fn ms_since(self, earlier: Self) -> u64 {
        u64::try_from((self.0 - earlier.0) / NS_PER_MS).unwrap_or(0)
    }

    /// Three digits after the second, six where microseconds are known, nine where nanoseconds are.
    pub fn write(self, out: &mut impl Extend<u8>) {
        let mut text = *b"0000-00-00T00:00:00.000000000Z";
        let (seconds, ns) = (self.0.div_euclid(NS_PER_S), self.0.rem_euclid(NS_PER_S));
        let (year, month, day) = civil_from_days(seconds.div_euclid(S_PER_DAY));
        let of_day = seconds.rem_euclid(S_PER_DAY);
        put_digits(&mut text[0..4], year);
        put_digits(&mut text[5..7], month);
        put_digits(&mut text[8..10], day);
        put_digits(&mut text[11..13], of_day / 3600);
        put_digits(&mut text[14..16], of_day / 60 % 60);
        put_digits(&mut text[17..19], of_day % 60);
        put_digits(&mut text[20..29], ns);
        let length = match ns {
            _ if ns % NS_PER_MS == 0 => 23,
            _ if ns % NS_PER_US == 0 => 26,
            _ => 29,
        };
        text[length] = b'Z';
        out.extend(text[..=length].iter().copied());
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(30);
        self.write(&mut text);
        f.write_str(std::str::from_utf8(&text).expect("digits and separators"))
    }
}

fn put_digits(field: &mut [u8], mut value: i64) {
    for place in field.iter_mut().rev() {
        *place = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

fn parse(text: &[u8]) -> Option<Timestamp> {
    let text = text.strip_suffix(b"Z").or_else(|| text.strip_suffix(b"+00:00"))?;
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?
            .iter()
            .try_fold(0i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    for (at, mark) in [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')] {
        (text.get(at) == Some(&mark)).then_some(())?;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let ns = match text.len() {
        19 => 0,
        21..=29 if text[19] == b'.' => number(20, text.len())? * 10i64.pow(29 - text.len() as u32),
        _ => return None,
    };
    let days = days_from_civil(year, month, day);
    if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = days * S_PER_DAY + hour * 3600 + minute * 60 + second;
    Timestamp::from_unix_ns(seconds.checked_mul(NS_PER_S)?.checked_add(ns)?).ok()
}

/// Days since 1970-01-01 in the Gregorian calendar, counted in eras of 400 years that begin in March, so that the leap day is last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_moments_have_their_known_text() {
        for (unix_ns, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000Z"),
            (1_633_998_514_465_973_000, "2021-10-12T00:28:34.465973Z"),
            (1_749_354_825_200_000_001, "2025-06-08T03:53:45.200000001Z"),
            (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        ] {
            assert_eq!(Timestamp(unix_ns).to_string(), text);
            assert_eq!(Timestamp::parse(text), Ok(Timestamp(unix_ns)));
        }
        assert_eq!(Timestamp::parse("2021-10-12T00:28:34+00:00").unwrap().to_string(), "2021-10-12T00:28:34.000Z");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for bad in [
            "",
            "Z",
            "2021-10-12",
            "2021-13-01T00:00:00Z",
            "2021-02-29T00:00:00Z",
            "2021-01-01T24:00:00Z",
            "2021-01-01T00:00:00",
            "2021-01-01T00:00:00.Z",
            "1969-12-31T23:59:59Z",
            "2021-01-01T00:00:00.0000000001Z",
            "2021-01-01T00:00:00+01:00",
            "9999-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(bad), Err(TimestampError), "{bad}");
        }
    }

    #[test]
    fn exchange_counts_are_milliseconds_until_they_are_too_large_for_that() {
        assert_eq!(Timestamp::from_unix_ms_or_us(1_633_998_514_469).unwrap().to_string(), "2021-10-12T00:28:34.469Z");
        assert_eq!(
            Timestamp::from_unix_ms_or_us(1_633_998_514_469_123).unwrap().to_string(),
            "2021-10-12T00:28:34.469123Z"
        );
        assert_eq!(Timestamp::from_unix_ms_or_us(-1), Err(TimestampError));
        assert_eq!(Timestamp::from_unix_ms_or_us(i64::MAX), Err(TimestampError));
    }

    proptest! {
        #[test]
        fn every_moment_survives_its_text(unix_ns in 0..i64::MAX) {
            prop_assert_eq!(Timestamp::parse(&Timestamp(unix_ns).to_string()), Ok(Timestamp(unix_ns)));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ:.+é-]{0,40}") {
            let _ = Timestamp::parse(&text);
        }
    }
}
