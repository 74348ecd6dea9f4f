//! What may go wrong on purpose: the words that name a fault, and the rules that set one for a model.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// How one request is to be treated. The default is to serve it well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The words it was made from.
    pub(crate) name: String,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) silence: Option<Silence>,
    /// Before the first byte of an answer, headers included.
    pub(crate) first_delay_ms: u64,
    /// Between two content chunks of a stream.
    pub(crate) chunk_delay_ms: u64,
    /// Content chunks sent before the connection is closed without the end of the body.
    pub(crate) cut_after: Option<u32>,
    /// Content chunks sent before an error event ends the stream.
    pub(crate) error_after: Option<u32>,
    pub(crate) usage: UsagePlace,
    pub(crate) omits_done: bool,
    pub(crate) garbage: bool,
    pub(crate) writes: Writes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Status(u16),
    /// 429 with the code that means money, not speed.
    Quota,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// Never answers.
    Hang,
    /// Closes the connection before the first byte.
    Reset,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UsagePlace {
    /// OpenAI's: a chunk of its own with no choices, when asked for.
    #[default]
    OwnChunk,
    /// DeepSeek's: on the chunk that carries the finish reason, asked for or not, with cache hits and misses.
    LastChoice,
    Nowhere,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writes {
    /// All that is ready goes out together.
    #[default]
    Ready,
    /// Headers and the whole stream in one write.
    One,
    /// Pieces of one to seven bytes, each written alone.
    FewBytes,
}

impl Fault {
    /// Reads words such as `error-500` or `slow-chunk-20+cut-3`; `None` when a word is not known.
    pub(crate) fn parse(words: &str) -> Option<Self> {
        let mut fault = Self { name: words.to_owned(), ..Self::default() };
        for word in words.split('+') {
            fault.add(word)?;
        }
        Some(fault)
    }

    /// The fault that a model's name asks for after its last `sim-`.
    pub(crate) fn of_model(model: &str) -> Option<Self> {
        let (_, words) = model.rsplit_once("sim-")?;
        Self::parse(words)
    }

    fn add(&mut self, word: &str) -> Option<()> {
        match word {
            "quota" => self.refusal = Some(Refusal::Quota),
            "hang" => self.silence = Some(Silence::Hang),
            "reset" => self.silence = Some(Silence::Reset),
            "no-usage" => self.usage = UsagePlace::Nowhere,
            "usage-in-last-choice" => self.usage = UsagePlace::LastChoice,
            "drop-done" => self.omits_done = true,
            "garbage" => self.garbage = true,
            "one-write" => self.writes = Writes::One,
            "byte-split" => self.writes = Writes::FewBytes,
            _ => self.add_numbered(word)?,
        }
        Some(())
    }

    fn add_numbered(&mut self, word: &str) -> Option<()> {
        let (name, number) = word.rsplit_once('-').unwrap_or(("error", word));
        match name {
            "error" => {
                let status = number.parse().ok().filter(|status| (400..=599).contains(status))?;
                self.refusal = Some(Refusal::Status(status));
            }
            "slow-first" => self.first_delay_ms = number.parse().ok()?,
            "slow-chunk" => self.chunk_delay_ms = number.parse().ok()?,
            "cut" => self.cut_after = Some(number.parse().ok()?),
            "error-mid" => self.error_after = Some(number.parse().ok()?),
            _ => return None,
        }
        Some(())
    }
}

/// The shape of `POST /sim/faults`, and of an item of `GET /sim/faults`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FaultOrder {
    /// A model's name as the request carries it, or `*`.
    pub(crate) model: String,
    pub(crate) fault: String,
    /// How many requests it is for; without it, all until deleted.
    #[serde(default)]
    pub(crate) times: Option<u64>,
}

/// Faults set over the control endpoint. The newest rule that names the model, or `*`, wins over the model's own name.
#[derive(Default)]
pub(crate) struct FaultRules {
    /// Lets a request that no rule concerns pass without the lock.
    count: AtomicUsize,
    /// Guards the rules; held for a scan of at most `RULES_LIMIT`, never across an await.
    rules: Mutex<VecDeque<(FaultOrder, Fault)>>,
}

/// More than any test sets; the oldest rule gives way.
const RULES_LIMIT: usize = 1_000;

impl FaultRules {
    /// False when the order's fault is not known.
    pub(crate) fn set(&self, order: FaultOrder) -> bool {
        let Some(fault) = Fault::parse(&order.fault) else {
            return false;
        };
        let mut rules = self.lock();
        if rules.len() == RULES_LIMIT {
            rules.pop_back();
        }
        if order.times != Some(0) {
            rules.push_front((order, fault));
        }
        self.count.store(rules.len(), Ordering::Release);
        true
    }

    pub(crate) fn clear(&self) {
        let mut rules = self.lock();
        rules.clear();
        self.count.store(0, Ordering::Release);
    }

    pub(crate) fn orders(&self) -> Vec<FaultOrder> {
        self.lock().iter().map(|(order, _)| order.clone()).collect()
    }

    /// The fault for a request of this model; counts one use of its rule.
    pub(crate) fn take(&self, model: &str) -> Option<Fault> {
        self.take_rule(model).or_else(|| Fault::of_model(model))
    }

    fn take_rule(&self, model: &str) -> Option<Fault> {
        if self.count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut rules = self.lock();
        let place = rules.iter().position(|(order, _)| order.model == "*" || order.model == model)?;
        let (order, fault) = &mut rules[place];
        let fault = fault.clone();
        if let Some(times) = &mut order.times {
            *times -= 1;
            if *times == 0 {
                rules.remove(place);
                self.count.store(rules.len(), Ordering::Release);
            }
        }
        Some(fault)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(FaultOrder, Fault)>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_after_the_last_sim_name_the_fault() {
        assert_eq!(Fault::of_model("gpt-4.1-sim-error-503").unwrap().refusal, Some(Refusal::Status(503)));
        assert_eq!(Fault::of_model("sim-cut-2-sim-429").unwrap().refusal, Some(Refusal::Status(429)));
        let slow = Fault::of_model("sim-slow-first-20+slow-chunk-5+error-mid-3").unwrap();
        assert_eq!((slow.first_delay_ms, slow.chunk_delay_ms, slow.error_after, slow.refusal), (20, 5, Some(3), None));
        for plain in ["gpt-4.1", "sim-small", "sim-", "sim-error-200", "sim-cut-", "sim-cut-x", "sim-429+nonsense"] {
            assert_eq!(Fault::of_model(plain), None, "{plain}");
        }
    }

    #[test]
    fn a_rule_wins_over_the_name_and_ends_after_its_times() {
        let rules = FaultRules::default();
        assert!(rules.set(FaultOrder { model: "sim-429".into(), fault: "error-500".into(), times: Some(2) }));
        assert!(!rules.set(FaultOrder { model: "*".into(), fault: "explode".into(), times: None }));
        let status = |model| rules.take(model).and_then(|fault| fault.refusal);
        assert_eq!(status("other"), None);
        assert_eq!(status("sim-429"), Some(Refusal::Status(500)));
        assert_eq!(status("sim-429"), Some(Refusal::Status(500)));
        assert_eq!(status("sim-429"), Some(Refusal::Status(429)));
        assert!(rules.orders().is_empty());
    }
}
