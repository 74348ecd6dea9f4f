//! A client's bytes as messages (RFC 6455): masked, in fragments if it likes, and never long.

use crate::relay::frame::Close;
use crate::relay::session::Incoming;
use actix_http::ws::{OpCode, Parser, ProtocolError};
use bytes::{Bytes, BytesMut};

/// A subscribe for a thousand symbols is 20 KiB.
const MESSAGE_BYTES_MAX: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct ClientFrames {
    unread: BytesMut,
    /// The beginning of a message in fragments.
    message: Option<BytesMut>,
}

impl ClientFrames {
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
    }

    /// The next thing that the client says, if it is there whole. After a close nothing more is to be asked.
    pub(super) fn next(&mut self) -> Option<Incoming> {
        loop {
            match Parser::parse(&mut self.unread, true, MESSAGE_BYTES_MAX) {
                Ok(None) => return None,
                Ok(Some((last, opcode, payload))) => {
                    if let Some(incoming) = self.take(last, opcode, payload.unwrap_or_default()) {
                        return Some(incoming);
                    }
                }
                Err(ProtocolError::Overflow) => return Some(Incoming::Close(Close::TooLarge)),
                Err(_) => return Some(Incoming::Close(Close::Protocol)),
            }
        }
    }

    fn take(&mut self, last: bool, opcode: OpCode, payload: BytesMut) -> Option<Incoming> {
        let mut message = match (opcode, self.message.take()) {
            (OpCode::Text, None) => BytesMut::new(),
            (OpCode::Continue, Some(begun)) => begun,
            (OpCode::Ping, begun) => {
                self.message = begun;
                return Some(Incoming::Ping(payload.freeze()));
            }
            (OpCode::Pong, begun) => {
                self.message = begun;
                return None;
            }
            (OpCode::Close, _) => return Some(Incoming::Close(Close::Normal)),
            _ => return Some(Incoming::Close(Close::Protocol)),
        };
        if message.len() + payload.len() > MESSAGE_BYTES_MAX {
            return Some(Incoming::Close(Close::TooLarge));
        }
        message.extend_from_slice(&payload);
        if last {
            return Some(Incoming::Text(Bytes::from(message)));
        }
        self.message = Some(message);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINAL: u8 = 0x80;
    const MASK: [u8; 4] = [1, 2, 3, 4];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match u8::try_from(payload.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | length),
            _ => {
                frame.push(0x80 | 127);
                frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend_from_slice(&MASK);
        frame.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ MASK[at % 4]));
        frame
    }

    fn said(bytes: &[u8]) -> Vec<String> {
        let mut frames = ClientFrames::default();
        let mut said = vec![];
        for byte in bytes.chunks(1) {
            frames.feed(byte);
            while let Some(incoming) = frames.next() {
                let last = matches!(incoming, Incoming::Close(_));
                said.push(format!("{incoming:?}"));
                if last {
                    return said;
                }
            }
        }
        said
    }

    #[test]
    fn a_message_in_fragments_is_one_and_a_ping_may_stand_between() {
        let bytes = [frame(0x01, b"ab"), frame(FINAL | 0x9, b"?"), frame(0x00, b"c"), frame(FINAL, b"d")].concat();
        assert_eq!(said(&bytes), [r#"Ping(b"?")"#, r#"Text(b"abcd")"#]);
    }

    #[test]
    fn what_a_client_may_not_send_ends_the_socket() {
        let unmasked = [0x81, 1, b'a'];
        assert_eq!(said(&unmasked), ["Close(Protocol)"]);
        assert_eq!(said(&frame(FINAL | 0x2, b"binary")), ["Close(Protocol)"]);
        assert_eq!(said(&frame(FINAL, b"no beginning")), ["Close(Protocol)"]);
        assert_eq!(said(&[frame(0x1, b"a"), frame(0x1, b"b")].concat()), ["Close(Protocol)"]);
        assert_eq!(said(&frame(FINAL | 0x1, &[b'a'; MESSAGE_BYTES_MAX + 1])), ["Close(TooLarge)"]);
        let half = vec![b'a'; MESSAGE_BYTES_MAX / 2 + 1];
        assert_eq!(said(&[frame(0x1, &half), frame(FINAL, &half)].concat()), ["Close(TooLarge)"]);
        assert_eq!(said(&frame(FINAL | 0x8, &[0x03, 0xe8])), ["Close(Normal)"]);
    }
}
