//! One symbol's trades: their numbers, what is kept of the past, and whether one is missing.

use market::event::{Event, Trade};
use market::topic::{Numbered, Numbering};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Longer than a reconnection takes.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// About three megabytes of JSON; a market that trades more than this in 60 s keeps less of the past.
const KEPT_MAX: usize = 10_000;

#[derive(Debug)]
pub(super) struct Trades {
    numbering: Numbering,
    last_id: Option<u64>,
    kept: VecDeque<(Instant, Event, Numbered)>,
}

/// The trades after the number that was asked for are no longer kept, or were never of this epoch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooOld;

impl Trades {
    pub(super) fn new(epoch: u64) -> Self {
        Self { numbering: Numbering::new(epoch), last_id: None, kept: VecDeque::new() }
    }

    /// Numbers a trade; none for one that came before, as when two connections overlap. Exchanges count a symbol's trades without
    /// a gap: where one is missing, a new epoch (`epoch`) says so.
    pub(super) fn number(&mut self, event: &Event, trade: &Trade, epoch: u64, now: Instant) -> Option<Numbered> {
        let id = trade.id.as_str().parse::<u64>().ok();
        if let (Some(id), Some(last)) = (id, self.last_id) {
            if id <= last {
                return None;
            }
            if id != last + 1 {
                self.numbering = Numbering::new(epoch);
                self.kept.clear();
            }
        }
        self.last_id = id;
        let numbered = self.numbering.take();
        let is_old = |kept: &(Instant, Event, Numbered)| now.duration_since(kept.0) > KEPT_FOR;
        while self.kept.len() >= KEPT_MAX || self.kept.front().is_some_and(is_old) {
            self.kept.pop_front();
        }
        self.kept.push_back((now, event.clone(), numbered));
        Some(numbered)
    }

    /// What came after `from`, oldest first.
    pub(super) fn after(&self, from: Numbered) -> Result<impl Iterator<Item = (&Event, Numbered)>, TooOld> {
        let last = self.numbering.last();
        let missed = last.sequence.checked_sub(from.sequence).filter(|_| last.epoch == from.epoch).ok_or(TooOld)?;
        let missed = usize::try_from(missed).map_err(|_| TooOld)?;
        let first = self.kept.len().checked_sub(missed).ok_or(TooOld)?;
        Ok(self.kept.range(first..).map(|(_, event, numbered)| (event, *numbered)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use market::event::Body;
    use market::exchange::{Exchange, Message};
    use market::timestamp::Timestamp;

    fn trade(id: u64) -> Event {
        let frame = format!(
            r#"{{"e":"trade","E":1700000000000,"s":"BTCUSDT","t":{id},"p":"1.0","q":"2","T":1700000000000,"m":true,"M":true}}"#
        );
        let mut messages = vec![];
        Exchange::Binance.normalise(frame.as_bytes(), Timestamp::default(), &mut messages).unwrap();
        match messages.remove(0) {
            Message::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    fn number(trades: &mut Trades, id: u64, epoch: u64, now: Instant) -> Option<(u64, u64)> {
        let event = trade(id);
        let Body::Trade(body) = &event.body else { panic!("a trade") };
        trades.number(&event, body, epoch, now).map(|n| (n.epoch, n.sequence))
    }

    fn sequences(trades: &Trades, epoch: u64, sequence: u64) -> Result<Vec<u64>, TooOld> {
        Ok(trades.after(Numbered { epoch, sequence })?.map(|(_, n)| n.sequence).collect())
    }

    #[test]
    fn a_trade_seen_twice_is_numbered_once_and_a_missing_one_begins_an_epoch() {
        let mut trades = Trades::new(7);
        let now = Instant::now();
        assert_eq!(number(&mut trades, 10, 8, now), Some((7, 1)));
        assert_eq!(number(&mut trades, 11, 8, now), Some((7, 2)));
        assert_eq!(number(&mut trades, 11, 8, now), None);
        assert_eq!(number(&mut trades, 13, 8, now), Some((8, 1)));
        assert_eq!(sequences(&trades, 7, 1), Err(TooOld));
    }

    #[test]
    fn the_last_minute_can_be_had_again_and_no_more() {
        let mut trades = Trades::new(7);
        let start = Instant::now();
        for id in 1..=4 {
            number(&mut trades, id, 8, start + Duration::from_secs(20 * id));
        }
        assert_eq!(sequences(&trades, 7, 2), Ok(vec![3, 4]));
        assert_eq!(sequences(&trades, 7, 4), Ok(vec![]));
        assert_eq!(sequences(&trades, 7, 5), Err(TooOld));
        number(&mut trades, 5, 8, start + Duration::from_secs(120));
        assert_eq!(sequences(&trades, 7, 1), Err(TooOld));
        assert_eq!(sequences(&trades, 7, 2), Ok(vec![3, 4, 5]));
    }
}
