//! Closed sets that stand as one word in database, journal and API.

/// A word that is not in its set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is not {kind}")]
pub struct UnknownWord {
    /// The set, with its article: `an account kind`.
    pub kind: &'static str,
    /// What was given, at most 64 characters of it.
    pub word: String,
}

impl UnknownWord {
    pub(crate) fn new(kind: &'static str, word: &str) -> Self {
        Self { kind, word: word.chars().take(64).collect() }
    }
}

/// Declares an enum with its words: `ALL`, `as_str`, `Display`, `FromStr` and serde agree because
/// each word is written once.
///
/// Compact formats write the position: add variants at the end, and never remove one.
macro_rules! words {
    (
        $(#[$doc:meta])*
        $kind:literal $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug,
            serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$variant),*];

            /// The word in database, journal and API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .into_iter()
                    .find(|variant| variant.as_str() == word)
                    .ok_or_else(|| $crate::word::UnknownWord::new($kind, word))
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    use crate::{AccountKind, EntryType, Reason};

    #[test]
    fn a_word_reads_back_as_what_wrote_it_in_text_and_json() {
        for kind in AccountKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<AccountKind>(&json).unwrap(), kind);
        }
    }

    #[test]
    fn an_unknown_word_is_refused_by_name_and_cut_short() {
        let error = "Completed".parse::<Reason>().unwrap_err();
        assert_eq!(error.to_string(), "\"Completed\" is not a reason");
        assert_eq!("x".repeat(500).parse::<EntryType>().unwrap_err().word.len(), 64);
    }
}
