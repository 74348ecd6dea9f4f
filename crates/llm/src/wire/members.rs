//! Reads the few members of a request that matter, and says what is wrong with one in words for the caller.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::RequestError;
use crate::json::{self, Member};

/// Longest name of a model that is looked up.
const MODEL_NAME_MAX_BYTES: usize = 256;

/// The top-level members of a body that is known to be JSON.
pub(super) struct RequestMembers<'b> {
    body: &'b [u8],
    found: Vec<Member>,
}

impl<'b> RequestMembers<'b> {
    /// Refuses what is not one JSON object, and names that occur twice or hide behind escapes: of these the
    /// provider might read another one than we did.
    pub(super) fn of(body: &'b [u8]) -> Result<RequestMembers<'b>, RequestError> {
        if !json::is_valid(body) {
            return Err(RequestError::body("the request body is not valid JSON: send one JSON object in UTF-8"));
        }
        let found: Vec<Member> = json::members(body)
            .collect::<Result<_, _>>()
            .map_err(|_| RequestError::body("the request body must be a JSON object"))?;
        let mut names = HashSet::with_capacity(found.len());
        for member in &found {
            let name = &body[member.key.clone()];
            let shown = String::from_utf8_lossy(name);
            if name.contains(&b'\\') {
                let message = format!("the member name `{shown}` must be written without escapes");
                return Err(RequestError::body(message));
            }
            if !names.insert(name) {
                let message = format!("`{shown}` is given twice: remove one of the two");
                return Err(RequestError::at(shown, message));
            }
        }
        Ok(RequestMembers { body, found })
    }

    pub(super) fn into_found(self) -> Vec<Member> {
        self.found
    }

    /// `None` also where the value is null, which OpenAI takes for absent.
    pub(super) fn get(&self, name: &str) -> Option<Read<'b>> {
        let member = self.found.iter().find(|member| &self.body[member.key.clone()] == name.as_bytes())?;
        let read = Read { name: name.to_owned(), value: &self.body[member.value.clone()] };
        (!read.is_null()).then_some(read)
    }

    pub(super) fn required(&self, name: &str, remedy: &str) -> Result<Read<'b>, RequestError> {
        self.get(name).ok_or_else(|| RequestError::at(name, format!("`{name}` is missing: {remedy}")))
    }

    pub(super) fn model(&self) -> Result<String, RequestError> {
        let model = self.required("model", "name a model, such as `gpt-4.1-mini`; `GET /v1/models` lists them")?;
        let name = model.string()?;
        match name.len() {
            0 => Err(model.wrong("must not be empty: name a model, such as `gpt-4.1-mini`")),
            1..=MODEL_NAME_MAX_BYTES => Ok(name.into_owned()),
            _ => Err(model.wrong("is too long for the name of a model: at most 256 bytes")),
        }
    }
}

/// One member and its path from the top, such as `routing.quality_min`.
#[derive(Debug, Clone)]
pub(super) struct Read<'b> {
    pub(super) name: String,
    pub(super) value: &'b [u8],
}

impl<'b> Read<'b> {
    pub(super) fn wrong(&self, what: &str) -> RequestError {
        RequestError::at(self.name.clone(), format!("`{}` {what}", self.name))
    }

    pub(super) fn is_null(&self) -> bool {
        self.value == b"null"
    }

    pub(super) fn string(&self) -> Result<Cow<'b, str>, RequestError> {
        json::string(self.value).ok_or_else(|| self.wrong("must be a string"))
    }

    pub(super) fn one_of(&self, allowed: &[&str]) -> Result<(), RequestError> {
        let value = self.string()?;
        match allowed.contains(&value.as_ref()) {
            true => Ok(()),
            false => Err(self.wrong(&format!("must be one of {}", allowed.join(", ")))),
        }
    }

    pub(super) fn boolean(self) -> Result<bool, RequestError> {
        match self.value {
            b"true" => Ok(true),
            b"false" => Ok(false),
            _ => Err(self.wrong("must be true or false")),
        }
    }

    pub(super) fn integer(&self, range: RangeInclusive<u64>) -> Result<u64, RequestError> {
        let number = std::str::from_utf8(self.value).ok().and_then(|text| text.parse().ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.wrong(&format!("must be an integer from {} to {}", range.start(), range.end())))
    }

    /// A number or a string that holds one, exactly as written.
    pub(super) fn decimal(&self) -> Result<Decimal, RequestError> {
        let text = match json::string(self.value) {
            Some(text) => text,
            None => String::from_utf8_lossy(self.value),
        };
        Decimal::from_str_exact(&text)
            .or_else(|_| Decimal::from_scientific(&text))
            .or_else(|_| Decimal::from_str(&text))
            .ok()
            .filter(|number| !number.is_sign_negative())
            .ok_or_else(|| self.wrong("must be a number that is not negative"))
    }

    pub(super) fn strings(&self, most: usize) -> Result<Vec<String>, RequestError> {
        let wrong = || self.wrong(&format!("must be an array of at most {most} strings that are not empty"));
        let mut strings = Vec::new();
        for element in json::elements(self.value) {
            let text = element.ok().and_then(|range| json::string(&self.value[range])).ok_or_else(wrong)?;
            if text.is_empty() || text.len() > MODEL_NAME_MAX_BYTES || strings.len() == most {
                return Err(wrong());
            }
            strings.push(text.into_owned());
        }
        Ok(strings)
    }

    /// The members of an object, with their paths.
    pub(super) fn members(&self) -> Result<Vec<Read<'b>>, RequestError> {
        json::members(self.value)
            .map(|member| {
                let member = member.map_err(|_| self.wrong("must be an object"))?;
                let key = json::string(&self.value[member.key.start - 1..=member.key.end]);
                let key = key.ok_or_else(|| self.wrong("has a member whose name is not text"))?;
                Ok(Read { name: format!("{}.{key}", self.name), value: &self.value[member.value] })
            })
            .collect()
    }
}
