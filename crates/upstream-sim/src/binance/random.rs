//! Draws that are the same in every run with the same seed.

use crate::simulator::scatter;

pub(crate) struct Random {
    state: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: scatter(seed) }
    }

    /// A number in `0..bound`; the bias of the remainder is far below what a book could show. `bound` is at least 1.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(1);
        scatter(self.state) % bound
    }
}
