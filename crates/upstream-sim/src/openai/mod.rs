//! The OpenAI dialect: its endpoints, in one table, and what every reply carries.
//!
//! Source: the `openai` Python package 3.57.0 (read 2026-11-24) and the published API reference.

mod error;
mod headers;
mod tokens;

mod chat;
mod embeddings;
mod models;

mod answer;
mod chunks;
mod completion;
mod meddle;
mod schema;
mod validate;

use actix_web::web::{self, ServiceConfig};

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/v1/chat/completions")
                .post(chat::create_completion)
                .default_service(web::to(error::wrong_method)),
        )
        .service(
            web::resource("/v1/embeddings")
                .post(embeddings::create_embeddings)
                .default_service(web::to(error::wrong_method)),
        )
        .service(web::resource("/v1/models").get(models::list_models).default_service(web::to(error::wrong_method)))
        .service(web::resource("/v1/models/{id}").get(models::show_model).default_service(web::to(error::wrong_method)))
        .default_service(web::to(error::unknown_url));
}
