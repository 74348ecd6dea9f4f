//! The format of an API key: how it is made, read, recognised when mistyped, and what is stored of it.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::role::UnknownName;

/// Where a key's requests go.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real providers, real money.
    Live,
    /// The sandbox: simulated providers, costs nothing, never on an invoice.
    Test,
}

/// An API key as its holder knows it: `tp_live_` or `tp_test_`, 34 random characters of base62,
/// then the CRC32 of those 42 characters as 6 of base62.
///
/// It is a secret: it is shown once, when made, and stored only as [`KeyDigest`]. It is neither
/// `Clone` nor `Serialize`, and `Debug` shows no more of it than the console does.
pub struct ApiKey(String);

/// The server's secret that makes stored digests useless to whoever reads the database alone.
#[derive(Clone)]
pub struct Pepper {
    /// Stored beside each digest, so that peppers can be replaced without revoking keys.
    pub version: i16,
    /// 32 bytes derived from the server's secret.
    pub secret: [u8; 32],
}

/// What is stored of a key: HMAC-SHA-256 under the pepper.
///
/// A key carries 202 random bits, so one fast hash suffices, and equality need not be in constant
/// time: who can choose digests already holds the pepper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyDigest([u8; 32]);

/// Why a text is no key of ours. No variant repeats the text, as it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApiKeyError {
    #[error("the API key is empty: is the environment variable that should hold it set?")]
    Empty,
    #[error(
        "this is a key of {vendor}, not of Turnpike: use the key that begins with tp_live_ or tp_test_, and consider the other one exposed"
    )]
    OtherVendor { vendor: &'static str },
    #[error("this is not an API key: keys begin with tp_live_ or tp_test_")]
    NotAKey,
    #[error("the API key has {found} characters where {LENGTH} were expected: was it cut when copied?")]
    Length { found: usize },
    #[error("the API key does not match its own checksum: a character is wrong")]
    Checksum,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The largest multiple of 62 in a byte: bytes from here on would favour the first characters.
const UNBIASED_BELOW: u8 = 248;

const MARK_LENGTH: usize = "tp_live_".len();
const RANDOM_LENGTH: usize = 34;
const CHECKSUM_LENGTH: usize = 6;
const CHECKED_LENGTH: usize = MARK_LENGTH + RANDOM_LENGTH;
/// Characters in a key.
pub const LENGTH: usize = CHECKED_LENGTH + CHECKSUM_LENGTH;
/// How much of a key may be shown: its mark and four random characters.
const SHOWN_LENGTH: usize = MARK_LENGTH + 4;

/// Beginnings of other vendors' keys. The longer beginning stands before the shorter.
const VENDORS: [(&str, &str); 11] = [
    ("sk-ant-", "Anthropic"),
    ("sk-or-", "OpenRouter"),
    ("sk-proj-", "OpenAI"),
    ("sk-", "OpenAI"),
    ("AIza", "Google"),
    ("gsk_", "Groq"),
    ("xai-", "xAI"),
    ("hf_", "Hugging Face"),
    ("pplx-", "Perplexity"),
    ("r8_", "Replicate"),
    ("AKIA", "AWS"),
];

impl Environment {
    pub const ALL: [Self; 2] = [Self::Live, Self::Test];

    /// The word in database, API and console.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Self::Live => "tp_live_",
            Self::Test => "tp_test_",
        }
    }
}

impl ApiKey {
    /// Makes a key from 64 random bytes, of which 34 are used and about two are passed over because
    /// they would make some characters likelier than others.
    ///
    /// Should fewer than 34 be usable (less than once in 10²⁸ keys), the characters continue from
    /// SHA-256 of the same bytes and a counter, so the call neither fails nor asks for more. The
    /// same bytes always give the same key: never pass the same twice.
    pub fn generate(environment: Environment, random: [u8; 64]) -> Self {
        let mut text = String::with_capacity(LENGTH);
        text.push_str(environment.mark());
        push_unbiased(&mut text, &random);
        let mut counter = 0u8;
        while text.len() < CHECKED_LENGTH {
            let mut hasher = Sha256::new();
            hasher.update(random);
            hasher.update([counter]);
            push_unbiased(&mut text, &hasher.finalize());
            counter = counter.wrapping_add(1);
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Self(text)
    }

    /// Reads a key, forgiving white space around it, and says what is wrong with anything else.
    ///
    /// Success means well-formed, not known: whether a key exists is for the store to say.
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ApiKeyError::Empty);
        }
        if let Some((_, vendor)) = VENDORS.iter().find(|(mark, _)| text.starts_with(mark)) {
            return Err(ApiKeyError::OtherVendor { vendor });
        }
        if !Environment::ALL.iter().any(|environment| text.starts_with(environment.mark())) {
            return Err(ApiKeyError::NotAKey);
        }
        let found = text.chars().count();
        if found != LENGTH {
            return Err(ApiKeyError::Length { found });
        }
        // Before slicing: a character of several bytes must not be cut in two.
        if !text.bytes().skip(MARK_LENGTH).all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ApiKeyError::Checksum);
        }
        let (checked, given) = text.split_at(CHECKED_LENGTH);
        if checksum(checked) != given {
            return Err(ApiKeyError::Checksum);
        }
        Ok(Self(text.to_owned()))
    }

    /// The whole key: for the one answer that shows it to its new owner, and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn environment(&self) -> Environment {
        if self.0.starts_with(Environment::Test.mark()) { Environment::Test } else { Environment::Live }
    }

    /// The first twelve characters: what lists, logs and the audit trail show.
    pub fn prefix(&self) -> &str {
        &self.0[..SHOWN_LENGTH]
    }

    /// The last four characters, by which people tell their keys apart.
    pub fn last_four(&self) -> &str {
        &self.0[LENGTH - 4..]
    }

    /// What to store, and what to look a presented key up by.
    pub fn digest(&self, pepper: &Pepper) -> KeyDigest {
        let mut mac = Hmac::<Sha256>::new_from_slice(&pepper.secret).expect("HMAC takes a secret of any length");
        mac.update(self.0.as_bytes());
        KeyDigest(mac.finalize().into_bytes().into())
    }
}

impl KeyDigest {
    /// A digest as read back from the store.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Appends a character for each usable byte, until the random part is full.
fn push_unbiased(text: &mut String, bytes: &[u8]) {
    let missing = CHECKED_LENGTH - text.len();
    text.extend(
        bytes
            .iter()
            .filter(|byte| **byte < UNBIASED_BELOW)
            .map(|byte| char::from(BASE62[usize::from(byte % 62)]))
            .take(missing),
    );
}

/// CRC32 (IEEE) of `checked`, most significant character first, padded with `0`.
fn checksum(checked: &str) -> String {
    let mut rest = crc32fast::hash(checked.as_bytes());
    let mut characters = [b'0'; CHECKSUM_LENGTH];
    for character in characters.iter_mut().rev() {
        *character = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    characters.iter().copied().map(char::from).collect()
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…{})", self.prefix(), self.last_four())
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pepper").field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Environment {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|environment| environment.as_str() == name)
            .ok_or_else(|| UnknownName::new("an environment", name))
    }
}
