//! Every key that this server uses, derived from the operator's secrets by HKDF with the purpose as its info.

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use tenancy::Pepper;

/// The current secret first; the older ones are only for reading.
#[derive(Clone)]
pub struct Secrets {
    keys: Vec<[u8; 32]>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// What a derived key is for. One purpose, one key.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    ApiKeyPepper,
    Session,
    Csrf,
    MarketTicket,
}

impl Purpose {
    fn info(self) -> &'static [u8] {
        match self {
            Self::ApiKeyPepper => b"turnpike api key pepper",
            Self::Session => b"turnpike session",
            Self::Csrf => b"turnpike csrf",
            Self::MarketTicket => b"turnpike market ticket",
        }
    }
}

impl Secrets {
    /// `keys` is not empty.
    pub fn new(keys: Vec<[u8; 32]>) -> Self {
        assert!(!keys.is_empty(), "settings require at least one secret key");
        Self { keys }
    }

    /// The key for a purpose under each secret, the current one first.
    pub fn derive(&self, purpose: Purpose) -> Vec<[u8; 32]> {
        self.keys.iter().map(|key| expand(key, purpose)).collect()
    }

    pub fn current(&self, purpose: Purpose) -> [u8; 32] {
        expand(&self.keys[0], purpose)
    }

    /// Peppers of API keys. The version stored with a digest says under which secret it was made, whatever the order now.
    pub fn peppers(&self) -> Vec<Pepper> {
        self.keys
            .iter()
            .map(|key| Pepper { version: fingerprint(key), secret: expand(key, Purpose::ApiKeyPepper) })
            .collect()
    }
}

fn expand(key: &[u8; 32], purpose: Purpose) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::new(None, key).expand(purpose.info(), &mut out).expect("32 bytes are within HKDF's bound");
    out
}

/// Tells secrets apart without telling anything of them.
fn fingerprint(key: &[u8; 32]) -> i16 {
    let digest = Sha256::digest(key);
    i16::from_be_bytes([digest[0] & 0x7f, digest[1]])
}
