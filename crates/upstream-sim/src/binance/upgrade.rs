//! From a GET to a WebSocket: the handshake, and a pipe between actix's two byte streams and one socket.

use std::convert::Infallible;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::{Stream, StreamExt, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::delivery::Socket;

/// What may wait on the way out when the client reads slowly, besides the system's own buffers.
const PIPE_BYTES: usize = 64 << 10;

/// Of one piece of the body.
const READ_BYTES: usize = 16 << 10;

/// The answer that switches protocols, and the socket's other end. The connection ends when that is dropped.
pub(crate) fn upgrade(request: &HttpRequest, payload: Payload) -> Option<(HttpResponse, DuplexStream)> {
    let accept = accept_key(request.headers())?;
    let socket = request.conn_data::<Socket>()?.clone();
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let (outgoing, incoming) = tokio::io::split(far);
    actix_web::rt::spawn(pump_in(payload, incoming));
    let response = HttpResponse::build(StatusCode::SWITCHING_PROTOCOLS)
        .upgrade("websocket")
        .insert_header((header::SEC_WEBSOCKET_ACCEPT, accept))
        .streaming(bytes_out(outgoing, socket));
    Some((response, near))
}

/// `None` when the request is no WebSocket handshake of version 13.
fn accept_key(headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let upgrades = text(header::UPGRADE)?.eq_ignore_ascii_case("websocket")
        && text(header::CONNECTION)?.to_ascii_lowercase().contains("upgrade")
        && text(header::SEC_WEBSOCKET_VERSION)? == "13";
    upgrades.then(|| text(header::SEC_WEBSOCKET_KEY)).flatten().map(|key| derive_accept_key(key.as_bytes()))
}

async fn pump_in(mut payload: Payload, mut incoming: WriteHalf<DuplexStream>) {
    while let Some(Ok(bytes)) = payload.next().await {
        if incoming.write_all(&bytes).await.is_err() {
            return;
        }
    }
    let _ = incoming.shutdown().await;
}

/// Ends when the near end is dropped and all it wrote is read, and ends the connection with it: actix alone would
/// linger for a second.
fn bytes_out(outgoing: ReadHalf<DuplexStream>, socket: Socket) -> impl Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((outgoing, socket), |(mut outgoing, socket)| async move {
        let mut bytes = BytesMut::with_capacity(READ_BYTES);
        if outgoing.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
            return Some((Ok(bytes.freeze()), (outgoing, socket)));
        }
        // Actix flushes what it was given whenever the body is not ready.
        tokio::task::yield_now().await;
        socket.close();
        None
    })
}
