//! Billing periods: calendar months in UTC.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// A calendar month in UTC, written `2026-11`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub struct Period {
    pub year: i32,
    /// 1 to 12.
    pub month: u32,
}

/// The text or numbers are no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a period: a month such as 2026-11 was expected")]
pub struct PeriodError {
    /// What was given, at most 32 characters of it.
    pub text: String,
}

impl Period {
    /// A month of the years 0 to 9999, which is what four digits can say.
    pub fn new(year: i32, month: u32) -> Result<Self, PeriodError> {
        if (0..=9999).contains(&year) && (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(PeriodError { text: format!("{year}-{month}") })
        }
    }

    /// The period that a moment belongs to.
    pub fn of(moment: DateTime<Utc>) -> Self {
        Self { year: moment.year(), month: moment.month() }
    }

    /// Reads `2026-11` and no other form.
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        let refusal = || PeriodError { text: text.chars().take(32).collect() };
        let (year, month) = text.split_once('-').ok_or_else(refusal)?;
        let plain = |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(year, 4) || !plain(month, 2) {
            return Err(refusal());
        }
        let year = year.parse().map_err(|_| refusal())?;
        let month = month.parse().map_err(|_| refusal())?;
        Self::new(year, month).map_err(|_| refusal())
    }

    /// The first moment that belongs to it.
    pub fn start(self) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(self.year, self.month, 1)
            // Only past the last month that chrono has, some 260,000 years from now.
            .map_or(DateTime::<Utc>::MAX_UTC, |day| day.and_time(NaiveTime::MIN).and_utc())
    }

    /// The first moment that no longer belongs to it.
    pub fn end(self) -> DateTime<Utc> {
        self.next().start()
    }

    /// The month after.
    pub fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Period {
    type Error = PeriodError;

    fn try_from(text: String) -> Result<Self, PeriodError> {
        Self::parse(&text)
    }
}

impl From<Period> for String {
    fn from(period: Period) -> Self {
        period.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn period(text: &str) -> Period {
        Period::parse(text).unwrap()
    }

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_ends_where_the_next_begins() {
        let november = period("2026-11");
        assert_eq!(november.start(), moment("2026-11-01T00:00:00Z"));
        assert_eq!(november.end(), moment("2026-12-01T00:00:00Z"));
        assert_eq!(november.next(), period("2026-12"));
    }

    #[test]
    fn december_is_followed_by_january() {
        assert_eq!(period("2026-12").next(), period("2027-01"));
        assert_eq!(period("2026-12").end(), moment("2027-01-01T00:00:00Z"));
        assert!(period("2026-12") < period("2027-01"));
    }

    #[test]
    fn a_moment_belongs_to_its_utc_month_whatever_the_zone_it_was_written_in() {
        let in_shanghai: DateTime<Utc> = DateTime::parse_from_rfc3339("2026-12-01T07:59:59+08:00").unwrap().into();
        assert_eq!(Period::of(in_shanghai), period("2026-11"));
    }

    #[test]
    fn only_one_form_is_read() {
        for text in [
            "",
            "2026",
            "2026-1",
            "2026-00",
            "2026-13",
            "26-11",
            "2026-11-01",
            "+026-11",
            "2026–11",
            "２０２６-11",
            "2026-+1",
        ] {
            assert!(Period::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_period_is_a_string_in_json() {
        let json = serde_json::to_string(&period("0099-03")).unwrap();
        assert_eq!(json, r#""0099-03""#);
        assert_eq!(serde_json::from_str::<Period>(&json).unwrap(), period("0099-03"));
        assert!(serde_json::from_str::<Period>(r#""2026-13""#).is_err());
    }

    #[test]
    fn the_end_of_time_does_not_panic() {
        assert_eq!(Period::of(DateTime::<Utc>::MAX_UTC).end(), DateTime::<Utc>::MAX_UTC);
    }

    proptest! {
        #[test]
        fn every_moment_lies_within_its_period(seconds in 0i64..250_000_000_000) {
            let moment = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap();
            let period = Period::of(moment);
            prop_assert!(period.start() <= moment && moment < period.end());
            prop_assert_eq!(Period::of(period.end()), period.next());
            prop_assert_eq!(Period::of(period.end() - TimeDelta::nanoseconds(1)), period);
            prop_assert_eq!(Period::parse(&period.to_string()).unwrap(), period);
        }
    }
}
