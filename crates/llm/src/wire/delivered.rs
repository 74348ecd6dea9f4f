//! What of a message or delta the client was given: whether there is anything, and how many tokens it took.

use crate::estimate::text::Counter;
use crate::json::{Cursor, JsonError};

/// Passes one `message` or `delta` object, adding its text to `counter`. Returns whether it holds any content:
/// text, reasoning, a refusal, a tool call, sound, or a member we do not know that says something.
///
/// A role, an empty string, null, and a signature (`extra_content`, which Google's compatible endpoint sends by
/// itself) are not content.
pub(super) fn read_message(cursor: &mut Cursor<'_>, counter: &mut Counter) -> Result<bool, JsonError> {
    let mut content = false;
    let mut key = cursor.enter_object()?;
    while let Some(name) = key {
        match (cursor.text(name), cursor.peek()) {
            (b"role" | b"extra_content", _) => {
                cursor.skip_value()?;
            }
            (_, Some(b'"')) => content |= read_string(cursor, counter)?,
            (b"tool_calls", Some(b'[')) => content |= read_tool_calls(cursor, counter)?,
            (b"function_call", Some(b'{')) => {
                read_function(cursor, counter)?;
                content = true;
            }
            _ => {
                let value = cursor.skip_value()?;
                content |= !matches!(cursor.text(value), b"null" | b"[]" | b"{}" | b"false");
            }
        }
        key = cursor.next_key()?;
    }
    Ok(content)
}

/// Whether the string that comes next has text.
fn read_string(cursor: &mut Cursor<'_>, counter: &mut Counter) -> Result<bool, JsonError> {
    let value = cursor.skip_value()?;
    let text = cursor.text(value.start + 1..value.end - 1);
    counter.push_json(text);
    Ok(!text.is_empty())
}

fn read_tool_calls(cursor: &mut Cursor<'_>, counter: &mut Counter) -> Result<bool, JsonError> {
    let mut more = cursor.enter_array()?;
    let any = more;
    while more {
        let mut key = cursor.enter_object()?;
        while let Some(name) = key {
            match (cursor.text(name), cursor.peek()) {
                (b"function", Some(b'{')) => read_function(cursor, counter)?,
                _ => {
                    cursor.skip_value()?;
                }
            }
            key = cursor.next_key()?;
        }
        more = cursor.next_element()?;
    }
    Ok(any)
}

/// The name and the arguments of a call, both of which the model wrote.
fn read_function(cursor: &mut Cursor<'_>, counter: &mut Counter) -> Result<(), JsonError> {
    let mut key = cursor.enter_object()?;
    while key.is_some() {
        match cursor.peek() {
            Some(b'"') => {
                read_string(cursor, counter)?;
            }
            _ => {
                cursor.skip_value()?;
            }
        }
        key = cursor.next_key()?;
    }
    Ok(())
}
