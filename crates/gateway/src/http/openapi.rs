//! The two APIs described, as `turnpike openapi` prints them and `openapi/*.json` keeps them.

use super::console;
use super::error::{FieldError, Problem};
use super::ticket::IssuedTicket;
use super::v1::market::ServedExchange;
use llm::wire::doc::{ChatCompletionReply, ChatCompletionRequest, EmbeddingsReply, EmbeddingsRequestBody};
use llm::wire::error::ErrorEnvelope;
use llm::wire::models::{ModelEntry, ModelList};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, OpenApi as Document};
use utoipa::{Modify, OpenApi};

/// What browsers call.
pub fn console() -> Document {
    Console::openapi()
}

/// What developers' SDKs call.
pub fn gateway() -> Document {
    Gateway::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Turnpike console API",
        description = "For browsers: a session in cookies. Every request but GET repeats the cookie `turnpike_csrf` (under https \
                       `__Host-turnpike_csrf`) in the header `x-csrf-token`. On 401 `session_expired`, post to \
                       `/api/session/refresh` once and repeat.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        console::sign_up::sign_up,
        console::session::login,
        console::session::refresh,
        console::session::logout,
        console::password::change,
        console::me::get,
        console::balance::get,
        console::keys::list,
        console::keys::create,
        console::keys::rename,
        console::keys::revoke,
        console::usage::list,
        console::usage::summary,
        console::invoices::draft,
        console::models::list,
        console::market::create_ticket,
        console::members::list,
    ),
    components(schemas(Problem, FieldError))
)]
struct Console;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Turnpike API",
        description = "OpenAI's dialect, any provider behind it: give an SDK this server as `base_url` and a key from the console.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")),
    paths(
        chat_completion_create,
        embedding_create,
        model_list,
        model_get,
        market_socket_open,
        market_ticket_create,
        market_exchange_list,
        market_book_get
    ),
    components(schemas(ErrorEnvelope)),
    security(("api_key" = [])),
    modifiers(&ApiKey)
)]
struct Gateway;

struct ApiKey;

impl Modify for ApiKey {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tp_live_… or tp_test_…").build();
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme));
    }
}

/// Creates a chat completion. With `stream`, the answer is a stream of server-sent events that ends in `[DONE]`.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "chat", request_body = ChatCompletionRequest,
    params(("x-turnpike-routing" = Option<String>, Header, description = "the member `routing` as JSON, for clients that cannot add members"),
           ("x-client-request-id" = Option<String>, Header, description = "comes back as it is")),
    responses(
        (status = 200, description = "the completion",
         content((ChatCompletionReply = "application/json"), (String = "text/event-stream"))),
        (status = "4XX", description = "refused", body = ErrorEnvelope),
        (status = "5XX", description = "failed; nothing was charged", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::chat::create; this describes it")]
fn chat_completion_create() {}

/// Turns text into vectors.
#[utoipa::path(post, path = "/v1/embeddings", tag = "embeddings", request_body = EmbeddingsRequestBody,
    responses(
        (status = 200, description = "the embeddings", body = EmbeddingsReply),
        (status = "4XX", description = "refused", body = ErrorEnvelope),
        (status = "5XX", description = "failed; nothing was charged", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::embeddings::create; this describes it")]
fn embedding_create() {}

/// The models that the key may use.
#[utoipa::path(get, path = "/v1/models", tag = "models",
    responses(
        (status = 200, description = "the models", body = ModelList),
        (status = "4XX", description = "refused", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::models::list; this describes it")]
fn model_list() {}

/// One model, by id or alias.
#[utoipa::path(get, path = "/v1/models/{id}", tag = "models", params(("id" = String, Path)),
    responses(
        (status = 200, description = "the model", body = ModelEntry),
        (status = "4XX", description = "refused", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::models::get; this describes it")]
fn model_get() {}

/// Opens a WebSocket of market data. The client says `{"op":"subscribe","id":1,"exchange":"binance","symbols":["BTCUSDT"],
/// "channels":["trade","book_change","book_ticker"],"numbers":"json"|"string"}`, `unsubscribe` or `ping`; the server answers with
/// `subscribed`, `unsubscribed`, `pong` or `error`, and sends Tardis-normalised messages with `epoch`, `sequence` and `prevSequence`,
/// `book_status`, `lagged` and, every 5 s, `heartbeat`. Closes: 4401 key, 4402 balance, 4403 suspended, 4408 slow, 4429 limit, 1001 drain.
#[utoipa::path(get, path = "/v1/market/ws", tag = "market",
    params(("ticket" = Option<String>, Query, description = "instead of a key, for browsers")),
    responses(
        (status = 101, description = "the socket"),
        (status = "4XX", description = "refused", body = ErrorEnvelope),
        (status = "5XX", description = "failed", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::market::socket::open; this describes it")]
fn market_socket_open() {}

/// A ticket for one WebSocket of market data, good for a minute.
#[utoipa::path(post, path = "/v1/market/tickets", tag = "market",
    responses(
        (status = 201, description = "the ticket", body = IssuedTicket),
        (status = "4XX", description = "refused", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::market::create_ticket; this describes it")]
fn market_ticket_create() {}

/// Exchanges and their channels.
#[utoipa::path(get, path = "/v1/market/exchanges", tag = "market",
    responses(
        (status = 200, description = "the exchanges", body = Vec<ServedExchange>),
        (status = "4XX", description = "refused", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::market::list_exchanges; this describes it")]
fn market_exchange_list() {}

/// A book that somebody is subscribed to at this moment, whole, as a `book_change` with `isSnapshot`.
#[utoipa::path(get, path = "/v1/market/books/{exchange}/{symbol}", tag = "market",
    params(("exchange" = String, Path), ("symbol" = String, Path)),
    responses(
        (status = 200, description = "the book", body = Object),
        (status = 404, description = "nobody is subscribed to such a book", body = ErrorEnvelope),
        (status = 409, description = "the book is not live just now", body = ErrorEnvelope),
        (status = "4XX", description = "refused", body = ErrorEnvelope)))]
#[allow(dead_code, reason = "the handler is v1::market::get_book; this describes it")]
fn market_book_get() {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::BTreeSet;

    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_shape_that_a_description_names_is_in_it() {
        for document in [console(), gateway()] {
            let document = serde_json::to_value(document).unwrap();
            let mut found = BTreeSet::new();
            references(&document, &mut found);
            assert!(found.len() > 3, "{found:?}");
            for reference in found {
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            }
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        for document in [console(), gateway()] {
            let document = serde_json::to_value(document).unwrap();
            let names: Vec<&str> = document["paths"]
                .as_object()
                .unwrap()
                .values()
                .flat_map(|path| path.as_object().unwrap().values())
                .map(|operation| operation["operationId"].as_str().unwrap())
                .collect();
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        }
    }
}
