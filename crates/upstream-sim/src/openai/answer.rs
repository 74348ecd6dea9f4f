//! Composes what the model says: the same request and seed give the same words, calls and counts.
//!
//! A text begins with the first tokens of the last user message, so that an answer shows whose it is, and goes on
//! with filler. By `tokens`, the visible text holds exactly as many tokens as the usage says.

use serde::Serialize;
use serde_json::json;

use super::schema;
use super::tokens;
use super::validate::{ChatRequest, Limits, ResponseFormat, ToolChoice};
use crate::simulator::{digest, scatter};

/// An answer without `tokens=N` has this many tokens and up to `SPREAD - 1` more.
const USUAL_TOKENS: u64 = 36;
const SPREAD: u64 = 9;

/// Tokens of the user's message that an answer repeats.
const ECHO_TOKENS: usize = 8;

/// Beside its arguments, a call costs this for its name and frame.
pub(crate) const CALL_OPENING_TOKENS: u64 = 4;

const FILLER: [&str; 24] = [
    "the", "toll", "road", "opens", "early", "and", "each", "wagon", "pays", "by", "weight", "before", "noon", "while",
    "clerks", "count", "coins", "under", "a", "lantern", "near", "every", "gate", "again",
];

pub(crate) struct Answer {
    pub(crate) choices: Vec<Choice>,
    pub(crate) usage: Usage,
}

pub(crate) struct Choice {
    pub(crate) text: Tokenized,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: Finish,
}

pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: Tokenized,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Finish {
    Stop,
    Length,
    ToolCalls,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: u64,
    pub(crate) cached_tokens: u64,
    /// Of all choices, reasoning included.
    pub(crate) completion_tokens: u64,
    pub(crate) reasoning_tokens: u64,
}

/// A text and where each of its tokens ends.
#[derive(Default)]
pub(crate) struct Tokenized {
    pub(crate) text: String,
    ends: Vec<usize>,
}

impl Tokenized {
    fn new(text: String) -> Self {
        let ends = tokens::ends(&text).collect();
        Self { text, ends }
    }

