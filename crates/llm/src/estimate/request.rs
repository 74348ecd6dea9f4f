//! The input of a whole request: every text in it, and what stands beside the text.

use super::text::Counter;
use crate::json::{Cursor, JsonError};
use crate::wire::chat::ChatRequest;

/// Role, separators and the share of the reply's opening that each message takes; encoders take three or four.
const TOKENS_PER_MESSAGE: u64 = 8;

/// An image at the highest detail on OpenAI (765–1,105), Anthropic (≤ 1,600) and Google (258 a tile).
const TOKENS_PER_IMAGE: u64 = 1_600;

/// Characters of base64 for one token of sound: Google counts 32 tokens a second, and a second of speech is 4 kB
/// or more.
const AUDIO_BASE64_PER_TOKEN: u64 = 160;

/// Characters of base64 for one token of a document. Documents hold anything; this is a guess from PDF text pages.
const FILE_BASE64_PER_TOKEN: u64 = 16;

/// Members of the body, other than messages, whose text reaches the model; their names and brackets count too.
const SCHEMAS: [&str; 3] = ["tools", "functions", "response_format"];

/// What the request may take at most as input, in practice: the text of all messages, tool schemas as they
/// stand, a flat sum for each image, and sound and documents by their size.
pub fn request_input_tokens(request: &ChatRequest) -> u64 {
    let mut count = RequestCount { text: Counter::ceiling(), beside: 0 };
    if let Some(messages) = request.member("messages") {
        // The body was valid JSON when the request was made, so the walk ends where the text does.
        let _ = count.messages(&mut Cursor::new(messages));
    }
    if let Some(system) = request.member("system") {
        count.beside += TOKENS_PER_MESSAGE;
        count.text.push_json(system);
    }
    for name in SCHEMAS {
        if let Some(schema) = request.member(name) {
            count.text.push(schema);
        }
    }
    count.text.tokens() + count.beside
}

struct RequestCount {
    text: Counter,
    beside: u64,
}

impl RequestCount {
    fn messages(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let mut more = cursor.enter_array()?;
        while more {
            self.beside += TOKENS_PER_MESSAGE;
            self.message(cursor)?;
            more = cursor.next_element()?;
        }
        Ok(())
    }

    fn message(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let mut key = cursor.enter_object()?;
        while let Some(name) = key {
            match (cursor.text(name), cursor.peek()) {
                (b"role", _) => {
                    cursor.skip_value()?;
                }
                (b"content", Some(b'[')) => self.parts(cursor)?,
                _ => self.value(cursor)?,
            }
            key = cursor.next_key()?;
        }
        Ok(())
    }

    fn parts(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let mut more = cursor.enter_array()?;
        while more {
            match cursor.peek() {
                Some(b'{') => self.part(cursor)?,
                _ => self.value(cursor)?,
            }
            more = cursor.next_element()?;
        }
        Ok(())
    }

    fn part(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let mut key = cursor.enter_object()?;
        while let Some(name) = key {
            match cursor.text(name) {
                b"type" => {
                    cursor.skip_value()?;
                }
                b"image_url" => {
                    cursor.skip_value()?;
                    self.beside += TOKENS_PER_IMAGE;
                }
                b"input_audio" => self.beside += (cursor.skip_value()?.len() as u64).div_ceil(AUDIO_BASE64_PER_TOKEN),
                b"file" => self.beside += (cursor.skip_value()?.len() as u64).div_ceil(FILE_BASE64_PER_TOKEN),
                _ => self.value(cursor)?,
            }
            key = cursor.next_key()?;
        }
        Ok(())
    }

    /// A string counts as what it stands for, anything nested (tool calls) as it is written.
    fn value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), JsonError> {
        let value = cursor.skip_value()?;
        match cursor.text(value) {
            b"null" => {}
            [b'"', text @ .., b'"'] => self.text.push_json(text),
            other => self.text.push(other),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::estimate::input_tokens;

    fn tokens(body: &str) -> u64 {
        request_input_tokens(&ChatRequest::parse(Bytes::copy_from_slice(body.as_bytes()), None).unwrap())
    }

    #[test]
    fn each_message_adds_eight_to_its_text() {
        let two = r#"{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Hello there"}]}]}"#;
        assert_eq!(tokens(two), input_tokens(b"Be brief.Hello there") + 16);
    }

    #[test]
    fn an_image_costs_the_same_however_long_its_data_is() {
        let image = |url: &str| {
            tokens(&format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"image_url","image_url":{{"url":"{url}"}}}}]}}]}}"#
            ))
        };
        assert_eq!(image("https://x/y.png"), 1_608);
        assert_eq!(image(&"A".repeat(100_000)), 1_608);
    }

    #[test]
    fn tools_tool_calls_and_the_system_member_count() {
        let bare = tokens(r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#);
        for more in [
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"system":"Be brief."}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}]}"#,
            r#"{"model":"m","messages":[{"role":"user","content":"x","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}]}"#,
        ] {
            assert!(tokens(more) >= bare + 9, "{more}");
        }
    }
}
