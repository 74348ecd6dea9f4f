//! The reply that is not streamed, and the usage that both kinds carry.

use serde::Serialize;

use super::answer::{Answer, Call, Choice, Finish, Usage};
use crate::faults::UsagePlace;

/// The same for every reply, as of one deployment.
pub(crate) const SYSTEM_FINGERPRINT: &str = "fp_5150c0de01";

/// What names one reply.
pub(crate) struct Identity {
    pub(crate) id: String,
    pub(crate) created_at_s: u64,
    pub(crate) model: String,
    pub(crate) service_tier: String,
    /// Ids of the calls, choice by choice and call by call.
    pub(crate) call_ids: Vec<Vec<String>>,
}

pub(crate) fn encode(identity: &Identity, answer: &Answer, usage: UsagePlace) -> Vec<u8> {
    let choices = answer.choices.iter().zip(&identity.call_ids).enumerate();
    let completion = Completion {
        id: &identity.id,
        object: "chat.completion",
        created: identity.created_at_s,
        model: &identity.model,
        choices: choices.map(|(index, (choice, ids))| encode_choice(index, choice, ids)).collect(),
        usage: UsageJson::of(&answer.usage, usage),
        service_tier: &identity.service_tier,
        system_fingerprint: SYSTEM_FINGERPRINT,
    };
    serde_json::to_vec(&completion).expect("strings and numbers are JSON")
}

fn encode_choice<'a>(index: usize, choice: &'a Choice, ids: &'a [String]) -> ChoiceJson<'a> {
    let says_nothing = !choice.calls.is_empty();
    ChoiceJson {
        index,
        message: MessageJson {
            role: "assistant",
            content: (!says_nothing).then_some(choice.text.text.as_str()),
            tool_calls: choice.calls.iter().zip(ids).map(|(call, id)| CallJson::of(id, call)).collect(),
            refusal: None,
            annotations: [],
        },
        logprobs: None,
        finish_reason: choice.finish,
    }
}

#[derive(Serialize)]
struct Completion<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<ChoiceJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<UsageJson>,
    service_tier: &'a str,
    system_fingerprint: &'static str,
}

#[derive(Serialize)]
struct ChoiceJson<'a> {
    index: usize,
    message: MessageJson<'a>,
    logprobs: Option<()>,
    finish_reason: Finish,
}

#[derive(Serialize)]
struct MessageJson<'a> {
    role: &'static str,
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<CallJson<'a>>,
    refusal: Option<()>,
    annotations: [(); 0],
}

#[derive(Serialize)]
struct CallJson<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: FunctionJson<'a>,
}

#[derive(Serialize)]
struct FunctionJson<'a> {
    name: &'a str,
    arguments: &'a str,
}

impl<'a> CallJson<'a> {
    fn of(id: &'a str, call: &'a Call) -> Self {
        let function = FunctionJson { name: &call.name, arguments: &call.arguments.text };
        Self { id, kind: "function", function }
    }
}

#[derive(Serialize)]
pub(crate) struct UsageJson {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptDetails,
    completion_tokens_details: CompletionDetails,
    /// DeepSeek's names; hit + miss = prompt.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_hit_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_miss_tokens: Option<u64>,
}

#[derive(Serialize)]
struct PromptDetails {
    cached_tokens: u64,
    audio_tokens: u64,
}

#[derive(Serialize)]
struct CompletionDetails {
    reasoning_tokens: u64,
    audio_tokens: u64,
    accepted_prediction_tokens: u64,
    rejected_prediction_tokens: u64,
}

impl UsageJson {
    /// `None` when the usage is not to be told.
    pub(crate) fn of(usage: &Usage, place: UsagePlace) -> Option<Self> {
        if place == UsagePlace::Nowhere {
            return None;
        }
        let deepseek = place == UsagePlace::LastChoice;
        Some(Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
            prompt_tokens_details: PromptDetails { cached_tokens: usage.cached_tokens, audio_tokens: 0 },
            completion_tokens_details: CompletionDetails {
                reasoning_tokens: usage.reasoning_tokens,
                audio_tokens: 0,
                accepted_prediction_tokens: 0,
                rejected_prediction_tokens: 0,
            },
            prompt_cache_hit_tokens: deepseek.then_some(usage.cached_tokens),
            prompt_cache_miss_tokens: deepseek.then_some(usage.prompt_tokens - usage.cached_tokens),
        })
    }
}
