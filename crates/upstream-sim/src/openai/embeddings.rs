//! `POST /v1/embeddings`: unit vectors that depend on the input alone.

use std::time::Instant;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use serde_json::{Value, json};

use super::error::ApiError;
use super::headers;
use super::meddle;
use super::tokens;
use super::validate::{Members, array_too_long, empty_array, wrong_type};
use crate::faults::{Fault, UsagePlace};
use crate::served::Visit;
use crate::simulator::{Simulator, digest, scatter};

const KNOWN: [&str; 5] = ["input", "model", "dimensions", "encoding_format", "user"];

/// As text-embedding-3-small has, for every model; `dimensions` may ask for up to the large one's.
const USUAL_DIMENSIONS: i64 = 1_536;
const MOST_DIMENSIONS: i64 = 3_072;

const INPUTS_LIMIT: usize = 2_048;
const TOKENS_PER_INPUT_LIMIT: u64 = 8_192;

struct EmbeddingsRequest {
    model: String,
    inputs: Vec<Input>,
    dimensions: usize,
    base64: bool,
}

struct Input {
    seed: u64,
    tokens: u64,
}

pub(crate) async fn create_embeddings(http: HttpRequest, body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    let arrived = Instant::now();
    let visit = simulator.served.arrive("embeddings", headers::client_request_id(&http));
    let mut response = match headers::authenticate(&http).and_then(|()| parse(&body)) {
        Ok(request) => serve(&http, &simulator, &request, visit).await,
        Err(error) => meddle::refuse(&error, visit),
    };
    headers::stamp(response.headers_mut(), &simulator, arrived, 0);
    response
}

async fn serve(
    http: &HttpRequest,
    simulator: &Simulator,
    request: &EmbeddingsRequest,
    mut visit: Visit,
) -> HttpResponse {
    let fault = simulator.faults.take(&request.model).unwrap_or_default();
    visit.record.id = simulator.unique_id("embd-", 29);
    visit.record.model.clone_from(&request.model);
    visit.record.prompt_tokens = request.inputs.iter().map(|input| input.tokens).sum();
    visit.record.fault = (!fault.name.is_empty()).then(|| fault.name.clone());
    let mut visit = match meddle::before_answer(http, &fault, &request.model, visit).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    visit.record.status = 200;
    visit.record.usage_sent = fault.usage != UsagePlace::Nowhere;
    let body = encode(request, visit.record.prompt_tokens, &fault);
    meddle::send_whole(body, 0, &fault, visit)
}

fn parse(body: &[u8]) -> Result<EmbeddingsRequest, ApiError> {
    let body: Value = serde_json::from_slice(body).map_err(|_| ApiError::not_json())?;
    let request = Members::top(&body)?;
    request.refuse_unknown_arguments(&KNOWN)?;
    let model = request.model()?.to_owned();
    request.string("user")?;
    let dimensions = request.integer("dimensions", 1..=MOST_DIMENSIONS)?.unwrap_or(USUAL_DIMENSIONS);
    Ok(EmbeddingsRequest {
        model,
        inputs: parse_inputs(request.required("input")?)?,
        dimensions: usize::try_from(dimensions).expect("between 1 and MOST_DIMENSIONS"),
        base64: request.one_of("encoding_format", &["float", "base64"])? == Some("base64"),
    })
}

/// A string, a list of strings, a list of tokens, or a list of lists of tokens.
fn parse_inputs(input: &Value) -> Result<Vec<Input>, ApiError> {
    let list = match input {
        Value::String(text) => return Ok(vec![of_text(text, "input")?]),
        Value::Array(list) => list,
        other => {
            return Err(wrong_type("input", "one of a string, an array of strings, or an array of tokens", other));
        }
    };
    match list.first() {
        None => Err(empty_array("input".into())),
        Some(Value::Number(_)) => Ok(vec![of_tokens(list, "input")?]),
        Some(_) if list.len() > INPUTS_LIMIT => Err(array_too_long("input".into(), INPUTS_LIMIT, list.len())),
        Some(_) => list.iter().enumerate().map(of_item).collect(),
    }
}

