//! The life of a request: authenticate → route → admit → call → translate → settle → ledger → invoice.
//!
//! Authenticating is done in `http/authenticate.rs`, which alone makes a [`Caller`]. From admission on a task of its own carries the
//! request (`pump.rs`): whoever reads the answer may vanish at any await, and the request is settled all the same. What is
//! settled reaches ledger and invoice by the jobs.

pub mod admit;
pub mod call;
pub mod failure;
pub mod pump;
pub mod reply;
pub mod route;
pub mod settle;
pub mod translate;

use crate::app::App;
use crate::http::authenticate::Caller;
use failure::Refused;
use llm::catalog::Mode;
use llm::wire::chat::ChatRequest;
use llm::wire::embeddings::EmbeddingsRequest;
use reply::Reply;
use std::sync::Arc;
use translate::Request;

/// Answers a chat completion.
pub async fn complete(app: &Arc<App>, caller: Caller, request: ChatRequest) -> Result<Reply, Refused> {
    answer(app, caller, Request::Chat(Box::new(request)), Mode::Chat).await
}

/// Answers an embedding.
pub async fn embed(app: &Arc<App>, caller: Caller, request: EmbeddingsRequest) -> Result<Reply, Refused> {
    answer(app, caller, Request::Embeddings(Box::new(request)), Mode::Embedding).await
}

async fn answer(app: &Arc<App>, caller: Caller, request: Request, mode: Mode) -> Result<Reply, Refused> {
    let route = route::route(app, &caller, &request, mode)?;
    let admitted = admit::admit(app, caller, &request, route).await?;
    let request_id = Some(admitted.admission.intent().request_id);
    pump::carry(app, admitted, request).await.map_err(|failure| Refused { failure, request_id })
}
