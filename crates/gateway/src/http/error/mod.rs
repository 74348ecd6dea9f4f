//! The only place that knows statuses and envelopes: OpenAI's for `/v1`, problem+json for the console.

mod openai;
mod problem;

pub use openai::{KeyError, V1Error};
pub use problem::{FieldError, Problem};
