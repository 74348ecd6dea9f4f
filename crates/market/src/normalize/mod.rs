//! The engine of `turnpike normalize`: recorded exchange messages in, normalised messages out, one JSON object a line each.

mod merge;
mod plain;
mod strict;

use std::str::FromStr;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::encode::{Numbers, write_event};
use crate::event::Event;
use crate::exchange::{Exchange, FrameError, Message};
use crate::quarantine::Quarantine;
use crate::timestamp::{Timestamp, TimestampError};
use crate::topic::Channel;

#[derive(Debug, Clone)]
pub struct Options {
    pub exchange: Exchange,
    /// The kinds of message to print; empty for all.
    pub channels: Vec<Channel>,
    pub mapper_date: MapperDate,
    pub mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Maps what comes, as the reference does: only the first difference after a snapshot is checked.
    Plain,
    /// Every difference is checked. A book whose sequence broke says `book_status` and is silent until a snapshot joins.
    Strict,
}

/// Which rules of an exchange apply, by the day of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapperDate {
    Realtime,
    /// The reference forgives recordings a snapshot that does not overlap; so does plain mode.
    Day(Timestamp),
}

/// A line that was left out. The session goes on.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error("read line: {0}")]
    Malformed(serde_json::Error),
    #[error("read local_timestamp: {0}")]
    LocalTimestamp(TimestampError),
    #[error(transparent)]
    Frame(FrameError),
}

/// One stream of recorded messages of one exchange. Its state (books) carries over from line to line.
#[derive(Debug)]
pub struct Session {
    options: Options,
    books: Books,
    quarantine: Quarantine,
    messages: Vec<Message>,
}

#[derive(Debug)]
enum Books {
    Plain(plain::Books),
    Strict(strict::Books),
}

/// `{"local_timestamp":"2021-10-12T00:28:34.465973Z","message":{…}}`
#[derive(Deserialize)]
struct Line<'a> {
    local_timestamp: &'a str,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// What a book made of a message.
enum Output {
    Event(Event),
    Json(Vec<u8>),
}

impl Session {
    pub fn new(options: Options) -> Self {
        let books = match options.mode {
            Mode::Plain => Books::Plain(plain::Books::new(options.mapper_date)),
            Mode::Strict => Books::Strict(strict::Books::default()),
        };
        Self { options, books, quarantine: Quarantine::default(), messages: vec![] }
    }

    /// Appends the lines to print, without line ends. An empty line is no error and prints nothing.
    pub fn feed_line(&mut self, line: &str, printed: &mut Vec<String>) -> Result<(), LineError> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let line: Line = serde_json::from_str(line).map_err(LineError::Malformed)?;
        let local_timestamp = Timestamp::parse(line.local_timestamp).map_err(LineError::LocalTimestamp)?;
        let frame = line.message.get().as_bytes();
        self.messages.clear();
        if let Err(error) = self.options.exchange.normalise(frame, local_timestamp, &mut self.messages) {
            self.quarantine.put(frame, error.clone());
            return Err(LineError::Frame(error));
        }
        let mut outputs = vec![];
        for message in self.messages.drain(..) {
            match (&mut self.books, message) {
                (_, Message::Event(event)) => outputs.push(Output::Event(event)),
                (Books::Plain(books), message) => {
                    books.accept(self.options.exchange, message, local_timestamp, &mut outputs)
                }
                (Books::Strict(books), message) => {
                    books.accept(self.options.exchange, message, local_timestamp, &mut outputs)
                }
            }
        }
        printed.extend(outputs.into_iter().filter_map(|output| print(&self.options.channels, output)));
        Ok(())
    }

    /// The frames that could not be read.
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }
}

fn print(channels: &[Channel], output: Output) -> Option<String> {
    let wanted = |channel| channels.is_empty() || channels.contains(&channel);
    let json = match output {
        Output::Event(event) => {
            let mut json = Vec::with_capacity(512);
            wanted(event.channel()).then(|| write_event(&event, None, Numbers::Json, &mut json))?;
            json
        }
        Output::Json(json) => wanted(Channel::BookChange).then_some(json)?,
    };
    Some(String::from_utf8(json).expect("written from text"))
}

impl FromStr for MapperDate {
    type Err = TimestampError;
    /// `realtime`, nothing, a day, or a moment.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        match text {
            "" | "realtime" => Ok(Self::Realtime),
            day if day.len() == 10 => Timestamp::parse(&format!("{day}T00:00:00Z")).map(Self::Day),
            moment => Timestamp::parse(moment).map(Self::Day),
        }
    }
}
