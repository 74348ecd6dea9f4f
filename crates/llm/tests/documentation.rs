//! The types of the API description describe what the gateway really takes and gives.

use llm::wire::doc::{ChatCompletionReply, ChatCompletionRequest, EmbeddingsReply, EmbeddingsRequestBody};
use utoipa::PartialSchema;

fn schema<T: PartialSchema>() -> serde_json::Value {
    serde_json::to_value(T::schema()).expect("a schema is JSON")
}

#[test]
fn members_that_are_not_listed_are_documented_as_allowed() {
    for schema in
        [schema::<ChatCompletionRequest>(), schema::<ChatCompletionReply>(), schema::<EmbeddingsRequestBody>()]
    {
        let text = schema.to_string();
        assert!(text.contains("additionalProperties"), "{text}");
    }
}

#[test]
fn what_is_required_is_documented_as_required() {
    let required = |schema: serde_json::Value| find(&schema, "required").to_string();
    assert_eq!(required(schema::<ChatCompletionRequest>()), r#"["model","messages"]"#);
    assert!(required(schema::<EmbeddingsReply>()).contains("cost_usd"));
}

/// The first member of this name at any depth.
fn find(value: &serde_json::Value, name: &str) -> serde_json::Value {
    let own = value.get(name).filter(|found| found.is_array()).cloned();
    let below = || value.as_array().into_iter().flatten().map(|inner| find(inner, name)).find(|found| !found.is_null());
    let inside = || value.get("allOf").map(|all| find(all, name));
    own.or_else(below).or_else(inside).unwrap_or_default()
}
