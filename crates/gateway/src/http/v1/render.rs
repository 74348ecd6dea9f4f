//! A reply of the flow as an HTTP response.

use crate::chat::reply::{Body, Reply};
use actix_web::HttpResponse;
use futures_util::stream;

pub(super) fn render(reply: Reply, client_request_id: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    for (name, value) in reply.headers {
        response.insert_header((name, value));
    }
    if let Some(id) = client_request_id {
        response.insert_header(("x-client-request-id", id));
    }
    match reply.body {
        Body::Whole(bytes) => response.content_type("application/json").body(bytes),
        Body::Stream(receiver) => {
            let chunks = stream::unfold(receiver, |mut receiver| async move {
                let chunk = receiver.recv().await?;
                Some((Ok::<_, std::convert::Infallible>(chunk), receiver))
            });
            response.content_type("text/event-stream").insert_header(("cache-control", "no-cache")).streaming(chunks)
        }
    }
}

/// A client's own id, which comes back as `x-client-request-id`; ours is always `x-request-id`.
pub(super) fn client_request_id(request: &actix_web::HttpRequest) -> Option<String> {
    let value = request.headers().get("x-client-request-id").or_else(|| request.headers().get("x-request-id"))?;
    value.to_str().ok().filter(|v| v.len() <= 200).map(str::to_owned)
}
