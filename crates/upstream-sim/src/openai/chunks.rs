//! The reply as a stream: which chunks there are, in which order, and what each is in bytes.

use bytes::{BufMut, BytesMut};
use serde_json::json;

use super::answer::{Answer, CALL_OPENING_TOKENS, Choice};
use super::completion::{Identity, SYSTEM_FINGERPRINT, UsageJson};
use super::error::ApiError;
use crate::delivery::{Next, Script};
use crate::faults::{Fault, UsagePlace};
use crate::served::Outcome;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Role { choice: usize },
    Token { choice: usize, place: usize },
    OpenCall { choice: usize, call: usize },
    Argument { choice: usize, call: usize, place: usize },
    Finish { choice: usize },
    Usage,
    Done,
    Error,
    Garbage,
    BreakOff,
}

impl Step {
    fn is_content(self) -> bool {
        matches!(self, Self::Token { .. } | Self::Argument { .. })
    }

    fn tokens(self) -> u32 {
        match self {
            Self::Token { .. } | Self::Argument { .. } => 1,
            Self::OpenCall { .. } => CALL_OPENING_TOKENS as u32,
            _ => 0,
        }
    }
}

pub(crate) struct Chunks {
    steps: std::vec::IntoIter<Step>,
    answer: Answer,
    identity: Identity,
    /// Everything before the choices, the same in every chunk.
    head: Vec<u8>,
    /// Everything after the choices of a chunk without usage.
    tail: &'static [u8],
    usage: UsagePlace,
    delay_ms: u64,
    outcome: Outcome,
}

impl Chunks {
    pub(crate) fn new(answer: Answer, identity: Identity, include_usage: bool, fault: &Fault) -> Self {
        let steps = plan(&answer, include_usage, fault);
        let last = steps.last().copied();
        Self {
            head: head(&identity),
            // With include_usage OpenAI puts a null on every chunk but the last.
            tail: if include_usage { b",\"usage\":null}\n\n" } else { b"}\n\n" },
            outcome: match last {
                Some(Step::Done) => Outcome::Complete,
                Some(Step::Error | Step::Garbage) => Outcome::Error,
                _ => Outcome::Cut,
            },
            steps: steps.into_iter(),
            usage: fault.usage,
            delay_ms: fault.chunk_delay_ms,
            answer,
            identity,
        }
    }

    /// Whether a client that reads to the end is told the usage.
    pub(crate) fn tells_usage(&self) -> bool {
        self.steps.as_slice().iter().any(|step| match step {
            Step::Usage => true,
            Step::Finish { .. } => self.usage == UsagePlace::LastChoice,
            _ => false,
        })
    }

