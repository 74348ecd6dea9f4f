//! For load balancers and for whoever watches.

use crate::app::App;
use actix_web::{HttpResponse, web};
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::OnceLock;

/// The process answers.
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// 200 as long as this process can be asked, naming what is degraded: taking every replica out of service because Postgres is away
/// would help nobody.
pub(super) async fn readyz(app: web::Data<App>) -> HttpResponse {
    let (postgres, redis) = tokio::join!(app.store.ping(), app.redis.ping());
    let journal = app.books.current().failure();
    let part =
        |name: &str, error: Option<String>| (name.to_owned(), serde_json::json!(error.unwrap_or_else(|| "ok".into())));
    let parts: serde_json::Map<String, serde_json::Value> = [
        part("postgres", postgres.err().map(|_| "does not answer: usage waits in the journal".into())),
        part("redis", redis.err().map(|_| "does not answer: requests are refused with 503".into())),
        part("journal", journal.map(|_| "cannot be written: requests are refused with 503".into())),
    ]
    .into_iter()
    .collect();
    let degraded = parts.values().any(|v| v != "ok");
    HttpResponse::Ok().json(serde_json::json!({ "status": if degraded { "degraded" } else { "ok" }, "parts": parts }))
}

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts counting; before the first request.
pub fn install_metrics() -> anyhow::Result<()> {
    let handle = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder()?;
    let _ = RECORDER.set(handle);
    Ok(())
}

pub(super) async fn metrics() -> HttpResponse {
    let text = RECORDER.get().map(PrometheusHandle::render).unwrap_or_default();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(text)
}
