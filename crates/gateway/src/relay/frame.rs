//! Frames that are not market data, as RFC 6455 has them: unmasked, because a server sends them.

use bytes::{BufMut, Bytes, BytesMut};

const CLOSE: u8 = 0x88;
const PONG: u8 = 0x8a;
/// A control frame's payload (RFC 6455, 5.5).
const PAYLOAD_BYTES_MAX: usize = 125;

/// Why we close a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// The client did.
    Normal,
    /// This server is about to end: connect again, to another.
    Drain,
    /// The client does not speak the protocol.
    Protocol,
    /// A client message is longer than any need be.
    TooLarge,
    /// We cannot account for market data just now.
    TryAgainLater,
    Key,
    Balance,
    Suspended,
    Slow,
    Limit,
}

impl Close {
    pub fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Drain => 1001,
            Self::Protocol => 1002,
            Self::TooLarge => 1009,
            Self::TryAgainLater => 1013,
            Self::Key => 4401,
            Self::Balance => 4402,
            Self::Suspended => 4403,
            Self::Slow => 4408,
            Self::Limit => 4429,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Normal => "",
            Self::Drain => "the server is going away",
            Self::Protocol => "not a frame that a client may send",
            Self::TooLarge => "message too large",
            Self::TryAgainLater => "try again later",
            Self::Key => "the key is no longer valid",
            Self::Balance => "the balance does not cover another minute",
            Self::Suspended => "the organisation is suspended",
            Self::Slow => "read too slowly",
            Self::Limit => "over a limit of the plan",
        }
    }
}

pub fn close(close: Close) -> Bytes {
    control(CLOSE, &[&close.code().to_be_bytes(), close.reason().as_bytes()].concat())
}

/// `payload` is a ping's, which has at most 125 bytes.
pub fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

fn control(opcode: u8, payload: &[u8]) -> Bytes {
    let payload = &payload[..payload.len().min(PAYLOAD_BYTES_MAX)];
    let mut frame = BytesMut::with_capacity(2 + payload.len());
    frame.put_u8(opcode);
    frame.put_u8(payload.len() as u8);
    frame.put_slice(payload);
    frame.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_frame_says_its_code_first() {
        assert_eq!(close(Close::Normal), Bytes::from_static(&[0x88, 2, 0x03, 0xe8]));
        assert_eq!(&close(Close::Slow)[..4], [0x88, 2 + 15, 0x11, 0x38]);
    }

    #[test]
    fn a_pong_repeats_what_was_sent() {
        assert_eq!(pong(b"hi"), Bytes::from_static(&[0x8a, 2, b'h', b'i']));
    }
}
