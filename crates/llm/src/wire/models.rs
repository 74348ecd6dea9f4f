//! `GET /v1/models`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One model as OpenAI lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelEntry {
    /// The catalogue's id, as `model` takes it.
    pub id: String,
    /// Always `model`.
    pub object: String,
    /// Seconds since 1970 at which the model entered the catalogue.
    pub created: i64,
    /// Whoever serves the model first.
    pub owned_by: String,
}

impl ModelEntry {
    pub fn new(id: impl Into<String>, created: i64, owned_by: impl Into<String>) -> ModelEntry {
        ModelEntry { id: id.into(), object: "model".into(), created, owned_by: owned_by.into() }
    }
}

/// The body of `GET /v1/models`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelList {
    /// Always `list`.
    pub object: String,
    pub data: Vec<ModelEntry>,
}

impl ModelList {
    pub fn new(data: Vec<ModelEntry>) -> ModelList {
        ModelList { object: "list".into(), data }
    }
}
