//! Where faults take hold: before an answer, and in how its bytes leave. Without a fault it just sends.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::rt::time::sleep;
use actix_web::{HttpRequest, HttpResponse};
use bytes::{Bytes, BytesMut};

use super::chunks::Chunks;
use super::error::ApiError;
use crate::delivery::{Framing, Next, Script, ScriptBody, Socket, WholeBody};
use crate::faults::{Fault, Silence, Writes};
use crate::served::{Outcome, Visit};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html");

/// What a proxy in trouble sends with status 200.
const GARBAGE: &[u8] = b"<html><body>\x00\xFF bad gateway {\"choices\":[";

/// Gives the visit back when an answer is to be made.
pub(crate) async fn before_answer(
    http: &HttpRequest,
    fault: &Fault,
    model: &str,
    mut visit: Visit,
) -> Result<Visit, HttpResponse> {
    if fault.first_delay_ms > 0 {
        sleep(Duration::from_millis(fault.first_delay_ms)).await;
    }
    match fault.silence {
        Some(Silence::Hang) => {
            visit.expect(Outcome::Hung);
            std::future::pending::<()>().await;
        }
        Some(Silence::Reset) => {
            visit.end(Outcome::Cut);
            if let Some(socket) = http.conn_data::<Socket>() {
                socket.close();
            }
            // Written to a closed socket: the client sees none of it.
            return Err(HttpResponse::ServiceUnavailable().finish());
        }
        None => {}
    }
    match fault.refusal {
        Some(refusal) => Err(refuse(&ApiError::of_refusal(refusal, model), visit)),
        None => Ok(visit),
    }
}

pub(crate) fn refuse(error: &ApiError, mut visit: Visit) -> HttpResponse {
    visit.record.status = error.status.as_u16();
    visit.end(Outcome::Error);
    error.to_response()
}

pub(crate) fn send_stream(mut chunks: Chunks, fault: &Fault, visit: Visit) -> HttpResponse {
    match fault.writes {
        Writes::Ready => reply(EVENTS, ScriptBody::new(chunks, Framing::Ready, visit)),
        Writes::FewBytes => reply(EVENTS, ScriptBody::new(chunks, Framing::FewBytes, visit)),
        Writes::One => {
            let (bytes, tokens, end) = run_through(&mut chunks);
            match end {
                // A known length lets headers, body and its end go out in one write.
                Next::End(outcome) => reply(EVENTS, WholeBody::new(bytes, tokens, outcome, visit)),
                end => reply(EVENTS, ScriptBody::new(OnePart::new(bytes, tokens, end), Framing::Ready, visit)),
            }
        }
    }
}

/// Everything the script has to write, without its delays, and how it ends.
fn run_through(script: &mut impl Script) -> (Bytes, u64, Next) {
    let mut buffer = BytesMut::new();
    let mut total = 0;
    loop {
        match script.write_next(&mut buffer) {
            Next::Part { tokens } | Next::Wait { tokens, .. } => total += u64::from(tokens),
            end => return (buffer.freeze(), total, end),
        }
    }
}

/// `tokens` are the visible ones in `json`.
pub(crate) fn send_whole(json: Vec<u8>, tokens: u64, fault: &Fault, mut visit: Visit) -> HttpResponse {
    if fault.error_after.is_some() {
        return refuse(&ApiError::server(), visit);
    }
    if fault.garbage {
        visit.record.usage_sent = false;
        return reply(HTML, WholeBody::new(Bytes::from_static(GARBAGE), 0, Outcome::Error, visit));
    }
    let mut bytes = Bytes::from(json);
    if fault.cut_after.is_some() {
        visit.record.usage_sent = false;
        bytes.truncate(bytes.len() / 2);
        return reply(JSON, ScriptBody::new(OnePart::new(bytes, 0, Next::BreakOff), Framing::Ready, visit));
    }
    if fault.writes == Writes::FewBytes {
        let part = OnePart::new(bytes, tokens, Next::End(Outcome::Complete));
        return reply(JSON, ScriptBody::new(part, Framing::FewBytes, visit));
    }
    reply(JSON, WholeBody::new(bytes, tokens, Outcome::Complete, visit))
}

fn reply(content_type: HeaderValue, body: impl MessageBody + 'static) -> HttpResponse {
    let mut response = HttpResponse::with_body(StatusCode::OK, body).map_into_boxed_body();
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// A script of bytes that are known already.
struct OnePart {
    bytes: Option<Bytes>,
    tokens: u64,
    end: Next,
}

impl OnePart {
    fn new(bytes: Bytes, tokens: u64, end: Next) -> Self {
        Self { bytes: Some(bytes), tokens, end }
    }
}

impl Script for OnePart {
    fn write_next(&mut self, buffer: &mut BytesMut) -> Next {
        match self.bytes.take() {
            Some(bytes) => {
                buffer.extend_from_slice(&bytes);
                Next::Part { tokens: u32::try_from(self.tokens).unwrap_or(u32::MAX) }
            }
            None => self.end,
        }
    }
}
