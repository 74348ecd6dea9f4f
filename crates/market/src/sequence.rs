//! Proof that a Binance spot book misses nothing: which differences may be applied, in which order, and from which snapshot.
//!
//! The rules, from the project's market specification, section 3 (there from the exchange's page on local order books):
//! 1. buffer the stream; 2. get a snapshot; 3. if its `lastUpdateId` is before the first buffered `U`, get it again;
//! 4. drop what has `u <= lastUpdateId`; 5. the first applied difference has `U <= lastUpdateId + 1 <= u`;
//! 6. every later one has `U` = the previous `u` + 1; anything else is a gap.
//!
//! Read more finely in three places. A snapshot that ends exactly before the first buffered `U` misses nothing and is taken.
//! The exact repetition of a recent difference is ignored (two connections overlap while one replaces the other); an older or
//! different one breaks the sequence, because ids that run backwards may be a reset of the exchange's counter. And a snapshot
//! whose stream does not catch up with it breaks the sequence, for the same reason.

use std::collections::VecDeque;

use crate::depth::Diff;

/// Differences held while a snapshot is under way: 200 s at ten a second. The oldest goes when full; a snapshot that would have
/// needed it is then too old.
const HELD_DIFFS_MAX: usize = 2000;

/// Recent differences by which a repetition is recognised: over 6 s at ten a second, longer than two connections overlap.
const REMEMBERED_DIFFS: usize = 64;

/// Differences that a snapshot may be ahead of its stream: two minutes at ten a second.
const COVERED_DIFFS_MAX: u32 = 1200;

#[derive(Debug, Clone)]
pub struct Sequence {
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// Without a snapshot. `held` is one unbroken run.
    Collecting { held: VecDeque<Diff> },
    /// With a snapshot: everything up to `last_update_id` is in the book.
    Following { last_update_id: u64, aligned: bool, covered: u32, recent: VecDeque<(u64, u64)> },
}

/// What to do with a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Apply(Diff),
    /// The book has it already: it came twice, or the snapshot contains it.
    Known,
    /// Kept until a snapshot comes.
    Held,
    /// The sequence is broken; the book must not be used until a new snapshot. The difference is held as the first of a new run.
    Broken(Gap),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// The exchange's update ids `from..=to` never came.
    Lost { from: u64, to: u64 },
    /// The snapshot and the first difference after it leave the update ids `from..=to` out.
    NoOverlap { from: u64, to: u64 },
    /// Update ids came that should have come before, and not as a plain repetition.
    OutOfOrder,
    /// The stream stays behind its snapshot.
    SnapshotAhead,
}

/// What to do with a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alignment {
    /// The book is the snapshot with these applied.
    Aligned(Vec<Diff>),
    /// Ids are missing between it and what was held: get a newer one.
    TooOld,
    /// There is one already.
    NotWanted,
}

impl Default for Sequence {
    fn default() -> Self {
        Self::new()
    }
}

impl Sequence {
    pub fn new() -> Self {
        Self { state: State::Collecting { held: VecDeque::new() } }
    }

    /// The last update id contained in the book; `None` without a book.
    pub fn last_update_id(&self) -> Option<u64> {
        match &self.state {
            State::Collecting { .. } => None,
            State::Following { last_update_id, .. } => Some(*last_update_id),
        }
    }

    pub fn accept_diff(&mut self, diff: Diff) -> Verdict {
        match &mut self.state {
            State::Collecting { held } => {
                hold(held, diff);
                Verdict::Held
            }
            State::Following { last_update_id, aligned, covered, recent } => {
                let follows = match *aligned {
                    true => follows_diff(*last_update_id, &diff, recent),
                    false => follows_snapshot(*last_update_id, &diff, covered),
                };
                match follows {
                    Ok(true) => {
                        remember(recent, &diff);
                        (*last_update_id, *aligned) = (diff.last_update_id, true);
                        Verdict::Apply(diff)
                    }
                    Ok(false) => {
                        remember(recent, &diff);
                        Verdict::Known
                    }
                    Err(gap) => {
                        self.state = State::Collecting { held: VecDeque::from([diff]) };
                        Verdict::Broken(gap)
                    }
                }
            }
        }
    }

