//! Finds the members of a JSON object without parsing what they hold.
//!
//! A gateway forwards most of what it reads. Building a tree of it only to print it again costs more
//! than everything else on the way and loses what the tree cannot hold (member order, number digits,
//! escapes). So bodies stay bytes, and these scanners say where the few things of interest stand.
//!
//! The scan trusts nested values: it matches quotes and counts brackets, and never looks inside. What must
//! be known to be JSON is checked once, at the edge, with [`is_valid`].

use std::borrow::Cow;
use std::ops::Range;

use serde::de::IgnoredAny;

pub(crate) use cursor::Cursor;
pub(crate) use rewrite::{Edit, rewrite};

mod cursor;
mod rewrite;

/// Why a scan stopped. `at` is a byte offset into the scanned text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("expected a JSON object")]
    NotAnObject,
    #[error("expected a JSON array")]
    NotAnArray,
    #[error("the JSON text ends too early")]
    UnexpectedEnd,
    #[error("unexpected byte in the JSON text at offset {at}")]
    Unexpected { at: usize },
}

/// One `"key": value` of an object, as places in the scanned text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The name without its quotes, still escaped as it was written.
    pub key: Range<usize>,
    /// The value without surrounding white space; a string keeps its quotes.
    pub value: Range<usize>,
}

impl Member {
    /// From the opening quote of the name to the end of the value.
    pub fn whole(&self) -> Range<usize> {
        self.key.start - 1..self.value.end
    }
}

/// All members of one object, collected; for texts that are looked at more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members<'t> {
    text: &'t [u8],
    found: Vec<Member>,
}

impl<'t> Members<'t> {
    /// Fails unless `text` is one object with nothing but white space around it.
    pub fn of(text: &'t [u8]) -> Result<Members<'t>, JsonError> {
        let found = members(text).collect::<Result<_, _>>()?;
        Ok(Members { text, found })
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Member> {
        self.found.iter()
    }

    /// The bytes of the first member with this name, written without escapes.
    pub fn get(&self, name: &str) -> Option<&'t [u8]> {
        let member = self.found.iter().find(|member| &self.text[member.key.clone()] == name.as_bytes())?;
        Some(&self.text[member.value.clone()])
    }
}

impl<'a> IntoIterator for &'a Members<'_> {
    type Item = &'a Member;
    type IntoIter = std::slice::Iter<'a, Member>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.iter()
    }
}

/// The members of the object `text`, in order, allocating nothing. After an error the iterator ends.
pub fn members(text: &[u8]) -> impl Iterator<Item = Result<Member, JsonError>> {
    let mut cursor = Cursor::new(text);
    let mut state = State::Before;
    std::iter::from_fn(move || {
        let step = match state {
            State::Before => cursor.enter_object(),
            State::Inside => cursor.next_key(),
            State::After => return None,
        };
        state = State::Inside;
        let member = step.and_then(|key| match key {
            Some(key) => cursor.skip_value().map(|value| Some(Member { key, value })),
            None => cursor.end().map(|()| None),
        });
        if !matches!(member, Ok(Some(_))) {
            state = State::After;
        }
        member.transpose()
    })
}

/// The elements of the array `text`, in order, allocating nothing. After an error the iterator ends.
pub fn elements(text: &[u8]) -> impl Iterator<Item = Result<Range<usize>, JsonError>> {
    let mut cursor = Cursor::new(text);
    let mut state = State::Before;
    std::iter::from_fn(move || {
        let step = match state {
            State::Before => cursor.enter_array(),
            State::Inside => cursor.next_element(),
            State::After => return None,
        };
        state = State::Inside;
        let element = step.and_then(|more| match more {
            true => cursor.skip_value().map(Some),
            false => cursor.end().map(|()| None),
        });
        if !matches!(element, Ok(Some(_))) {
            state = State::After;
        }
        element.transpose()
    })
}

enum State {
    Before,
    Inside,
    After,
}

/// Whether `text` is one JSON value in UTF-8. Linear, without recursion and without building anything.
pub fn is_valid(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The text of a JSON string given with its quotes; `None` for any other value and for broken escapes.
pub fn string(value: &[u8]) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    if memchr::memchr(b'\\', inner).is_none() {
        return std::str::from_utf8(inner).ok().map(Cow::Borrowed);
    }
    serde_json::from_slice::<String>(value).ok().map(Cow::Owned)
}

/// `text` as a JSON string, quotes included.
pub(crate) fn quoted(text: &str) -> Vec<u8> {
    serde_json::to_vec(text).expect("a string always serialises")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn spans_ignore_white_space_escapes_and_nesting() {
        let text = br#" { "a" : "x\"}{" ,"b":[1,{"c":"]"}]
            , "d":-1.5e3 } "#;
        let members = Members::of(text).unwrap();
        assert_eq!(members.get("a"), Some(&br#""x\"}{""#[..]));
        assert_eq!(members.get("b"), Some(&br#"[1,{"c":"]"}]"#[..]));
        assert_eq!(members.get("d"), Some(&b"-1.5e3"[..]));
        assert_eq!(members.get("c"), None);
    }

    #[test]
    fn what_is_not_one_object_is_refused() {
        for broken in [
            "",
            "[]",
            "1",
            "{",
            r#"{"a"}"#,
            r#"{"a":1"#,
            r#"{"a":1,}"#,
            r#"{"a":1}x"#,
            r#"{"a":"1}"#,
            "{}{}",
            r#"{"a":}"#,
        ] {
            assert!(Members::of(broken.as_bytes()).is_err(), "{broken}");
        }
        assert_eq!(Members::of(b" {\n} ").unwrap().iter().count(), 0);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            // Fractions that serde_json reads back to the last bit.
            any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
            "\\PC{0,12}|[\"\\\\{}\\[\\],:]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("\\PC{0,6}|[\"\\\\{}]{1,3}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn spans_of_any_object_parse_back_equal(
            object in prop::collection::btree_map("\\PC{0,6}", any_json(), 0..6), pretty: bool
        ) {
            let value = Value::Object(object.into_iter().collect());
            let text = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.unwrap();
            let mut found = serde_json::Map::new();
            for member in members(&text) {
                let member = member.unwrap();
                let key: String = serde_json::from_slice(&text[member.key.start - 1..=member.key.end]).unwrap();
                found.insert(key, serde_json::from_slice(&text[member.value]).unwrap());
            }
            prop_assert_eq!(Value::Object(found), value);
        }

        #[test]
        fn elements_of_any_array_parse_back_equal(array in prop::collection::vec(any_json(), 0..6)) {
            let text = serde_json::to_vec(&array).unwrap();
            let found: Vec<Value> =
                elements(&text).map(|element| serde_json::from_slice(&text[element.unwrap()]).unwrap()).collect();
            prop_assert_eq!(found, array);
        }

        #[test]
        fn no_byte_soup_panics(soup in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..64),
            "[{}\\[\\]\":,\\\\a1 ]{0,32}".prop_map(String::into_bytes),
        ]) {
            members(&soup).for_each(drop);
            elements(&soup).for_each(drop);
            string(&soup);
            is_valid(&soup);
        }
    }
}
