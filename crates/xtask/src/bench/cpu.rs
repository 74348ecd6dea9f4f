//! Processor time of running processes, as Linux counts it in /proc.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::command::output;

/// Servers with the processes that they start: nginx's worker, a Postgres backend per connection.
pub(crate) struct Processes {
    roots: Vec<u32>,
}

impl Processes {
    pub(crate) fn tree(root: u32) -> Self {
        Self { roots: vec![root] }
    }

    pub(crate) fn trees(roots: &[u32]) -> Self {
        Self { roots: roots.to_vec() }
    }

    /// User and system time since their start, of children that have ended too.
    pub(crate) fn used(&self) -> Result<Duration> {
        let ticks_per_second: u64 =
            output(Command::new("getconf").arg("CLK_TCK"))?.trim().parse().context("CLK_TCK")?;
        let entries = std::fs::read_dir("/proc").context("read /proc, which only Linux has")?;
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
        let ticks: u64 = pids
            .filter_map(stat)
            .filter(|stat| self.roots.contains(&stat.pid) || self.roots.contains(&stat.parent))
            .map(|stat| stat.ticks + if self.roots.contains(&stat.pid) { stat.ended_children_ticks } else { 0 })
            .sum();
        Ok(Duration::from_secs_f64(ticks as f64 / ticks_per_second as f64))
    }
}

struct Stat {
    pid: u32,
    parent: u32,
    ticks: u64,
    ended_children_ticks: u64,
}

/// None for a process that ended meanwhile.
fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // After the name in parentheses, which may hold anything: state, parent, … utime is the 12th, cutime the 14th.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        ticks: number(11)? + number(12)?,
        ended_children_ticks: number(13)? + number(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_this_process_is_seen() {
        let own = Processes::tree(std::process::id());
        let before = own.used().unwrap();
        let started = std::time::Instant::now();
        let mut number = 1_u64;
        while started.elapsed() < Duration::from_millis(300) {
            number = std::hint::black_box(number.wrapping_mul(3));
        }
        assert!(own.used().unwrap() > before);
    }
}