    pub fn accept_snapshot(&mut self, update_id: u64) -> Alignment {
        let State::Collecting { held } = &mut self.state else { return Alignment::NotWanted };
        if held.iter().find(|diff| diff.last_update_id > update_id).is_some_and(|diff| starts_after(update_id, diff)) {
            return Alignment::TooOld;
        }
        let mut recent = VecDeque::new();
        held.iter().for_each(|diff| remember(&mut recent, diff));
        let applied: Vec<Diff> = held.drain(..).filter(|diff| diff.last_update_id > update_id).collect();
        self.state = State::Following {
            last_update_id: applied.last().map_or(update_id, |diff| diff.last_update_id),
            aligned: !applied.is_empty(),
            covered: 0,
            recent,
        };
        Alignment::Aligned(applied)
    }
}

/// Rule 6. `Ok(false)`: a repetition.
fn follows_diff(last_update_id: u64, diff: &Diff, recent: &VecDeque<(u64, u64)>) -> Result<bool, Gap> {
    if Some(diff.first_update_id) == last_update_id.checked_add(1) {
        return Ok(true);
    }
    if starts_after(last_update_id, diff) {
        return Err(Gap::Lost { from: last_update_id + 1, to: diff.first_update_id - 1 });
    }
    if recent.contains(&(diff.first_update_id, diff.last_update_id)) { Ok(false) } else { Err(Gap::OutOfOrder) }
}

/// Rules 4 and 5. `Ok(false)`: contained in the snapshot.
fn follows_snapshot(snapshot_id: u64, diff: &Diff, covered: &mut u32) -> Result<bool, Gap> {
    if diff.last_update_id <= snapshot_id {
        *covered += 1;
        return if *covered > COVERED_DIFFS_MAX { Err(Gap::SnapshotAhead) } else { Ok(false) };
    }
    if starts_after(snapshot_id, diff) {
        return Err(Gap::NoOverlap { from: snapshot_id + 1, to: diff.first_update_id - 1 });
    }
    Ok(true)
}

/// At least one id between the two is missing.
fn starts_after(update_id: u64, diff: &Diff) -> bool {
    diff.first_update_id.checked_sub(1).is_some_and(|before| before > update_id)
}

/// Keeps `held` one unbroken run: what does not continue it starts a new one, and what it has is ignored.
fn hold(held: &mut VecDeque<Diff>, diff: Diff) {
    if let (Some(front), Some(back)) = (held.front(), held.back()) {
        if front.first_update_id <= diff.first_update_id && diff.last_update_id <= back.last_update_id {
            return;
        }
        if back.last_update_id.checked_add(1) != Some(diff.first_update_id) {
            held.clear();
        }
    }
    if held.len() == HELD_DIFFS_MAX {
        held.pop_front();
    }
    held.push_back(diff);
}

