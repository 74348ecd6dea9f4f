//! Every endpoint, by who calls it.

use super::{assets, console, health, v1};
use actix_web::web::{self, ServiceConfig, get, post};

/// What the world reaches.
pub(super) fn public(service: &mut ServiceConfig) {
    service
        // Developers' SDKs: OpenAI's dialect, an API key.
        .route("/v1/chat/completions", post().to(v1::chat::create))
        .route("/v1/embeddings", post().to(v1::embeddings::create))
        .route("/v1/models", get().to(v1::models::list))
        .route("/v1/models/{id:.*}", get().to(v1::models::get))
        // Market data: a key, or a ticket for a browser's socket.
        .route("/v1/market/ws", get().to(v1::market::socket::open))
        .route("/v1/market/tickets", post().to(v1::market::create_ticket))
        .route("/v1/market/exchanges", get().to(v1::market::list_exchanges))
        .route("/v1/market/books/{exchange}/{symbol}", get().to(v1::market::get_book))
        .service(web::scope("/v1").default_service(web::to(v1::not_found)))
        // The console: a session, or nothing yet.
        .service(web::scope("/api").configure(console::endpoints))
        // Load balancers.
        .route("/healthz", get().to(health::healthz))
        .route("/readyz", get().to(health::readyz))
        // Everybody's browser.
        .default_service(web::to(assets::serve));
}

/// What only this machine reaches.
pub(super) fn operator(service: &mut ServiceConfig) {
    service
        .route("/healthz", get().to(health::healthz))
        .route("/readyz", get().to(health::readyz))
        .route("/metrics", get().to(health::metrics));
}
