//! One message to everybody who wants it: written once for each way of writing numbers, and shared.

use super::subscriber::{Published, Subscriber, TopicId};
use bytes::Bytes;
use market::encode::{Encoded, Numbers, encode};
use market::event::Event;
use market::topic::{Channel, Numbered};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// One who wants a topic.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) subscriber: Arc<Subscriber>,
    pub(super) numbers: Numbers,
}

/// A message in the forms that were asked for so far.
pub(super) enum Shared<'a> {
    Numbered {
        event: &'a Event,
        numbered: Numbered,
        json: Option<Encoded>,
        string: Option<Encoded>,
    },
    /// The same for everybody.
    Plain(Encoded),
}

impl<'a> Shared<'a> {
    pub(super) fn new(event: &'a Event, numbered: Numbered) -> Self {
        Self::Numbered { event, numbered, json: None, string: None }
    }

    pub(super) fn frame(&mut self, numbers: Numbers) -> Bytes {
        match self {
            Self::Plain(encoded) => encoded.frame(),
            Self::Numbered { event, numbered, json, string } => {
                let form = match numbers {
                    Numbers::Json => json,
                    Numbers::String => string,
                };
                form.get_or_insert_with(|| encode(event, Some(*numbered), numbers)).frame()
            }
        }
    }
}

/// Never waits. Members who are closed or gone are forgotten; those who lag for the first time are noted in `lagging`.
pub(super) fn fan_out(
    members: &mut Vec<Member>,
    topic: (TopicId, Channel),
    mut message: Shared<'_>,
    now: Instant,
    lagging: &mut HashMap<u64, Arc<Subscriber>>,
) {
    members.retain(|member| match member.subscriber.publish(topic.0, topic.1, message.frame(member.numbers), now) {
        Published::Taken => true,
        Published::Lagging => {
            metrics::counter!("turnpike_market_lagging_total").increment(1);
            lagging.insert(member.subscriber.id(), Arc::clone(&member.subscriber));
            true
        }
        Published::Over => false,
    });
}