    pub(crate) fn count(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn token(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[start..self.ends[place]]
    }

    /// Keeps at most this many tokens; true when some had to go.
    fn limit(&mut self, most: usize) -> bool {
        if self.ends.len() <= most {
            return false;
        }
        self.ends.truncate(most);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
        true
    }
}

impl Choice {
    /// Visible tokens: text and calls.
    pub(crate) fn tokens(&self) -> u64 {
        let calls = self.calls.iter().map(|call| CALL_OPENING_TOKENS + call.arguments.count() as u64);
        self.text.count() as u64 + calls.sum::<u64>()
    }
}

pub(crate) fn compose(request: &ChatRequest) -> Answer {
    let limits = &request.limits;
    let reasoning_tokens = limits.reasoning_tokens.min(limits.max_tokens);
    let visible_limit = usize::try_from(limits.max_tokens - reasoning_tokens).unwrap_or(usize::MAX);
    let seed = digest(&request.conversation.last_user_text) ^ scatter(request.seed);
    let choices: Vec<Choice> = (0..limits.choices)
        .map(|place| compose_choice(request, scatter(seed.wrapping_add(place as u64)), visible_limit))
        .collect();
    let reasoning_tokens = reasoning_tokens * choices.len() as u64;
    let visible_tokens: u64 = choices.iter().map(Choice::tokens).sum();
    Answer {
        usage: Usage {
            prompt_tokens: request.prompt_tokens,
            cached_tokens: cached(request.prompt_tokens),
            completion_tokens: visible_tokens + reasoning_tokens,
            reasoning_tokens,
        },
        choices,
    }
}

/// From 1,024 tokens on, as at OpenAI, in steps of 128; half of the prompt is held to be known.
pub(crate) fn cached(prompt_tokens: u64) -> u64 {
    if prompt_tokens < 1_024 { 0 } else { prompt_tokens / 2 / 128 * 128 }
}

fn compose_choice(request: &ChatRequest, seed: u64, limit: usize) -> Choice {
    let called = tools_to_call(request);
    if !called.is_empty() {
        return compose_calls(request, &called, seed, limit);
    }
    let text = match &request.response_format {
        ResponseFormat::Text => prose(request, seed, wanted_tokens(request, seed)),
        ResponseFormat::JsonObject => {
            // {"answer":" and "} are eight tokens.
            let words = prose(request, seed, wanted_tokens(request, seed).saturating_sub(8).max(1));
            json!({ "answer": words }).to_string()
        }
        ResponseFormat::JsonSchema(schema) => schema::instance(schema, seed).to_string(),
    };
    let mut text = Tokenized::new(stop_early(text, &request.limits));
    let finish = if text.limit(limit) { Finish::Length } else { Finish::Stop };
    Choice { text, calls: Vec::new(), finish }
}

/// The number in the last `tokens=N` of the message, else about forty.
fn wanted_tokens(request: &ChatRequest, seed: u64) -> u64 {
    let message = &request.conversation.last_user_text;
    let asked = message.rsplit_once("tokens=").and_then(|(_, rest)| {
        let digits = rest.len() - rest.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        rest[..digits].parse::<u64>().ok()
    });
    match asked {
        Some(asked) => asked.clamp(1, super::validate::OUTPUT_TOKENS_LIMIT),
        None => USUAL_TOKENS + seed % SPREAD,
    }
}

/// A text of exactly this many tokens.
fn prose(request: &ChatRequest, seed: u64, wanted: u64) -> String {
    let mut echo = Tokenized::new(request.conversation.last_user_text.trim_start().to_owned());
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    echo.limit(ECHO_TOKENS.min(wanted));
    let mut written = echo.count();
    let mut text = echo.text;
    text.truncate(text.trim_end().len());
    let mut word = seed;
    while written < wanted {
        word = scatter(word);
        // A sentence is seven words and a full stop.
        if written % 8 == 7 {
            text.push('.');
        } else {
            text.push(' ');
            text.push_str(FILLER[(word % FILLER.len() as u64) as usize]);
        }
        written += 1;
    }
    text
}

/// Ends the text before the first stop sequence in it.
fn stop_early(mut text: String, limits: &Limits) -> String {
    let stops = limits.stop.iter().filter(|stop| !stop.is_empty());
    if let Some(end) = stops.filter_map(|stop| text.find(stop.as_str())).min() {
        text.truncate(end);
    }
    // White space after the last token is no token, and a stream would not send it.
    text.truncate(text.trim_end().len());
    text
}

/// Indexes of the tools that the answer calls: forced ones, or those a user's last word asks for with "call"
/// (one: the tool it names or the first) or "call all" (each).
fn tools_to_call(request: &ChatRequest) -> Vec<usize> {
    let tools = &request.tools;
    let message = &request.conversation.last_user_text;
    let asked = request.conversation.user_spoke_last && message.contains("call");
    match tools.choice {
        _ if tools.list.is_empty() => Vec::new(),
        ToolChoice::None => Vec::new(),
        ToolChoice::Auto if !asked => Vec::new(),
        ToolChoice::Named(place) => vec![place],
        ToolChoice::Auto | ToolChoice::Required if tools.parallel && message.contains("call all") => {
            (0..tools.list.len()).collect()
        }
        ToolChoice::Auto | ToolChoice::Required => {
            let named = tools.list.iter().position(|tool| message.contains(&tool.name));
            vec![named.unwrap_or(0)]
        }
    }
}

fn compose_calls(request: &ChatRequest, called: &[usize], seed: u64, limit: usize) -> Choice {
    let mut choice = Choice { text: Tokenized::default(), calls: Vec::new(), finish: Finish::ToolCalls };
    let mut left = limit;
    for place in called {
        let tool = &request.tools.list[*place];
        let Some(rest) = left.checked_sub(CALL_OPENING_TOKENS as usize) else {
            choice.finish = Finish::Length;
            return choice;
        };
        let value = match &tool.parameters {
            Some(schema) => schema::instance(schema, scatter(seed ^ *place as u64)),
            None => json!({}),
        };
        // A schema that is no object's still has to give an object.
        let value = if value.is_object() { value } else { json!({}) };
        let mut arguments = Tokenized::new(value.to_string());
        let cut = arguments.limit(rest);
        left = rest - arguments.count();
        choice.calls.push(Call { name: tool.name.clone(), arguments });
        if cut {
            choice.finish = Finish::Length;
            return choice;
        }
    }
    choice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: serde_json::Value) -> Answer {
        compose(&ChatRequest::parse(body.to_string().as_bytes()).expect("a good request"))
    }

