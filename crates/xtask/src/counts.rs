//! How many tests passed, failed and were skipped, over every kind of test.

use std::fmt;
use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl Counts {
    /// From one of the lines in which each Rust test program sums itself up; None for any other line.
    pub(crate) fn from_cargo_line(line: &str) -> Option<Self> {
        let rest = line.trim().strip_prefix("test result: ")?;
        let (_, numbers) = rest.split_once(". ")?;
        let number =
            |unit: &str| numbers.split(';').find_map(|part| part.trim().strip_suffix(unit)?.trim().parse::<u64>().ok());
        Some(Self { passed: number(" passed")?, failed: number(" failed")?, skipped: number(" ignored")? })
    }

    /// From Vitest's report in Jest's JSON. A file that does not even load fails as one.
    pub(crate) fn from_vitest_report(text: &str) -> Option<Self> {
        let report: serde_json::Value = serde_json::from_str(text).ok()?;
        let number = |name: &str| report.get(name).and_then(serde_json::Value::as_u64);
        let mut counts = Self {
            passed: number("numPassedTests")?,
            failed: number("numFailedTests")?,
            skipped: number("numPendingTests")? + number("numTodoTests").unwrap_or(0),
        };
        if counts.failed == 0 {
            counts.failed = number("numFailedTestSuites").unwrap_or(0);
        }
        Some(counts)
    }

    /// A run that ended badly is a failure even when no test had the time to say so: it did not build, or crashed.
    pub(crate) fn with_outcome(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// The last line of `test` and `check`: `12 passed, 0 failed` and, if there are any, `, 1 skipped`.
impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(formatter, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_programs_sum_is_read_and_other_lines_are_not() {
        let line =
            "test result: FAILED. 11 passed; 2 failed; 3 ignored; 0 measured; 40 filtered out; finished in 0.02s";
        assert_eq!(Counts::from_cargo_line(line), Some(Counts { passed: 11, failed: 2, skipped: 3 }));
        assert_eq!(Counts::from_cargo_line("test result_is_kept ... ok"), None);
    }

    #[test]
    fn vitest_is_counted_and_a_file_that_does_not_load_fails() {
        let report =
            r#"{"numPassedTests":5,"numFailedTests":0,"numPendingTests":1,"numTodoTests":1,"numFailedTestSuites":1}"#;
        assert_eq!(Counts::from_vitest_report(report), Some(Counts { passed: 5, failed: 1, skipped: 2 }));
    }

    #[test]
    fn a_crash_counts_as_a_failure() {
        assert_eq!(Counts::default().with_outcome(false).failed, 1);
        assert_eq!(Counts { passed: 1, failed: 2, skipped: 0 }.with_outcome(false).failed, 2);
    }

    #[test]
    fn the_last_line_has_one_form() {
        assert_eq!(Counts { passed: 7, failed: 0, skipped: 0 }.to_string(), "7 passed, 0 failed");
        assert_eq!(Counts { passed: 7, failed: 1, skipped: 2 }.to_string(), "7 passed, 1 failed, 2 skipped");
    }
}
