//! The steps of `check`, with how long each took and how it ended.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::signals;

#[derive(Default)]
pub(crate) struct Stages(Vec<Stage>);

struct Stage {
    name: &'static str,
    took: Duration,
    failed: bool,
}

impl Stages {
    /// Runs one; its error is printed here and remembered, so that the next stages run as well and one look shows everything.
    pub(crate) fn run<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        if signals::stop_requested() {
            return None;
        }
        println!("── {name}");
        let started = Instant::now();
        let result = work();
        self.0.push(Stage { name, took: started.elapsed(), failed: result.is_err() });
        result.inspect_err(|error| eprintln!("{name}: {error:#}")).ok()
    }

    /// Marks the last stage as failed when its result, and not an error, says so.
    pub(crate) fn fail_last(&mut self) {
        if let Some(stage) = self.0.last_mut() {
            stage.failed = true;
        }
    }

    pub(crate) fn all_passed(&self) -> bool {
        self.0.iter().all(|stage| !stage.failed)
    }

    pub(crate) fn print(&self) {
        println!();
        for stage in &self.0 {
            let outcome = if stage.failed { "FAILED" } else { "" };
            println!("{:<20} {:>7.1} s  {outcome}", stage.name, stage.took.as_secs_f64());
        }
        let total: Duration = self.0.iter().map(|stage| stage.took).sum();
        println!("{:<20} {:>7.1} s", "all", total.as_secs_f64());
    }
}
