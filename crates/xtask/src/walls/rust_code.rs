//! Rust source reduced to what a compiler would look at: no comments, no contents of strings.

/// Replaces comments and the contents of string and character literals by spaces.
pub(crate) fn without_comments_and_strings(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = literal_or_comment_end(bytes, at);
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end.max(at + 1);
    }
    String::from_utf8_lossy(&code).into_owned()
}

/// Words of the code as the walls mean them: identifiers, and the type at the end of a number (`1_f64`).
pub(crate) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|character: char| !character.is_alphanumeric() && character != '_')
        .map(|word| if word.starts_with(|first: char| first.is_ascii_digit()) { number_type(word) } else { word })
        .filter(|word| !word.is_empty())
}

fn number_type(number: &str) -> &str {
    if number.starts_with("0x") {
        return "";
    }
    number.find(['f', 'u', 'i']).map_or("", |position| &number[position..])
}

/// Where the comment or literal that starts at `at` ends; `at` itself when none starts there.
fn literal_or_comment_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        return at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    }
    if rest.starts_with(b"/*") {
        return at + block_comment_length(rest);
    }
    let inside_a_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    if let Some(length) = raw_string_length(rest).filter(|_| !inside_a_word) {
        return at + length;
    }
    match rest[0] {
        b'"' => at + quoted_length(rest, b'"'),
        b'\'' if is_character(rest) => at + quoted_length(rest, b'\''),
        _ => at,
    }
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// `r"…"`, `br#"…"#`, `cr##"…"##`.
fn raw_string_length(rest: &[u8]) -> Option<usize> {
    let prefix = [b"r".as_slice(), b"br", b"cr"].into_iter().find(|prefix| rest.starts_with(prefix))?.len();
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = &rest[open + 1..];
    let length = body.windows(close.len()).position(|window| window == close).unwrap_or(body.len());
    Some((open + 1 + length + close.len()).min(rest.len()))
}

fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn is_character(rest: &[u8]) -> bool {
    if rest.get(1) == Some(&b'\\') {
        return true;
    }
    let text = String::from_utf8_lossy(&rest[1..rest.len().min(6)]).into_owned();
    text.chars().nth(1) == Some('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let code = without_comments_and_strings(text);
        assert_eq!(words(&code).collect::<Vec<_>>(), expected, "{code}");
    }

    #[test]
    fn comments_are_not_code() {
        check("a // sqlx\nb /* redis /* tokio */ reqwest */ c", &["a", "b", "c"]);
    }

    #[test]
    fn strings_of_every_kind_are_not_code() {
        check(r##"a("sqlx \" redis", r#"to"kio"#, b"f64", 'f', '\'', d)"##, &["a", "b", "d"]);
    }

    #[test]
    fn lifetimes_are_not_characters() {
        check("fn f<'a>(x: &'a str, y: &'a f64)", &["fn", "f", "a", "x", "a", "str", "y", "a", "f64"]);
    }

    #[test]
    fn raw_identifiers_and_names_ending_in_r_are_code() {
        check("r#type colour\"red\" sqlx", &["r", "type", "colour", "sqlx"]);
    }
}
