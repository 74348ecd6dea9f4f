//! `response_format`, and the rules of strict schemas that tools share.

use serde_json::Value;

use super::count_json;
use super::members::Members;
use super::messages::Conversation;
use crate::openai::error::ApiError;

pub(crate) enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema(Value),
}

impl ResponseFormat {
    pub(super) fn tokens(&self) -> u64 {
        match self {
            Self::Text | Self::JsonObject => 0,
            Self::JsonSchema(schema) => count_json(schema),
        }
    }
}

pub(super) fn parse(request: &Members<'_>, conversation: &Conversation) -> Result<ResponseFormat, ApiError> {
    let Some(format) = request.object("response_format")? else {
        return Ok(ResponseFormat::Text);
    };
    let kind = format.one_of("type", &["json_object", "json_schema", "text"])?;
    match kind.ok_or_else(|| format.missing("type"))? {
        "json_schema" => {
            format.refuse_unknown(&["type", "json_schema"])?;
            read_schema(&format.required_object("json_schema")?)
        }
        kind => {
            format.refuse_unknown(&["type"])?;
            if kind == "text" {
                return Ok(ResponseFormat::Text);
            }
            if !conversation.mentions_json {
                return Err(ApiError::invalid(
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
                )
                .param("messages"));
            }
            Ok(ResponseFormat::JsonObject)
        }
    }
}

fn read_schema(format: &Members<'_>) -> Result<ResponseFormat, ApiError> {
    format.refuse_unknown(&["name", "description", "schema", "strict"])?;
    let name = format.required_identifier("name")?;
    format.string("description")?;
    let strict = format.boolean("strict")?.unwrap_or(false);
    let Some(schema) = format.get("schema") else {
        return Ok(ResponseFormat::JsonSchema(Value::Object(serde_json::Map::new())));
    };
    Members::nested(schema, format.path_of("schema"))?;
    if strict {
        check_strict_schema(schema, "()").map_err(|complaint| {
            ApiError::invalid(format!("Invalid schema for response_format '{name}': {complaint}"))
                .param("response_format")
        })?;
    }
    Ok(ResponseFormat::JsonSchema(schema.clone()))
}

/// Strict schemas close every object and require each of its properties. `place` is OpenAI's way of saying where.
pub(super) fn check_strict_schema(schema: &Value, place: &str) -> Result<(), String> {
    let Some(schema) = schema.as_object() else {
        return Ok(());
    };
    if schema.get("type").and_then(Value::as_str) == Some("object") {
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Err(format!(
                "In context={place}, 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required = |name: &str| {
            let list = schema.get("required").and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|item| item.as_str() == Some(name)))
        };
        let properties = schema.get("properties").and_then(Value::as_object);
        if let Some(name) = properties.into_iter().flat_map(|map| map.keys()).find(|name| !required(name)) {
            return Err(format!(
                "In context={place}, 'required' is required to be supplied and to be an array including every key in \
                 properties. Missing '{name}'."
            ));
        }
    }
    for group in ["properties", "$defs"] {
        for (name, inner) in schema.get(group).and_then(Value::as_object).into_iter().flatten() {
            check_strict_schema(inner, &format!("('{group}', '{name}')"))?;
        }
    }
    if let Some(items) = schema.get("items") {
        check_strict_schema(items, "('items',)")?;
    }
    for inner in schema.get("anyOf").and_then(Value::as_array).into_iter().flatten() {
        check_strict_schema(inner, "('anyOf',)")?;
    }
    Ok(())
}
