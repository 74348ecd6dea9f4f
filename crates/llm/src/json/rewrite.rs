//! Copies an object with some of its members changed.

use super::Member;

/// What becomes of a member in [`rewrite`].
pub(crate) enum Edit<'e> {
    Keep,
    Drop,
    /// The name stays; these pieces, one after the other, are the new value.
    Value([&'e [u8]; 3]),
}

/// Copies the object `text`, whose members are `found`, to `out`: what is kept stays byte for byte, white space
/// included. `appended` is the text of further members, without a comma before or after, and may be empty.
pub(crate) fn rewrite<'e>(
    text: &[u8],
    found: &[Member],
    appended: &[u8],
    out: &mut Vec<u8>,
    mut edit: impl FnMut(&[u8]) -> Edit<'e>,
) {
    let opening = memchr::memchr(b'{', text).map_or(0, |at| at + 1);
    let mut gap_from = opening;
    let mut separator = b'{';
    for member in found {
        let whole = member.whole();
        let edit = edit(&text[member.key.clone()]);
        if !matches!(edit, Edit::Drop) {
            let gap = &text[gap_from..whole.start];
            let after_comma = memchr::memchr(b',', gap).map_or(0, |comma| comma + 1);
            out.push(separator);
            out.extend_from_slice(&gap[after_comma..]);
            separator = b',';
            match edit {
                Edit::Value(pieces) => {
                    out.extend_from_slice(&text[whole.start..member.value.start]);
                    pieces.iter().for_each(|piece| out.extend_from_slice(piece));
                }
                Edit::Keep | Edit::Drop => out.extend_from_slice(&text[whole.clone()]),
            }
        }
        gap_from = whole.end;
    }
    if !appended.is_empty() {
        out.push(separator);
        out.extend_from_slice(appended);
    } else if separator == b'{' {
        out.push(b'{');
    }
    let closing = memchr::memrchr(b'}', text).unwrap_or(text.len());
    out.extend_from_slice(text.get(gap_from..closing).unwrap_or_default());
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::super::members;
    use super::*;

    #[test]
    fn rewriting_keeps_every_other_byte() {
        let text = b"{ \"a\": 1,\n  \"b\" : [2] ,\n  \"c\":3\n}";
        let cases: [(&str, &str, &str); 4] = [
            ("", "", "{ \"a\": 1,\n  \"b\" : [2],\n  \"c\":3\n}"),
            ("a", "", "{\n  \"b\" : [2],\n  \"c\":3\n}"),
            ("c", "\"d\":4", "{ \"a\": 1,\n  \"b\" : [2],\"d\":4\n}"),
            ("abc", "", "{\n}"),
        ];
        for (dropped, appended, expected) in cases {
            let found: Vec<_> = members(text).map(Result::unwrap).collect();
            let mut out = Vec::new();
            rewrite(text, &found, appended.as_bytes(), &mut out, |name| {
                if dropped.as_bytes().contains(&name[0]) { Edit::Drop } else { Edit::Keep }
            });
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