fn remember(recent: &mut VecDeque<(u64, u64)>, diff: &Diff) {
    if recent.len() == REMEMBERED_DIFFS {
        recent.pop_front();
    }
    recent.push_back((diff.first_update_id, diff.last_update_id));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::Symbol;

    fn diff(first_update_id: u64, last_update_id: u64) -> Diff {
        Diff {
            symbol: Symbol::parse("BTCUSDT").unwrap(),
            first_update_id,
            last_update_id,
            timestamp: Default::default(),
            bids: vec![],
            asks: vec![],
        }
    }

    fn collecting(diffs: &[(u64, u64)]) -> Sequence {
        let mut sequence = Sequence::new();
        for (first, last) in diffs {
            assert_eq!(sequence.accept_diff(diff(*first, *last)), Verdict::Held);
        }
        sequence
    }

    fn following(snapshot: u64, diffs: &[(u64, u64)]) -> Sequence {
        let mut sequence = Sequence::new();
        assert_eq!(sequence.accept_snapshot(snapshot), Alignment::Aligned(vec![]));
        for (first, last) in diffs {
            assert_eq!(sequence.accept_diff(diff(*first, *last)), Verdict::Apply(diff(*first, *last)));
        }
        sequence
    }

    #[test]
    fn a_snapshot_takes_over_what_came_after_it_and_drops_what_it_contains() {
        let mut sequence = collecting(&[(1, 3), (4, 6), (7, 9)]);
        assert_eq!(sequence.accept_snapshot(5), Alignment::Aligned(vec![diff(4, 6), diff(7, 9)]));
        assert_eq!(sequence.last_update_id(), Some(9));
    }

    #[test]
    fn a_snapshot_older_than_the_stream_is_fetched_again() {
        let mut sequence = collecting(&[(5, 6)]);
        assert_eq!(sequence.accept_snapshot(3), Alignment::TooOld);
        assert_eq!(sequence.last_update_id(), None);
        assert_eq!(sequence.accept_snapshot(4), Alignment::Aligned(vec![diff(5, 6)]));
    }

    #[test]
    fn a_second_snapshot_changes_nothing() {
        let mut sequence = following(10, &[(9, 12)]);
        assert_eq!(sequence.accept_snapshot(20), Alignment::NotWanted);
        assert_eq!(sequence.last_update_id(), Some(12));
    }

    #[test]
    fn the_first_difference_must_overlap_the_snapshot() {
        for (first, last) in [(11, 11), (5, 11), (11, 30)] {
            following(10, &[(first, last)]);
        }
        assert_eq!(following(10, &[]).accept_diff(diff(9, 10)), Verdict::Known);
        assert_eq!(following(10, &[]).accept_diff(diff(12, 13)), Verdict::Broken(Gap::NoOverlap { from: 11, to: 11 }));
    }

    #[test]
    fn a_lost_difference_breaks_the_sequence_and_names_what_is_lost() {
        let mut sequence = following(10, &[(11, 12)]);
        assert_eq!(sequence.accept_diff(diff(15, 16)), Verdict::Broken(Gap::Lost { from: 13, to: 14 }));
        assert_eq!(sequence.last_update_id(), None);
        assert_eq!(sequence.accept_snapshot(14), Alignment::Aligned(vec![diff(15, 16)]));
    }

    #[test]
    fn a_repetition_is_ignored_but_an_overlap_is_a_gap() {
        let mut sequence = following(10, &[(11, 12), (13, 14)]);
        assert_eq!(sequence.accept_diff(diff(11, 12)), Verdict::Known);
        assert_eq!(sequence.accept_diff(diff(14, 15)), Verdict::Broken(Gap::OutOfOrder));
    }

    #[test]
    fn ids_that_start_again_from_one_break_the_sequence() {
        let mut sequence = following(1000, &[(1001, 1002)]);
        assert_eq!(sequence.accept_diff(diff(1, 2)), Verdict::Broken(Gap::OutOfOrder));
        assert_eq!(sequence.accept_snapshot(2), Alignment::Aligned(vec![]));
        assert_eq!(sequence.accept_diff(diff(3, 4)), Verdict::Apply(diff(3, 4)));
    }

    #[test]
    fn a_stream_that_never_reaches_its_snapshot_breaks_the_sequence() {
        let mut sequence = following(1_000_000, &[]);
        for id in 1..=u64::from(COVERED_DIFFS_MAX) {
            assert_eq!(sequence.accept_diff(diff(id, id)), Verdict::Known);
        }
        assert_eq!(sequence.accept_diff(diff(5000, 5000)), Verdict::Broken(Gap::SnapshotAhead));
    }

    #[test]
    fn what_is_held_is_one_unbroken_run_of_bounded_length() {
        let mut sequence = collecting(&[(1, 2), (3, 4), (9, 10), (9, 10), (11, 12)]);
        assert_eq!(sequence.accept_snapshot(4), Alignment::TooOld);
        assert_eq!(sequence.accept_snapshot(8), Alignment::Aligned(vec![diff(9, 10), diff(11, 12)]));

        let mut sequence = Sequence::new();
        for id in 1..=HELD_DIFFS_MAX as u64 + 5 {
            sequence.accept_diff(diff(id, id));
        }
        assert_eq!(sequence.accept_snapshot(4), Alignment::TooOld);
        let Alignment::Aligned(applied) = sequence.accept_snapshot(5) else { panic!("unbroken from 6 on") };
        assert_eq!(applied.len(), HELD_DIFFS_MAX);
    }

    #[test]
    fn ids_at_the_ends_of_their_range_do_not_overflow() {
        let mut sequence = following(0, &[(0, u64::MAX)]);
        assert_eq!(sequence.accept_diff(diff(0, 0)), Verdict::Broken(Gap::OutOfOrder));
        assert_eq!(sequence.accept_snapshot(u64::MAX), Alignment::Aligned(vec![]));
        assert_eq!(sequence.accept_diff(diff(u64::MAX, u64::MAX)), Verdict::Known);
        let mut sequence = collecting(&[(u64::MAX, u64::MAX), (0, 0)]);
        assert_eq!(sequence.accept_snapshot(0), Alignment::Aligned(vec![]));
    }
}