fn of_item((place, item): (usize, &Value)) -> Result<Input, ApiError> {
    let path = format!("input[{place}]");
    match item {
        Value::String(text) => of_text(text, &path),
        Value::Array(list) => of_tokens(list, &path),
        other => Err(wrong_type(&path, "a string or an array of tokens", other)),
    }
}

fn of_text(text: &str, path: &str) -> Result<Input, ApiError> {
    if text.is_empty() {
        return Err(ApiError::invalid(format!("Invalid '{path}': input cannot be an empty string.")).param(path));
    }
    within_limit(Input { seed: digest(text), tokens: tokens::count(text) }, path)
}

fn of_tokens(list: &[Value], path: &str) -> Result<Input, ApiError> {
    if list.is_empty() {
        return Err(empty_array(path.to_owned()));
    }
    let mut seed = 0;
    for (place, item) in list.iter().enumerate() {
        let token = item.as_u64().ok_or_else(|| wrong_type(&format!("{path}[{place}]"), "a token", item))?;
        seed = scatter(seed ^ token);
    }
    within_limit(Input { seed, tokens: list.len() as u64 }, path)
}

fn within_limit(input: Input, path: &str) -> Result<Input, ApiError> {
    if input.tokens <= TOKENS_PER_INPUT_LIMIT {
        return Ok(input);
    }
    Err(ApiError::invalid(format!(
        "Invalid '{path}': maximum context length is {TOKENS_PER_INPUT_LIMIT} tokens, but got {} tokens instead.",
        input.tokens
    ))
    .param(path)
    .code("context_length_exceeded"))
}

#[derive(Serialize)]
struct EmbeddingList<'a> {
    object: &'static str,
    data: Vec<EmbeddingJson>,
    model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Value>,
}

#[derive(Serialize)]
struct EmbeddingJson {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector {
    Floats(Vec<f32>),
    Base64(String),
}

fn encode(request: &EmbeddingsRequest, prompt_tokens: u64, fault: &Fault) -> Vec<u8> {
    let encode_one = |(index, input): (usize, &Input)| {
        let floats = unit_vector(input.seed, request.dimensions);
        let embedding = if request.base64 { Vector::Base64(base64(&floats)) } else { Vector::Floats(floats) };
        EmbeddingJson { object: "embedding", index, embedding }
    };
    let usage = json!({ "prompt_tokens": prompt_tokens, "total_tokens": prompt_tokens });
    let list = EmbeddingList {
        object: "list",
        data: request.inputs.iter().enumerate().map(encode_one).collect(),
        model: &request.model,
        usage: (fault.usage != UsagePlace::Nowhere).then_some(usage),
    };
    serde_json::to_vec(&list).expect("strings and finite numbers are JSON")
}

fn unit_vector(seed: u64, dimensions: usize) -> Vec<f32> {
    let mut word = seed;
    let mut draw = || {
        word = scatter(word);
        // The upper 24 bits fill an f32's mantissa: a number in -1..1.
        (word >> 40) as f32 / 8_388_608.0 - 1.0
    };
    let mut vector: Vec<f32> = (0..dimensions).map(|_| draw()).collect();
    let length = vector.iter().map(|part| part * part).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter_mut().for_each(|part| *part /= length);
    vector
}

/// Little-endian floats in standard base64, as `encoding_format` has it.
fn base64(floats: &[f32]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes: Vec<u8> = floats.iter().flat_map(|float| float.to_le_bytes()).collect();
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_little_endian_base64() {
        assert_eq!(base64(&[1.0]), "AACAPw==");
        assert_eq!(base64(&[1.0, -2.0, 0.5]), "AACAPwAAAMAAAAA/");
    }

    #[test]
    fn the_same_input_has_the_same_vector_of_length_one() {
        let vector = unit_vector(digest("toll"), 256);
        assert_eq!(vector, unit_vector(digest("toll"), 256));
        assert!((vector.iter().map(|part| part * part).sum::<f32>() - 1.0).abs() < 1e-4);
    }
}
