//! The `messages` of a chat request: roles, content parts, and the order of tool calls and their results.

use serde_json::Value;

use super::members::{Members, empty_array, wrong_type};
use crate::openai::error::ApiError;
use crate::openai::tokens;

const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];

/// What OpenAI charges for an image of low detail.
const TOKENS_PER_IMAGE: u64 = 85;

/// Fixed, because the simulator hears nothing and opens no file.
const TOKENS_PER_ATTACHMENT: u64 = 120;

/// What answering needs to know of the messages.
#[derive(Default)]
pub(crate) struct Conversation {
    pub(crate) messages: u64,
    /// Tokens of all texts, names, calls and attachments, without what each message costs by being one.
    pub(crate) tokens: u64,
    pub(crate) last_user_text: String,
    /// Whether the last message is a user's, rather than a tool's result.
    pub(crate) user_spoke_last: bool,
    pub(crate) mentions_json: bool,
}

/// Calls of the latest assistant message that have no result yet.
struct OpenCalls<'a> {
    message: usize,
    ids: Vec<&'a str>,
    /// Ids of the whole batch, answered ones included.
    batch: Vec<&'a str>,
}

pub(super) fn parse(request: &Members<'_>) -> Result<Conversation, ApiError> {
    let list = request.array("messages")?.ok_or_else(|| request.missing("messages"))?;
    if list.is_empty() {
        return Err(empty_array("messages".into()));
    }
    let mut conversation = Conversation { messages: list.len() as u64, ..Conversation::default() };
    let mut open = OpenCalls { message: 0, ids: Vec::new(), batch: Vec::new() };
    for (place, value) in list.iter().enumerate() {
        let message = Members::nested(value, format!("messages[{place}]"))?;
        let role = message.one_of("role", &ROLES)?.ok_or_else(|| message.missing("role"))?;
        if role == "tool" {
            answer_call(&message, place, &mut open)?;
        } else {
            open.require_answers()?;
            open.batch.clear();
        }
        if role == "assistant" {
            open_calls(&message, place, &mut open, &mut conversation)?;
        }
        read_message(&message, role, &mut conversation)?;
        conversation.user_spoke_last = role == "user";
    }
    open.require_answers()?;
    Ok(conversation)
}

fn read_message(message: &Members<'_>, role: &str, conversation: &mut Conversation) -> Result<(), ApiError> {
    let known: &[&str] = match role {
        "assistant" => &["role", "content", "name", "refusal", "tool_calls", "audio", "function_call", "annotations"],
        "tool" => &["role", "content", "tool_call_id"],
        _ => &["role", "content", "name"],
    };
    message.refuse_unknown(known)?;
    if role == "function" {
        message.required_string("name")?;
    }
    if let Some(name) = message.short_string("name", 64)? {
        conversation.tokens += tokens::count(name);
    }
    if let Some(refusal) = message.string("refusal")? {
        conversation.tokens += tokens::count(refusal);
    }
    let text = match message.get("content") {
        Some(Value::String(text)) => {
            conversation.tokens += tokens::count(text);
            text.clone()
        }
        Some(Value::Array(parts)) => read_parts(message, role, parts, conversation)?,
        Some(other) => {
            return Err(wrong_type(&message.path_of("content"), "one of a string or array of objects", other));
        }
        None if may_lack_content(message, role) => String::new(),
        None => {
            return Err(wrong_type(&message.path_of("content"), "a string", &Value::Null));
        }
    };
    conversation.mentions_json = conversation.mentions_json || mentions_json(&text);
    if role == "user" {
        conversation.last_user_text = text;
    }
    Ok(())
}

fn may_lack_content(message: &Members<'_>, role: &str) -> bool {
    let stands_in = |name| message.get(name).is_some();
    match role {
        "assistant" => ["tool_calls", "refusal", "audio", "function_call"].into_iter().any(stands_in),
        // A function may return nothing.
        "function" => true,
        _ => false,
    }
}

fn mentions_json(text: &str) -> bool {
    text.as_bytes().windows(4).any(|window| window.eq_ignore_ascii_case(b"json"))
}

