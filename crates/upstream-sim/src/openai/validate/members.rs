//! The members of one JSON object, read with OpenAI's complaints. Null counts as absent, as it does there.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::openai::error::ApiError;

pub(crate) struct Members<'a> {
    map: &'a Map<String, Value>,
    /// Where the object stands, such as `messages[0]`; empty at the top.
    path: String,
}

impl<'a> Members<'a> {
    pub(crate) fn top(body: &'a Value) -> Result<Self, ApiError> {
        let map = body.as_object().ok_or_else(ApiError::not_json)?;
        Ok(Self { map, path: String::new() })
    }

    pub(crate) fn nested(value: &'a Value, path: String) -> Result<Self, ApiError> {
        match value.as_object() {
            Some(map) => Ok(Self { map, path }),
            None => Err(wrong_type(&path, "an object", value)),
        }
    }

    pub(crate) fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&'a Value, ApiError> {
        self.get(name).ok_or_else(|| self.missing(name))
    }

    pub(crate) fn missing(&self, name: &str) -> ApiError {
        let path = self.path_of(name);
        ApiError::invalid(format!("Missing required parameter: '{path}'."))
            .param(path)
            .code("missing_required_parameter")
    }

    /// At the top OpenAI names the arguments it does not know; its `param` is null, ours names the first.
    pub(crate) fn refuse_unknown_arguments(&self, known: &[&str]) -> Result<(), ApiError> {
        let unknown: Vec<&str> = self.unknown(known).collect();
        let Some(first) = unknown.first() else {
            return Ok(());
        };
        let plural = if unknown.len() > 1 { "s" } else { "" };
        let names = unknown.join(", ");
        Err(ApiError::invalid(format!("Unrecognized request argument{plural} supplied: {names}")).param(*first))
    }

    pub(crate) fn refuse_unknown(&self, known: &[&str]) -> Result<(), ApiError> {
        let Some(name) = self.unknown(known).next() else {
            return Ok(());
        };
        let path = self.path_of(name);
        Err(ApiError::invalid(format!("Unknown parameter: '{path}'.")).param(path).code("unknown_parameter"))
    }

    fn unknown<'b>(&'b self, known: &'b [&str]) -> impl Iterator<Item = &'a str> + 'b {
        self.map.keys().map(String::as_str).filter(move |name| !known.contains(name))
    }

    pub(crate) fn model(&self) -> Result<&'a str, ApiError> {
        match self.string("model")? {
            Some(model) if !model.is_empty() => Ok(model),
            _ => Err(ApiError::invalid("you must provide a model parameter").param("model")),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        self.typed(name, "a string", Value::as_str)
    }

    pub(crate) fn required_string(&self, name: &str) -> Result<&'a str, ApiError> {
        self.string(name)?.ok_or_else(|| self.missing(name))
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.typed(name, "a boolean", Value::as_bool)
    }

    pub(crate) fn array(&self, name: &str) -> Result<Option<&'a [Value]>, ApiError> {
        self.typed(name, "an array", |value| value.as_array().map(Vec::as_slice))
    }

    pub(crate) fn object(&self, name: &str) -> Result<Option<Members<'a>>, ApiError> {
        self.get(name).map(|value| Members::nested(value, self.path_of(name))).transpose()
    }

    pub(crate) fn required_object(&self, name: &str) -> Result<Members<'a>, ApiError> {
        Members::nested(self.required(name)?, self.path_of(name))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.map.keys().map(String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.map.len()
    }

    fn typed<T>(
        &self,
        name: &str,
        expected: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        read(value).map(Some).ok_or_else(|| wrong_type(&self.path_of(name), expected, value))
    }

    pub(crate) fn integer(&self, name: &str, range: RangeInclusive<i64>) -> Result<Option<i64>, ApiError> {
        let Some(number) = self.typed(name, "an integer", Value::as_i64)? else {
            return Ok(None);
        };
        let (least, most) = range.into_inner();
        if number < least {
            return Err(self.out_of_range(name, "integer", Bound::Below(least.to_string()), number.to_string()));
        }
        if number > most {
            return Err(self.out_of_range(name, "integer", Bound::Above(most.to_string()), number.to_string()));
        }
        Ok(Some(number))
    }

    pub(crate) fn decimal(&self, name: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, ApiError> {
        let Some(number) = self.typed(name, "a decimal", Value::as_f64)? else {
            return Ok(None);
        };
        let (least, most) = range.into_inner();
        if number < least {
            return Err(self.out_of_range(name, "decimal", Bound::Below(least.to_string()), number.to_string()));
        }
        if number > most {
            return Err(self.out_of_range(name, "decimal", Bound::Above(most.to_string()), number.to_string()));
        }
        Ok(Some(number))
    }

    fn out_of_range(&self, name: &str, kind: &str, bound: Bound, got: String) -> ApiError {
        let path = self.path_of(name);
        let (message, code) = match bound {
            Bound::Below(least) => (
                format!("{kind} below minimum value. Expected a value >= {least}, but got {got} instead."),
                if kind == "integer" { "integer_below_min_value" } else { "decimal_below_min_value" },
            ),
            Bound::Above(most) => (
                format!("{kind} above maximum value. Expected a value <= {most}, but got {got} instead."),
                if kind == "integer" { "integer_above_max_value" } else { "decimal_above_max_value" },
            ),
        };
        ApiError::invalid(format!("Invalid '{path}': {message}")).param(path).code(code)
    }

    pub(crate) fn one_of(&self, name: &str, allowed: &[&str]) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.string(name)? else {
            return Ok(None);
        };
        if allowed.contains(&value) { Ok(Some(value)) } else { Err(self.not_one_of(name, value, allowed)) }
    }

    pub(crate) fn not_one_of(&self, name: &str, value: &str, allowed: &[&str]) -> ApiError {
        let listed: Vec<String> = allowed.iter().map(|allowed| format!("'{allowed}'")).collect();
        ApiError::invalid(format!("Invalid value: '{value}'. Supported values are: {}.", join_as_words(&listed)))
            .param(self.path_of(name))
            .code("invalid_value")
    }

    pub(crate) fn short_string(&self, name: &str, longest: usize) -> Result<Option<&'a str>, ApiError> {
        let Some(value) = self.string(name)? else {
            return Ok(None);
        };
        let length = value.chars().count();
        if length <= longest {
            return Ok(Some(value));
        }
        let path = self.path_of(name);
        Err(ApiError::invalid(format!(
            "Invalid '{path}': string too long. Expected a string with maximum length {longest}, but got a string with \
             length {length} instead."
        ))
        .param(path)
        .code("string_above_max_length"))
    }

    /// A name of a tool or a schema.
    pub(crate) fn required_identifier(&self, name: &str) -> Result<&'a str, ApiError> {
        let Some(value) = self.short_string(name, 64)? else {
            return Err(self.missing(name));
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if !value.is_empty() && value.bytes().all(allowed) {
            return Ok(value);
        }
        let path = self.path_of(name);
        Err(ApiError::invalid(format!(
            "Invalid '{path}': string does not match pattern. Expected a string that matches the pattern \
             '^[a-zA-Z0-9_-]+$'."
        ))
        .param(path)
        .code("invalid_value"))
    }
}

enum Bound {
    Below(String),
    Above(String),
}

pub(crate) fn wrong_type(path: &str, expected: &str, value: &Value) -> ApiError {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    ApiError::invalid(format!("Invalid type for '{path}': expected {expected}, but got {got} instead."))
        .param(path)
        .code("invalid_type")
}

pub(crate) fn empty_array(path: String) -> ApiError {
    ApiError::invalid(format!(
        "Invalid '{path}': empty array. Expected an array with minimum length 1, but got an empty array instead."
    ))
    .param(path)
    .code("empty_array")
}

pub(crate) fn array_too_long(path: String, most: usize, got: usize) -> ApiError {
    ApiError::invalid(format!(
        "Invalid '{path}': array too long. Expected an array with maximum length {most}, but got an array with length \
         {got} instead."
    ))
    .param(path)
    .code("array_above_max_length")
}

fn join_as_words(listed: &[String]) -> String {
    match listed {
        [] => String::new(),
        [only] => only.clone(),
        [first, second] => format!("{first} and {second}"),
        [rest @ .., last] => format!("{}, and {last}", rest.join(", ")),
    }
}
