//! Two ways to ask: at a steady pace, to see what is added to one request; as fast as it goes, to see what a request costs.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::bench::client::{Kind, Target};
use crate::signals;

/// Between two requests of the paced load: far from the capacity of two cores.
const PACE: Duration = Duration::from_millis(5);
/// Requests that open connections and fill caches, and count for nothing.
const WARM_UP: usize = 50;

/// Times of one target, sorted.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// `share` 0.99 is the 99th percentile.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.0.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

/// Asks the targets in turns, one request at a time, so that each meets the same moments of the machine.
pub(crate) fn paced(targets: &[&Target; 3], kind: Kind, duration: Duration) -> Result<[Times; 3]> {
    let mut connections = [targets[0].connect()?, targets[1].connect()?, targets[2].connect()?];
    for connection in &mut connections {
        for _ in 0..WARM_UP {
            connection.ask(kind)?;
        }
    }
    let mut times = [const { Vec::new() }; 3];
    let started = Instant::now();
    let mut next = started;
    while started.elapsed() < duration && !signals::stop_requested() {
        for (connection, times) in connections.iter_mut().zip(&mut times) {
            next = (next + PACE).max(Instant::now());
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
            times.push(connection.ask(kind)?);
        }
    }
    Ok(times.map(|mut times| {
        times.sort_unstable();
        Times(times)
    }))
}

/// Asks on `connections` at once, each as soon as its last reply is read. Gives how many replies came in how long.
pub(crate) fn saturating(
    target: &Target,
    kind: Kind,
    connections: usize,
    duration: Duration,
) -> Result<(u64, Duration)> {
    let started = Instant::now();
    let counts: Vec<Result<u64>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| -> Result<u64> {
                    let mut connection = target.connect()?;
                    let mut count = 0;
                    while started.elapsed() < duration && !signals::stop_requested() {
                        connection.ask(kind)?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a client thread has nothing that panics")).collect()
    });
    let elapsed = started.elapsed();
    Ok((counts.into_iter().sum::<Result<u64>>()?, elapsed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = Times((1..=100).map(Duration::from_millis).collect());
        assert_eq!(times.percentile(0.5), Duration::from_millis(51));
        assert_eq!(times.percentile(0.99), Duration::from_millis(99));
        assert_eq!(Times(vec![]).percentile(0.5), Duration::ZERO);
    }
}
