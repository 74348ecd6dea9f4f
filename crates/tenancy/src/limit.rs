//! What a plan or a key allows.

use serde::{Deserialize, Serialize};

/// How much a tenant may ask for at once. Zero refuses everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Limits {
    /// Requests in a sliding minute.
    pub requests_per_minute: u32,
    /// Tokens, in and out, in a sliding minute.
    pub tokens_per_minute: u32,
    /// Requests in flight at one time.
    pub concurrent_requests: u32,
}

/// The models that a plan or a key reaches.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelAccess {
    /// Every model of the catalogue, also those added later.
    All,
    /// These ids and no others. An empty list permits none.
    Only(Vec<String>),
}

impl ModelAccess {
    /// Whether the model of this catalogue id may be used.
    ///
    /// Compares whole ids: resolve an alias first, or it is refused.
    pub fn permits(&self, model: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(models) => models.iter().any(|permitted| permitted == model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(models: &[&str]) -> ModelAccess {
        ModelAccess::Only(models.iter().map(|model| (*model).to_owned()).collect())
    }

    #[test]
    fn all_permits_what_nobody_listed() {
        assert!(ModelAccess::All.permits("a-model-of-tomorrow"));
    }

    #[test]
    fn a_list_permits_whole_ids_only() {
        let access = only(&["gpt-4.1", "deepseek-v3.2"]);
        assert!(access.permits("deepseek-v3.2"));
        assert!(!access.permits("gpt-4.1-mini"));
        assert!(!access.permits("gpt-4"));
        assert!(!access.permits("GPT-4.1"));
    }

    #[test]
    fn an_empty_list_permits_nothing() {
        assert!(!only(&[]).permits("gpt-4.1"));
    }

    #[test]
    fn access_is_written_in_plain_words() {
        assert_eq!(serde_json::to_string(&ModelAccess::All).unwrap(), r#""all""#);
        let json = r#"{"only":["gpt-4.1"]}"#;
        assert_eq!(serde_json::from_str::<ModelAccess>(json).unwrap(), only(&["gpt-4.1"]));
    }
}
