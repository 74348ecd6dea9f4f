//! `POST /v1/embeddings`, the request. The reply is rewritten by [`super::reply::rewrite_reply`].

use bytes::Bytes;

use super::RequestError;
use super::members::{Read, RequestMembers};
use super::metadata;
use crate::estimate::text::Counter;
use crate::json::{self, Cursor, Edit, Member};

/// OpenAI's bound on inputs of one request.
const INPUTS_MAX: usize = 2_048;

/// A request that may be served. Offers of other models never stand in: their vectors mean something else.
#[derive(Debug, Clone)]
pub struct EmbeddingsRequest {
    body: Bytes,
    members: Vec<Member>,
    /// As the client named it.
    pub model: String,
    /// For text the ceiling of [`crate::estimate::input_tokens`] over all inputs; token arrays are counted.
    pub input_tokens_estimate: u64,
    pub metadata: Vec<(String, String)>,
}

impl EmbeddingsRequest {
    /// `input` may be a string, an array of strings, an array of tokens, or an array of those; nothing in it
    /// may be empty.
    pub fn parse(body: Bytes) -> Result<EmbeddingsRequest, RequestError> {
        let found = RequestMembers::of(&body)?;
        let model = found.model()?;
        let input = found.required("input", "give a string, or an array of strings or of tokens")?;
        Ok(EmbeddingsRequest {
            model,
            input_tokens_estimate: input_tokens(&input)?,
            metadata: found.get("metadata").map(metadata::parse).transpose()?.unwrap_or_default(),
            members: found.into_found(),
            body,
        })
    }

    /// The body for the provider: as it came, but for `model`, and without our own members.
    pub fn upstream_body(&self, upstream_model: &str) -> Vec<u8> {
        let model = json::quoted(upstream_model);
        let mut out = Vec::with_capacity(self.body.len() + model.len() + 2);
        json::rewrite(&self.body, &self.members, b"", &mut out, |name| match name {
            b"model" => Edit::Value([&model, b"", b""]),
            b"routing" | b"models" | b"metadata" => Edit::Drop,
            _ => Edit::Keep,
        });
        out
    }
}

/// Counted input by input, because each is a sequence of its own and rounds up alone.
fn input_tokens(input: &Read<'_>) -> Result<u64, RequestError> {
    let mut cursor = Cursor::new(input.value);
    if cursor.peek() == Some(b'"') {
        return string_tokens(input, input.value);
    }
    let mut inputs = 0_usize;
    let mut tokens = 0_u64;
    let mut bare_tokens = false;
    for element in json::elements(input.value) {
        let element = element.map_err(|_| input.wrong("must be a string, or an array of strings or of tokens"))?;
        let element = &input.value[element];
        inputs += 1;
        match element.first() {
            Some(b'"') if !bare_tokens => tokens += string_tokens(input, element)?,
            Some(b'[') if !bare_tokens => tokens += token_array_tokens(input, element)?,
            Some(_) if (bare_tokens || inputs == 1) && element.iter().all(u8::is_ascii_digit) => {
                bare_tokens = true;
                tokens += 1;
            }
            _ => return Err(input.wrong("must hold only strings, only tokens or only arrays of tokens")),
        }
    }
    match inputs {
        0 => Err(input.wrong("is empty: give at least one string or token")),
        _ if !bare_tokens && inputs > INPUTS_MAX => Err(input.wrong("must hold at most 2048 inputs")),
        _ => Ok(tokens),
    }
}

fn string_tokens(input: &Read<'_>, value: &[u8]) -> Result<u64, RequestError> {
    match value {
        [b'"', text @ .., b'"'] if !text.is_empty() => {
            let mut counter = Counter::ceiling();
            counter.push_json(text);
            Ok(counter.tokens().max(1))
        }
        _ => Err(input.wrong("must not hold an empty string")),
    }
}

fn token_array_tokens(input: &Read<'_>, value: &[u8]) -> Result<u64, RequestError> {
    let mut tokens = 0;
    for token in json::elements(value) {
        let token = token.map_err(|_| input.wrong("must hold arrays of tokens"))?;
        if !value[token].iter().all(u8::is_ascii_digit) {
            return Err(input.wrong("must hold arrays of tokens, which are integers"));
        }
        tokens += 1;
    }
    match tokens {
        0 => Err(input.wrong("must not hold an empty array")),
        tokens => Ok(tokens),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<EmbeddingsRequest, RequestError> {
        EmbeddingsRequest::parse(Bytes::copy_from_slice(body.as_bytes()))
    }

    #[test]
    fn all_four_forms_of_input_are_counted() {
        let tokens = |input: &str| parse(&format!(r#"{{"model":"m","input":{input}}}"#)).unwrap().input_tokens_estimate;
        assert!((2..=4).contains(&tokens(r#""hello world""#)));
        assert_eq!(tokens(r#"["hello world","hello world"]"#), 2 * tokens(r#""hello world""#));
        assert_eq!(tokens("[1, 2, 3]"), 3);
        assert_eq!(tokens("[[1,2],[3]]"), 3);
    }

    #[test]
    fn empty_or_mixed_input_is_refused_by_name() {
        for input in [
            r#""""#,
            "[]",
            r#"["a",""]"#,
            "[[]]",
            r#"["a",1]"#,
            r#"[1,"a"]"#,
            "{}",
            "7",
            "null",
            "[[1.5]]",
            "[1.5]",
            "[true]",
        ] {
            let refused = parse(&format!(r#"{{"model":"m","input":{input}}}"#)).unwrap_err();
            assert_eq!(refused.param.as_deref(), Some("input"), "{input}");
        }
    }

    #[test]
    fn only_the_model_changes_on_the_way_up() {
        let request = parse(r#"{"input":"x", "model":"small","odd": 1.0,"metadata":{"a":"b"},"routing":{}}"#).unwrap();
        let sent = String::from_utf8(request.upstream_body("text-embedding-3-small")).unwrap();
        assert_eq!(sent, r#"{"input":"x", "model":"text-embedding-3-small","odd": 1.0}"#);
        assert_eq!(request.metadata, [("a".to_owned(), "b".to_owned())]);
    }
}