    fn ask(message: &str, more: serde_json::Value) -> Answer {
        let mut body = json!({ "model": "m", "messages": [{ "role": "user", "content": message }] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        answer(body)
    }

    #[test]
    fn the_visible_text_holds_as_many_tokens_as_the_usage_says() {
        for message in ["hi", " 你好,  world!  tokens=3", "tokens=1", "tokens=500 x", "", "a\n\nb tokens=9999999"] {
            for seed in [0, 1, -7] {
                let answer = ask(message, json!({ "seed": seed, "n": 2 }));
                let counted: u64 = answer.choices.iter().map(|choice| tokens::count(&choice.text.text)).sum();
                assert_eq!(counted, answer.usage.completion_tokens, "{message:?}");
                let joined: String =
                    (0..answer.choices[0].text.count()).map(|at| answer.choices[0].text.token(at)).collect();
                assert_eq!(joined, answer.choices[0].text.text);
            }
        }
        assert_eq!(ask("tokens=500", json!({})).usage.completion_tokens, 500);
        assert!((36..45).contains(&ask("hello", json!({})).usage.completion_tokens));
    }

    #[test]
    fn the_same_request_gets_the_same_answer_and_another_seed_another() {
        let text = |seed: i64| ask("hello", json!({ "seed": seed })).choices.remove(0).text.text;
        assert_eq!(text(1), text(1));
        assert_ne!(text(1), text(2));
        assert!(text(1).starts_with("hello "));
    }

    #[test]
    fn a_limit_cuts_text_and_reasoning_comes_out_of_it() {
        let cut = ask("tokens=30", json!({ "max_tokens": 10 }));
        assert_eq!((cut.choices[0].finish, cut.usage.completion_tokens), (Finish::Length, 10));
        let exact = ask("tokens=30", json!({ "max_tokens": 30 }));
        assert_eq!((exact.choices[0].finish, exact.usage.completion_tokens), (Finish::Stop, 30));
        let thought = ask("tokens=30", json!({ "max_completion_tokens": 20, "reasoning_effort": "low" }));
        assert_eq!((thought.usage.completion_tokens, thought.usage.reasoning_tokens), (20, 16));
        let silent = ask("tokens=30", json!({ "max_completion_tokens": 10, "reasoning_effort": "high" }));
        assert_eq!((silent.choices[0].text.text.as_str(), silent.usage.completion_tokens), ("", 10));
    }

    #[test]
    fn a_stop_sequence_ends_the_text_before_it() {
        let whole = ask("one two three four", json!({})).choices.remove(0).text.text;
        let stopped = ask("one two three four", json!({ "stop": ["four", " three"] }));
        assert!(whole.starts_with("one two three"));
        assert_eq!((stopped.choices[0].text.text.as_str(), stopped.choices[0].finish), ("one two", Finish::Stop));
        assert_eq!(stopped.usage.completion_tokens, 2);
    }

    #[test]
    fn a_long_prompt_is_half_cached() {
        let long = ask(&"word ".repeat(2_000), json!({})).usage;
        assert_eq!((long.prompt_tokens, long.cached_tokens), (2_006, 896));
        assert_eq!(ask("short", json!({})).usage.cached_tokens, 0);
    }

    #[test]
    fn a_message_that_says_call_gets_a_call_and_its_result_gets_text() {
        let tools = json!({ "tools": [
            { "type": "function", "function": { "name": "first", "parameters": { "type": "object", "properties": { "city": { "type": "string" } } } } },
            { "type": "function", "function": { "name": "second" } },
        ] });
        let names = |message: &str| {
            let answer = ask(message, tools.clone());
            answer.choices[0].calls.iter().map(|call| call.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names("please call it"), ["first"]);
        assert_eq!(names("call second"), ["second"]);
        assert_eq!(names("call all"), ["first", "second"]);
        assert!(names("just talk").is_empty());
        let after = answer(json!({ "model": "m", "tools": tools["tools"], "messages": [
            { "role": "user", "content": "call" },
            { "role": "assistant", "tool_calls": [{ "id": "c", "type": "function", "function": { "name": "first", "arguments": "{}" } }] },
            { "role": "tool", "tool_call_id": "c", "content": "sunny" },
        ] }));
        assert!(after.choices[0].calls.is_empty() && after.choices[0].finish == Finish::Stop);
    }

    #[test]
    fn json_modes_answer_json() {
        let free = ask("json tokens=20", json!({ "response_format": { "type": "json_object" } }));
        assert!(serde_json::from_str::<serde_json::Value>(&free.choices[0].text.text).unwrap()["answer"].is_string());
        assert_eq!(free.usage.completion_tokens, 20);
        let shaped = ask(
            "x",
            json!({ "response_format": { "type": "json_schema", "json_schema": {
            "name": "n", "schema": { "type": "object", "properties": { "age": { "type": "integer" } } } } } }),
        );
        assert!(serde_json::from_str::<serde_json::Value>(&shaped.choices[0].text.text).unwrap()["age"].is_i64());
    }
}
