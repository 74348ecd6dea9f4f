//! `tools`, `tool_choice` and `parallel_tool_calls`.

use serde_json::Value;

use super::count_json;
use super::members::{Members, array_too_long, empty_array, wrong_type};
use super::response_format::check_strict_schema;
use crate::openai::error::ApiError;
use crate::openai::tokens;

const TOOLS_LIMIT: usize = 128;

#[derive(Default)]
pub(crate) struct Tools {
    pub(crate) list: Vec<Tool>,
    pub(crate) choice: ToolChoice,
    pub(crate) parallel: bool,
    pub(crate) tokens: u64,
}

pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) parameters: Option<Value>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ToolChoice {
    None,
    #[default]
    Auto,
    Required,
    /// An index into the list.
    Named(usize),
}

pub(super) fn parse(request: &Members<'_>) -> Result<Tools, ApiError> {
    let Some(list) = request.array("tools")? else {
        return without_tools(request);
    };
    if list.is_empty() {
        return Err(empty_array("tools".into()));
    }
    if list.len() > TOOLS_LIMIT {
        return Err(array_too_long("tools".into(), TOOLS_LIMIT, list.len()));
    }
    let mut tools = Tools { parallel: request.boolean("parallel_tool_calls")?.unwrap_or(true), ..Tools::default() };
    for (place, value) in list.iter().enumerate() {
        let tool = Members::nested(value, format!("tools[{place}]"))?;
        tool.refuse_unknown(&["type", "function"])?;
        tool.one_of("type", &["function"])?.ok_or_else(|| tool.missing("type"))?;
        let function = tool.required_object("function")?;
        tools.list.push(read_function(&function, &mut tools.tokens)?);
    }
    tools.choice = read_choice(request, &tools.list)?;
    Ok(tools)
}

fn without_tools(request: &Members<'_>) -> Result<Tools, ApiError> {
    for name in ["tool_choice", "parallel_tool_calls"] {
        if request.get(name).is_some() {
            let message = format!("'{name}' is only allowed when 'tools' are specified.");
            return Err(ApiError::invalid(message).param(name));
        }
    }
    Ok(Tools::default())
}

fn read_function(function: &Members<'_>, token_count: &mut u64) -> Result<Tool, ApiError> {
    function.refuse_unknown(&["name", "description", "parameters", "strict"])?;
    let name = function.required_identifier("name")?;
    *token_count += tokens::count(name);
    if let Some(description) = function.string("description")? {
        *token_count += tokens::count(description);
    }
    let strict = function.boolean("strict")?.unwrap_or(false);
    let parameters = function.get("parameters");
    if let Some(schema) = parameters {
        let members = Members::nested(schema, function.path_of("parameters"))?;
        let kind = schema.get("type").map_or_else(|| "None".into(), Value::to_string);
        if members.len() > 0 && kind != "\"object\"" {
            return Err(ApiError::invalid(format!(
                "Invalid schema for function '{name}': schema must be a JSON Schema of 'type: \"object\"', got 'type: {kind}'."
            ))
            .param(function.path_of("parameters"))
            .code("invalid_function_parameters"));
        }
        if strict {
            check_strict_schema(schema, "()").map_err(|complaint| {
                ApiError::invalid(format!("Invalid schema for function '{name}': {complaint}"))
                    .param(function.path_of("parameters"))
                    .code("invalid_function_parameters")
            })?;
        }
        *token_count += count_json(schema);
    }
    Ok(Tool { name: name.to_owned(), parameters: parameters.cloned() })
}

fn read_choice(request: &Members<'_>, list: &[Tool]) -> Result<ToolChoice, ApiError> {
    match request.get("tool_choice") {
        None => Ok(ToolChoice::Auto),
        Some(Value::String(_)) => match request.one_of("tool_choice", &["none", "auto", "required"])? {
            Some("none") => Ok(ToolChoice::None),
            Some("required") => Ok(ToolChoice::Required),
            _ => Ok(ToolChoice::Auto),
        },
        Some(Value::Object(_)) => read_named_choice(&request.required_object("tool_choice")?, list),
        Some(other) => Err(wrong_type("tool_choice", "one of a string or an object", other)),
    }
}

fn read_named_choice(choice: &Members<'_>, list: &[Tool]) -> Result<ToolChoice, ApiError> {
    choice.refuse_unknown(&["type", "function"])?;
    choice.one_of("type", &["function"])?.ok_or_else(|| choice.missing("type"))?;
    let function = choice.required_object("function")?;
    function.refuse_unknown(&["name"])?;
    let name = function.required_string("name")?;
    list.iter().position(|tool| tool.name == name).map(ToolChoice::Named).ok_or_else(|| {
        ApiError::invalid(format!("Tool choice '{name}' not found in 'tools' parameter.")).param("tool_choice")
    })
}