    fn write(&self, step: Step, buffer: &mut BytesMut) {
        match step {
            Step::Role { choice } => {
                let content = if self.choice(choice).calls.is_empty() { "\"\"" } else { "null" };
                self.write_delta(choice, buffer, |buffer| {
                    buffer.put_slice(b"\"role\":\"assistant\",\"content\":");
                    buffer.put_slice(content.as_bytes());
                    buffer.put_slice(b",\"refusal\":null");
                });
            }
            Step::Token { choice, place } => self.write_delta(choice, buffer, |buffer| {
                buffer.put_slice(b"\"content\":");
                write_string(buffer, self.choice(choice).text.token(place));
            }),
            Step::OpenCall { choice, call } => self.write_delta(choice, buffer, |buffer| {
                let opening = json!([{
                    "index": call,
                    "id": self.identity.call_ids[choice][call],
                    "type": "function",
                    "function": { "name": self.choice(choice).calls[call].name, "arguments": "" },
                }]);
                buffer.put_slice(format!("\"tool_calls\":{opening}").as_bytes());
            }),
            Step::Argument { choice, call, place } => self.write_delta(choice, buffer, |buffer| {
                let fragment = self.choice(choice).calls[call].arguments.token(place);
                buffer
                    .put_slice(format!("\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":").as_bytes());
                write_string(buffer, fragment);
                buffer.put_slice(b"}}]");
            }),
            Step::Finish { choice } => self.write_finish(choice, buffer),
            Step::Usage => {
                buffer.put_slice(&self.head);
                buffer.put_slice(b"]");
                self.write_usage(buffer);
            }
            Step::Done => buffer.put_slice(b"data: [DONE]\n\n"),
            Step::Error => buffer.put_slice(format!("data: {}\n\n", ApiError::server().envelope()).as_bytes()),
            Step::Garbage => {
                buffer.put_slice(b"data: {\"id\":\"chatcmpl-\",\"choices\":[{\"delta\n\n\x00\xFF\xFE<html>502\n\n")
            }
            Step::BreakOff => {}
        }
    }

    fn choice(&self, place: usize) -> &Choice {
        &self.answer.choices[place]
    }

    fn write_delta(&self, choice: usize, buffer: &mut BytesMut, write: impl FnOnce(&mut BytesMut)) {
        buffer.put_slice(&self.head);
        write_index(buffer, choice);
        write(buffer);
        buffer.put_slice(b"},\"logprobs\":null,\"finish_reason\":null}]");
        buffer.put_slice(self.tail);
    }

    fn write_finish(&self, choice: usize, buffer: &mut BytesMut) {
        buffer.put_slice(&self.head);
        write_index(buffer, choice);
        let finish = json!(self.choice(choice).finish);
        buffer.put_slice(format!("}},\"logprobs\":null,\"finish_reason\":{finish}}}]").as_bytes());
        if self.usage == UsagePlace::LastChoice && choice + 1 == self.answer.choices.len() {
            self.write_usage(buffer);
        } else {
            buffer.put_slice(self.tail);
        }
    }

    fn write_usage(&self, buffer: &mut BytesMut) {
        let usage = UsageJson::of(&self.answer.usage, self.usage);
        buffer.put_slice(b",\"usage\":");
        serde_json::to_writer(buffer.writer(), &usage).expect("numbers are JSON, and the buffer grows");
        buffer.put_slice(b"}\n\n");
    }
}

impl Script for Chunks {
    fn write_next(&mut self, buffer: &mut BytesMut) -> Next {
        let Some(step) = self.steps.next() else {
            return Next::End(self.outcome);
        };
        if step == Step::BreakOff {
            return Next::BreakOff;
        }
        self.write(step, buffer);
        let tokens = step.tokens();
        let follows = self.steps.as_slice().first().is_some_and(|next| next.is_content());
        if self.delay_ms > 0 && step.is_content() && follows {
            return Next::Wait { tokens, delay_ms: self.delay_ms };
        }
        Next::Part { tokens }
    }
}

fn head(identity: &Identity) -> Vec<u8> {
    format!(
        "data: {{\"id\":{},\"object\":\"chat.completion.chunk\",\"created\":{},\"model\":{},\"service_tier\":{},\
         \"system_fingerprint\":\"{SYSTEM_FINGERPRINT}\",\"choices\":[",
        json!(identity.id),
        identity.created_at_s,
        json!(identity.model),
        json!(identity.service_tier),
    )
    .into_bytes()
}

fn write_index(buffer: &mut BytesMut, choice: usize) {
    // Most answers have one choice.
    if choice == 0 {
        buffer.put_slice(b"{\"index\":0,\"delta\":{");
    } else {
        buffer.put_slice(format!("{{\"index\":{choice},\"delta\":{{").as_bytes());
    }
}

fn write_string(buffer: &mut BytesMut, text: &str) {
    serde_json::to_writer(buffer.writer(), text).expect("a string is JSON, and the buffer grows");
}

/// The chunks of a whole stream, then what the fault takes away from it.
fn plan(answer: &Answer, include_usage: bool, fault: &Fault) -> Vec<Step> {
    let choices = 0..answer.choices.len();
    let mut steps = Vec::with_capacity(answer.usage.completion_tokens as usize + 2 * choices.len() + 2);
    steps.extend(choices.clone().map(|choice| Step::Role { choice }));
    interleave(answer, &mut steps);
    steps.extend(choices.map(|choice| Step::Finish { choice }));
    if include_usage && fault.usage == UsagePlace::OwnChunk {
        steps.push(Step::Usage);
    }
    if !fault.omits_done {
        steps.push(Step::Done);
    }
    if let Some(count) = fault.error_after {
        keep_content(&mut steps, count);
        steps.push(Step::Error);
    }
    if let Some(count) = fault.cut_after {
        keep_content(&mut steps, count);
        steps.push(Step::BreakOff);
    }
    if fault.garbage {
        keep_content(&mut steps, 1);
        steps.push(Step::Garbage);
    }
    steps
}

/// Choices advance side by side, as they do at OpenAI.
fn interleave(answer: &Answer, steps: &mut Vec<Step>) {
    let mut lanes: Vec<_> =
        answer.choices.iter().enumerate().map(|(choice, it)| content(choice, it).into_iter()).collect();
    while !lanes.is_empty() {
        lanes.retain_mut(|lane| match lane.next() {
            Some(step) => {
                steps.push(step);
                true
            }
            None => false,
        });
    }
}

fn content(choice: usize, it: &Choice) -> Vec<Step> {
    let mut steps: Vec<Step> = (0..it.text.count()).map(|place| Step::Token { choice, place }).collect();
    for (call, made) in it.calls.iter().enumerate() {
        steps.push(Step::OpenCall { choice, call });
        steps.extend((0..made.arguments.count()).map(|place| Step::Argument { choice, call, place }));
    }
    steps
}

/// Drops everything after the given number of content chunks.
fn keep_content(steps: &mut Vec<Step>, count: u32) {
    let mut left = count;
    let end = steps.iter().position(|step| {
        if step.is_content() && left > 0 {
            left -= 1;
            return false;
        }
        !matches!(step, Step::Role { .. } | Step::OpenCall { .. })
    });
    steps.truncate(end.unwrap_or(steps.len()));
}
