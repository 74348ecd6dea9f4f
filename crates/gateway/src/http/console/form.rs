//! Reading what people type: everything wrong is reported at once, each at its field.

use crate::http::error::{FieldError, Problem};
use billing::Period;
use chrono::{DateTime, Utc};
use std::fmt::Display;

/// What is wrong so far.
#[derive(Debug, Default)]
pub(super) struct Form(Vec<FieldError>);

impl Form {
    /// Takes a value, or notes why it is refused.
    pub(super) fn read<T>(&mut self, field: &str, value: Result<T, impl Display>) -> Option<T> {
        value.map_err(|why| self.0.push(FieldError { field: field.to_owned(), message: why.to_string() })).ok()
    }

    /// The problem to answer with, once a field was refused.
    pub(super) fn refuse(self) -> Problem {
        Problem::invalid_fields(self.0)
    }
}

/// A name that people give to a thing: `length_max` characters, without white space around it.
pub(super) fn name(text: &str, length_max: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        Err("the name is empty".into())
    } else if text.chars().count() > length_max {
        Err(format!("the name has more than {length_max} characters"))
    } else if text.chars().any(char::is_control) {
        Err("the name has a character that cannot be shown".into())
    } else {
        Ok(text.to_owned())
    }
}

/// The month that a query names, or the present one.
pub(super) fn period(text: Option<&str>, now: DateTime<Utc>) -> Result<Period, Problem> {
    match text {
        None => Ok(Period::of(now)),
        Some(text) => Period::parse(text).map_err(|error| Problem::invalid_field("period", error.to_string())),
    }
}

/// The moment that a query names, as RFC 3339.
pub(super) fn moment(text: &str) -> Result<DateTime<Utc>, String> {
    text.parse().map_err(|_| format!("{text:?} is not a time: one such as 2026-11-24T10:00:00Z was expected"))
}

/// How many rows a query asks for.
pub(super) fn limit(text: Option<&str>, default: i64, max: i64) -> Result<i64, String> {
    match text.map(str::parse::<i64>) {
        None => Ok(default),
        Some(Ok(limit)) if (1..=max).contains(&limit) => Ok(limit),
        Some(_) => Err(format!("a number from 1 to {max} was expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_and_must_be_showable() {
        assert_eq!(name("  Ada & Söhne ", 20).unwrap(), "Ada & Söhne");
        assert_eq!(name("ééé", 3).unwrap(), "ééé");
        for bad in ["", "  ", "éééé", "a\u{7}"] {
            assert!(name(bad, 3).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_limit_is_kept_within_its_bounds_by_refusing_not_by_guessing() {
        assert_eq!(limit(None, 50, 200), Ok(50));
        assert_eq!(limit(Some("200"), 50, 200), Ok(200));
        for bad in ["0", "-1", "201", "many", ""] {
            assert!(limit(Some(bad), 50, 200).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_month_or_moment_that_is_none_is_refused() {
        let now = moment("2026-11-24T10:00:00Z").unwrap();
        assert_eq!(period(None, now).unwrap(), Period::parse("2026-11").unwrap());
        assert_eq!(period(Some("2026-01"), now).unwrap(), Period::parse("2026-01").unwrap());
        assert!(period(Some("2026-13"), now).is_err());
        assert_eq!(moment("2026-11-24T18:00:00+08:00").unwrap(), now);
        assert!(moment("yesterday").is_err());
    }
}
