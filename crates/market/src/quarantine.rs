//! Frames that could not be read: counted, with a few kept so that someone can see what they look like.

use std::collections::VecDeque;

use crate::exchange::FrameError;

/// Enough to see a pattern.
const SAMPLES_MAX: usize = 8;
/// Enough to recognise a frame; the reason says where in it the trouble is.
const SAMPLE_BYTES_MAX: usize = 1024;

#[derive(Debug, Default)]
pub struct Quarantine {
    count: u64,
    samples: VecDeque<Sample>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    pub error: FrameError,
    /// The frame's first 1024 bytes, what is no UTF-8 replaced.
    pub frame_start: String,
}

impl Quarantine {
    pub fn put(&mut self, frame: &[u8], error: FrameError) {
        self.count += 1;
        if self.samples.len() == SAMPLES_MAX {
            self.samples.pop_front();
        }
        let start = &frame[..frame.len().min(SAMPLE_BYTES_MAX)];
        self.samples.push_back(Sample { error, frame_start: String::from_utf8_lossy(start).into_owned() });
    }

    /// How many there were in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The newest, oldest first.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::DigitsError;

    #[test]
    fn every_bad_frame_is_counted_and_few_are_kept() {
        let mut quarantine = Quarantine::default();
        for n in 0..100u8 {
            quarantine.put(&vec![n; 5000], FrameError::Number(DigitsError::Malformed));
        }
        assert_eq!((quarantine.count(), quarantine.samples().count()), (100, SAMPLES_MAX));
        assert_eq!(quarantine.samples().last().unwrap().frame_start, "c".repeat(SAMPLE_BYTES_MAX));
    }
}
