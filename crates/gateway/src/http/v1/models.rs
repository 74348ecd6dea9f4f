//! `GET /v1/models`: what the key may use.

use crate::app::App;
use crate::chat::failure::Failure;
use crate::http::authenticate::Caller;
use crate::http::error::V1Error;
use actix_web::{HttpResponse, web};
use llm::catalog::Model;
use llm::wire::models::{ModelEntry, ModelList};

/// When the shipped catalogue began; OpenAI's shape asks for a time, and clients only show it.
const CREATED: i64 = 1_764_028_800;

pub(in crate::http) async fn list(app: web::Data<App>, caller: Caller) -> HttpResponse {
    let catalog = app.catalog.load();
    let entries = catalog.catalog.models().iter().filter(|m| caller.permits(&m.id)).map(|m| entry(m)).collect();
    HttpResponse::Ok().json(ModelList::new(entries))
}

/// By id or alias; a model that the key may not use is answered as the request itself would be.
pub(in crate::http) async fn get(
    app: web::Data<App>,
    caller: Caller,
    name: web::Path<String>,
) -> Result<HttpResponse, V1Error> {
    let catalog = app.catalog.load();
    match catalog.catalog.resolve(&name) {
        Some(model) if caller.permits(&model.id) => Ok(HttpResponse::Ok().json(entry(model))),
        Some(model) => {
            Err(Failure::ModelNotPermitted { name: model.id.clone(), by: caller.permitted_by(&model.id) }.into())
        }
        None => {
            let closest = catalog.catalog.closest(&name, 3).into_iter().map(str::to_owned).collect();
            Err(Failure::ModelNotFound { name: name.into_inner(), closest }.into())
        }
    }
}

fn entry(model: &Model) -> ModelEntry {
    let owner = model.offers.first().map_or("turnpike", |o| o.provider.as_str());
    ModelEntry::new(&model.id, CREATED, owner)
}
