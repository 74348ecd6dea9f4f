//! Makes a value that fits a JSON Schema: what a tool is called with, and what a structured answer holds.
//!
//! Knows what strict schemas may use (type, properties, items, enum, const, anyOf, $ref, bounds, common formats).
//! A `pattern` is not obeyed, and recursion ends at `DEPTH_LIMIT` with an empty value.

use serde_json::{Map, Value, json};

use crate::simulator::{digest, scatter};

/// Deeper than schemas people write; recursive ones end here.
const DEPTH_LIMIT: usize = 8;

/// A schema may ask for more items than anyone wants to read.
const ITEMS_LIMIT: u64 = 64;

const WORDS: [&str; 8] = ["amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor"];

/// The same value for the same schema and seed.
pub(crate) fn instance(schema: &Value, seed: u64) -> Value {
    Maker { root: schema }.make(schema, seed, 0)
}

struct Maker<'a> {
    /// What `#/…` references start from.
    root: &'a Value,
}

impl Maker<'_> {
    fn make(&self, schema: &Value, seed: u64, depth: usize) -> Value {
        if depth > DEPTH_LIMIT {
            return Value::Null;
        }
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array)
            && !options.is_empty()
        {
            return options[pick(seed, options.len())].clone();
        }
        if let Some(target) = self.follow(schema) {
            return self.make(target, seed, depth + 1);
        }
        for group in ["anyOf", "oneOf", "allOf"] {
            if let Some(first) = schema.get(group).and_then(Value::as_array).and_then(|list| list.first()) {
                return self.make(first, seed, depth + 1);
            }
        }
        match kind_of(schema) {
            "object" => self.make_object(schema, seed, depth),
            "array" => self.make_array(schema, seed, depth),
            "integer" => json!(bounded(schema, seed).ceil() as i64),
            "number" => json!(bounded(schema, seed)),
            "boolean" => json!(seed.is_multiple_of(2)),
            "null" => Value::Null,
            _ => json!(make_string(schema, seed)),
        }
    }

    fn follow(&self, schema: &Value) -> Option<&Value> {
        let pointer = schema.get("$ref")?.as_str()?.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn make_object(&self, schema: &Value, seed: u64, depth: usize) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let members = properties.into_iter().flatten().map(|(name, inner)| {
            let value = self.make(inner, scatter(seed ^ digest(name)), depth + 1);
            (name.clone(), value)
        });
        Value::Object(members.collect::<Map<_, _>>())
    }

    fn make_array(&self, schema: &Value, seed: u64, depth: usize) -> Value {
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or(1);
        let length = least.min(bound("maxItems").unwrap_or(ITEMS_LIMIT)).min(ITEMS_LIMIT);
        // Past the depth limit an item could only be null, which its schema may not allow.
        let Some(items) = schema.get("items").filter(|_| depth < DEPTH_LIMIT) else {
            return json!([]);
        };
        (0..length).map(|place| self.make(items, scatter(seed.wrapping_add(place)), depth + 1)).collect()
    }
}

fn kind_of(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        // A nullable type: the first that is not null.
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        _ if schema.get("properties").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "string",
    }
}

/// A whole number within the schema's bounds, or its lower bound where none lies between.
fn bounded(schema: &Value, seed: u64) -> f64 {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let least = bound("minimum").or(bound("exclusiveMinimum").map(|bound| bound.floor() + 1.0));
    let most = bound("maximum").or(bound("exclusiveMaximum").map(|bound| bound.ceil() - 1.0));
    let low = least.or(most.map(|most| most - 100.0)).unwrap_or(1.0);
    let high = most.unwrap_or(low + 99.0);
    let width = (high - low).max(0.0).floor() as usize;
    low + pick(seed, width.saturating_add(1)) as f64
}

fn make_string(schema: &Value, seed: u64) -> String {
    let text = |name| schema.get(name).and_then(Value::as_str);
    match text("format") {
        Some("date-time") => return "2026-01-15T09:30:00Z".into(),
        Some("date") => return "2026-01-15".into(),
        Some("time") => return "09:30:00Z".into(),
        Some("email") => return "amber@example.com".into(),
        Some("uri") => return "https://example.com/amber".into(),
        Some("uuid") => return format!("{:08x}-0000-4000-8000-000000000000", seed as u32),
        Some("ipv4") => return "192.0.2.1".into(),
        _ => {}
    }
    let bound = |name| schema.get(name).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let mut string = WORDS[pick(seed, WORDS.len())].to_owned();
    let shortest = bound("minLength").unwrap_or(0).min(4_096);
    string.extend(std::iter::repeat_n('x', shortest.saturating_sub(string.len())));
    string.truncate(bound("maxLength").unwrap_or(string.len()));
    string
}

fn pick(seed: u64, count: usize) -> usize {
    (scatter(seed) % count as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_keeps_to_its_schema() {
        let schema = json!({
            "type": "object",
            "$defs": { "node": { "type": "object", "properties": {
                "size": { "type": "integer", "minimum": 3, "maximum": 5 },
                "next": { "anyOf": [{ "type": "null" }, { "$ref": "#/$defs/node" }] },
            } } },
            "properties": {
                "node": { "$ref": "#/$defs/node" },
                "unit": { "enum": ["c", "f"] },
                "name": { "type": ["string", "null"], "minLength": 7, "maxLength": 7 },
                "tags": { "type": "array", "items": { "type": "string" }, "minItems": 2 },
                "ratio": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
            },
        });
        for seed in 0..50 {
            let value = instance(&schema, seed);
            assert!((3..=5).contains(&value["node"]["size"].as_i64().unwrap()), "{value}");
            assert!(value["node"]["next"].is_null());
            assert!(["c", "f"].contains(&value["unit"].as_str().unwrap()));
            assert_eq!(value["name"].as_str().unwrap().len(), 7);
            assert_eq!(value["tags"].as_array().unwrap().len(), 2);
            assert!((0.0..=1.0).contains(&value["ratio"].as_f64().unwrap()));
            assert_eq!(value, instance(&schema, seed));
        }
    }

    #[test]
    fn a_schema_that_contains_itself_ends() {
        let schema = json!({ "type": "array", "items": { "$ref": "#" } });
        assert!(instance(&schema, 1).is_array());
    }
}
