//! `metadata`: labels by which a caller finds its costs again.

use super::RequestError;
use super::members::Read;

/// OpenAI's bounds (API reference, "Create chat completion", `metadata`).
const PAIRS_MAX: usize = 16;
const KEY_MAX_CHARACTERS: usize = 64;
const VALUE_MAX_CHARACTERS: usize = 512;

/// Strings only, in the order in which they came.
pub(super) fn parse(metadata: Read<'_>) -> Result<Vec<(String, String)>, RequestError> {
    let members = metadata.members()?;
    if members.len() > PAIRS_MAX {
        return Err(metadata.wrong("must have at most 16 members"));
    }
    members
        .into_iter()
        .map(|member| {
            let key = member.name[metadata.name.len() + 1..].to_owned();
            if key.chars().count() > KEY_MAX_CHARACTERS {
                return Err(metadata.wrong("must have names of at most 64 characters"));
            }
            let value = member.string()?;
            if value.chars().count() > VALUE_MAX_CHARACTERS {
                return Err(member.wrong("must have at most 512 characters"));
            }
            Ok((key, value.into_owned()))
        })
        .collect()
}