/// Checks each part and returns the texts joined by spaces.
fn read_parts(
    message: &Members<'_>,
    role: &str,
    parts: &[Value],
    conversation: &mut Conversation,
) -> Result<String, ApiError> {
    if parts.is_empty() {
        return Err(empty_array(message.path_of("content")));
    }
    let allowed: &[&str] = match role {
        "user" => &["text", "image_url", "input_audio", "file"],
        "assistant" => &["text", "refusal"],
        _ => &["text"],
    };
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        let part = Members::nested(part, format!("{}[{place}]", message.path_of("content")))?;
        let kind = part.one_of("type", allowed)?.ok_or_else(|| part.missing("type"))?;
        part.refuse_unknown(&["type", kind, "prompt_cache_breakpoint"])?;
        match kind {
            "text" | "refusal" => {
                let piece = part.required_string(kind)?;
                conversation.tokens += tokens::count(piece);
                text.push_str(if text.is_empty() { "" } else { " " });
                text.push_str(piece);
            }
            "image_url" => {
                read_image(&part.required_object("image_url")?)?;
                conversation.tokens += TOKENS_PER_IMAGE;
            }
            "input_audio" => {
                let audio = part.required_object("input_audio")?;
                audio.refuse_unknown(&["data", "format"])?;
                audio.required_string("data")?;
                audio.one_of("format", &["wav", "mp3"])?.ok_or_else(|| audio.missing("format"))?;
                conversation.tokens += TOKENS_PER_ATTACHMENT;
            }
            _ => {
                let file = part.required_object("file")?;
                file.refuse_unknown(&["file_data", "file_id", "filename"])?;
                if file.string("file_data")?.is_none() && file.string("file_id")?.is_none() {
                    return Err(file.missing("file_id"));
                }
                conversation.tokens += TOKENS_PER_ATTACHMENT;
            }
        }
    }
    Ok(text)
}

fn read_image(image: &Members<'_>) -> Result<(), ApiError> {
    image.refuse_unknown(&["url", "detail"])?;
    image.one_of("detail", &["auto", "low", "high", "original"])?;
    let url = image.required_string("url")?;
    if ["https://", "http://", "data:image/"].iter().any(|start| url.starts_with(start)) {
        return Ok(());
    }
    let path = image.path_of("url");
    Err(ApiError::invalid(format!("Invalid '{path}'. Expected a valid URL, but got a value with an invalid format."))
        .param(path)
        .code("invalid_image_url"))
}

fn open_calls<'a>(
    message: &Members<'a>,
    place: usize,
    open: &mut OpenCalls<'a>,
    conversation: &mut Conversation,
) -> Result<(), ApiError> {
    let Some(calls) = message.array("tool_calls")? else {
        return Ok(());
    };
    if calls.is_empty() {
        return Err(empty_array(message.path_of("tool_calls")));
    }
    for (index, call) in calls.iter().enumerate() {
        let call = Members::nested(call, format!("{}[{index}]", message.path_of("tool_calls")))?;
        call.refuse_unknown(&["id", "type", "function"])?;
        call.one_of("type", &["function"])?.ok_or_else(|| call.missing("type"))?;
        let function = call.required_object("function")?;
        function.refuse_unknown(&["name", "arguments"])?;
        conversation.tokens += tokens::count(function.required_identifier("name")?);
        conversation.tokens += tokens::count(function.required_string("arguments")?);
        open.ids.push(call.required_string("id")?);
    }
    open.message = place;
    open.batch = open.ids.clone();
    Ok(())
}

fn answer_call(message: &Members<'_>, place: usize, open: &mut OpenCalls<'_>) -> Result<(), ApiError> {
    if open.batch.is_empty() {
        return Err(ApiError::invalid(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
        )
        .param(format!("messages.[{place}].role")));
    }
    let id = message.required_string("tool_call_id")?;
    if !open.batch.contains(&id) {
        return Err(ApiError::invalid(format!(
            "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
        ))
        .param(format!("messages.[{place}].tool_call_id")));
    }
    open.ids.retain(|open_id| *open_id != id);
    Ok(())
}

impl OpenCalls<'_> {
    fn require_answers(&self) -> Result<(), ApiError> {
        if self.ids.is_empty() {
            return Ok(());
        }
        Err(ApiError::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            self.ids.join(", ")
        ))
        .param(format!("messages.[{}].role", self.message)))
    }
}
