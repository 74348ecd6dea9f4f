//! How an answer leaves: bodies that keep the record of what was sent, and break off where a fault says so.

use std::convert::Infallible;
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::time::{Sleep, sleep};
use bytes::{Bytes, BytesMut};

use crate::served::{Outcome, Visit};

/// A second handle of a connection's socket.
#[derive(Clone)]
pub(crate) struct Socket(Arc<TcpStream>);

impl Socket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Arc::new(stream))
    }

    /// Ends the connection both ways; whatever is written afterwards goes nowhere.
    pub(crate) fn close(&self) {
        // A client that closed first has done the same.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

/// Ends a connection in the middle of a body: actix closes it when a body fails.
#[derive(Debug)]
pub(crate) struct BrokenOff;

impl std::fmt::Display for BrokenOff {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("broken off by a fault")
    }
}

impl std::error::Error for BrokenOff {}

/// A body known before its first byte is sent, so that it has a content-length.
pub(crate) struct WholeBody {
    bytes: Bytes,
    /// Visible tokens in `bytes`.
    tokens: u64,
    outcome: Outcome,
    visit: Option<Visit>,
}

impl WholeBody {
    pub(crate) fn new(bytes: Bytes, tokens: u64, outcome: Outcome, visit: Visit) -> Self {
        Self { bytes, tokens, outcome, visit: Some(visit) }
    }
}

impl MessageBody for WholeBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.bytes.len() as u64)
    }

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let body = self.get_mut();
        let Some(mut visit) = body.visit.take() else {
            return Poll::Ready(None);
        };
        visit.send_tokens(body.tokens);
        visit.end(body.outcome);
        Poll::Ready(Some(Ok(std::mem::take(&mut body.bytes))))
    }
}

/// Writes the next part of a body into a buffer, and says what is to happen then.
pub(crate) trait Script {
    fn write_next(&mut self, buffer: &mut BytesMut) -> Next;
}

/// What follows the part that was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Another part, which may go out with this one. Carries the visible tokens of the part written.
    Part { tokens: u32 },
    /// Another part, not before this many milliseconds.
    Wait { tokens: u32, delay_ms: u64 },
    /// Nothing: the body is whole.
    End(Outcome),
    /// Nothing: the connection closes without the end of the body.
    BreakOff,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// All parts that are ready, up to `BATCH_BYTES`.
    Ready,
    /// One to seven bytes, each piece written alone.
    FewBytes,
}

/// Beyond this a batch goes to the socket, so that what was recorded as sent is not far ahead of it.
const BATCH_BYTES: usize = 16 << 10;

/// Longer than any part but an extreme one, so that a batch fits its first allocation.
const PART_BYTES: usize = 1 << 10;

/// A body that is written part by part as its script has it.
pub(crate) struct ScriptBody<S> {
    script: S,
    framing: Framing,
    visit: Option<Visit>,
    buffer: BytesMut,
    /// What happens once the buffer is out.
    after: After,
    pieces_sent: usize,
    /// Makes actix write what it has before it gets more: it does when a body has nothing ready.
    flush_due: bool,
}

enum After {
    Write,
    Sleep(Pin<Box<Sleep>>),
    BreakOff,
    End,
}

impl<S: Script> ScriptBody<S> {
    pub(crate) fn new(script: S, framing: Framing, visit: Visit) -> Self {
        Self {
            script,
            framing,
            visit: Some(visit),
            buffer: BytesMut::with_capacity(BATCH_BYTES + PART_BYTES),
            after: After::Write,
            pieces_sent: 0,
            flush_due: false,
        }
    }

    /// Runs the script until its batch is full or something has to happen before its next part.
    fn fill(&mut self) {
        let batch_bytes = match self.framing {
            Framing::Ready => BATCH_BYTES,
            Framing::FewBytes => 1,
        };
        while self.buffer.len() < batch_bytes {
            match self.script.write_next(&mut self.buffer) {
                Next::Part { tokens } => self.count(tokens),
                Next::Wait { tokens, delay_ms } => {
                    self.count(tokens);
                    self.after = After::Sleep(Box::pin(sleep(Duration::from_millis(delay_ms))));
                    return;
                }
                Next::End(outcome) => return self.finish(outcome, After::End),
                Next::BreakOff => {
                    self.flush_due = true;
                    return self.finish(Outcome::Cut, After::BreakOff);
                }
            }
        }
    }

    fn count(&mut self, tokens: u32) {
        if let Some(visit) = &mut self.visit {
            visit.send_tokens(u64::from(tokens));
        }
    }

    fn finish(&mut self, outcome: Outcome, after: After) {
        if let Some(visit) = self.visit.take() {
            visit.end(outcome);
        }
        self.after = after;
    }

    fn take_piece(&mut self) -> Bytes {
        if self.framing == Framing::Ready {
            return self.buffer.split().freeze();
        }
        self.flush_due = true;
        self.pieces_sent += 1;
        let length = self.buffer.len().min(1 + self.pieces_sent % 7);
        self.buffer.split_to(length).freeze()
    }
}

impl<S: Script + Unpin> MessageBody for ScriptBody<S> {
    type Error = BrokenOff;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        let body = self.get_mut();
        loop {
            // A piece on its way out alone, or the last bytes before the connection closes.
            let holds_back = body.framing == Framing::FewBytes || body.buffer.is_empty();
            if body.flush_due && holds_back {
                body.flush_due = false;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !body.buffer.is_empty() {
                return Poll::Ready(Some(Ok(body.take_piece())));
            }
            match &mut body.after {
                After::Write => body.fill(),
                After::Sleep(timer) => {
                    ready!(timer.as_mut().poll(context));
                    body.after = After::Write;
                }
                After::BreakOff => return Poll::Ready(Some(Err(BrokenOff))),
                After::End => return Poll::Ready(None),
            }
        }
    }
}
