//! API keys: made, read, and told apart from everything that is not one.

#![allow(clippy::unwrap_used, reason = "clippy sees builders beside the tests as code outside them")]

use proptest::prelude::*;
use tenancy::{ApiKey, ApiKeyError, Environment, Pepper};

const PEPPER: Pepper = Pepper { version: 1, secret: [7; 32] };

fn key() -> ApiKey {
    ApiKey::generate(Environment::Live, std::array::from_fn(|index| index as u8 * 3))
}

fn reason(text: &str) -> ApiKeyError {
    ApiKey::parse(text).unwrap_err()
}

#[test]
fn the_format_never_changes() {
    // Computed apart from this code: bytes 0, 3, 6 … mod 62 in base62, CRC32 as zlib has it.
    assert_eq!(key().expose(), "tp_live_0369CFILORUXadgjmpsvy147ADGJMPSVYb3bty4Y");
}

#[test]
fn white_space_around_a_key_is_forgiven_but_not_within() {
    let text = key().expose().to_owned();
    assert_eq!(ApiKey::parse(&format!("  {text}\r\n")).unwrap().expose(), text);
    let (head, tail) = text.split_at(20);
    assert_eq!(reason(&format!("{head} {tail}")), ApiKeyError::Length { found: 49 });
}

#[test]
fn what_is_shown_of_a_key_is_its_beginning_and_its_end() {
    let key = key();
    assert_eq!(key.prefix(), &key.expose()[..12]);
    assert_eq!(key.last_four(), &key.expose()[44..]);
    assert_eq!(format!("{key:?}"), format!("ApiKey({}…{})", key.prefix(), key.last_four()));
}

#[test]
fn a_pepper_never_prints_its_secret() {
    assert_eq!(format!("{PEPPER:?}"), "Pepper { version: 1, .. }");
}

#[test]
fn other_vendors_keys_are_called_by_their_vendor() {
    for (text, expected) in [
        ("sk-ant-api03-abc", "Anthropic"),
        ("sk-proj-abc", "OpenAI"),
        ("sk-abc", "OpenAI"),
        ("sk-or-v1-abc", "OpenRouter"),
        ("AIzaSyAbc", "Google"),
        ("gsk_abc", "Groq"),
    ] {
        assert_eq!(reason(text), ApiKeyError::OtherVendor { vendor: expected });
        assert!(reason(text).to_string().contains(expected));
    }
}

#[test]
fn what_is_no_key_says_why() {
    assert_eq!(reason(" \n"), ApiKeyError::Empty);
    assert_eq!(reason("hello"), ApiKeyError::NotAKey);
    assert_eq!(reason("TP_LIVE_0369"), ApiKeyError::NotAKey);
    assert_eq!(reason("tp_prod_0369"), ApiKeyError::NotAKey);
    assert_eq!(reason("tp_live_0369"), ApiKeyError::Length { found: 12 });
    assert!(reason("tp_live_0369").to_string().contains("12 characters where 48"));
}

#[test]
fn no_refusal_repeats_the_secret() {
    let text = key().expose().replace('I', "J");
    for text in [text.as_str(), "sk-ant-api03-secret-part", "my-password-instead"] {
        let error = reason(text);
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(&text[12..]), "{shown}");
    }
}

#[test]
fn letters_of_several_bytes_are_refused_without_a_panic() {
    for place in [8, 41, 42, 47] {
        let mut letters: Vec<char> = key().expose().chars().collect();
        letters[place] = 'é';
        let text: String = letters.into_iter().collect();
        assert_eq!(reason(&text), ApiKeyError::Checksum);
    }
}

#[test]
fn bytes_that_would_favour_some_characters_are_passed_over() {
    let mut random = [255u8; 64];
    for (index, byte) in random.iter_mut().enumerate() {
        if index % 2 == 1 {
            *byte = 247;
        }
    }
    random[0] = 0;
    random[2] = 248;
    let key = ApiKey::generate(Environment::Test, random);
    // 0, then thirty-two 247s (247 mod 62 = 61, the last character), then one from the expansion.
    assert_eq!(&key.expose()[8..41], format!("0{}", "z".repeat(32)));
    assert_ne!(&key.expose()[41..42], "");
}

#[test]
fn hopeless_randomness_still_gives_a_whole_key_that_does_not_repeat_itself() {
    // Computed apart from this code: SHA-256 of the bytes and a counter, which must reach 1 here.
    let key = ApiKey::generate(Environment::Live, [255; 64]);
    assert_eq!(key.expose(), "tp_live_6VQS0qiM5RIqpV195zu8790Trabcv771Kl1nLtI4");
    assert!(ApiKey::parse(key.expose()).is_ok());
}

#[test]
fn a_digest_depends_on_every_part_of_key_and_pepper() {
    let digest = key().digest(&PEPPER);
    assert_eq!(ApiKey::parse(key().expose()).unwrap().digest(&PEPPER), digest);
    assert_ne!(key().digest(&Pepper { version: 1, secret: [8; 32] }), digest);
    let same_bytes = std::array::from_fn(|index| index as u8 * 3);
    assert_ne!(ApiKey::generate(Environment::Test, same_bytes).digest(&PEPPER), digest);
    assert_eq!(tenancy::KeyDigest::new(*digest.as_bytes()), digest);
}

#[test]
fn a_digest_is_the_hmac_that_any_tool_computes() {
    // hmac.new(bytes([7] * 32), b"tp_live_…", "sha256") in Python.
    let expected = "192e49b385dd3ec1bdde49123757b2a51b3714c77b99acfd9f2f6fe055247e35";
    let hex: String = key().digest(&PEPPER).as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, expected);
}

#[test]
fn an_environment_is_found_by_its_word() {
    for environment in Environment::ALL {
        assert_eq!(environment.as_str().parse(), Ok(environment));
    }
    assert!("production".parse::<Environment>().is_err());
}

proptest! {
    #[test]
    fn every_key_made_can_be_read(random in any::<[u8; 64]>(), test in any::<bool>()) {
        let environment = if test { Environment::Test } else { Environment::Live };
        let key = ApiKey::generate(environment, random);
        let read = ApiKey::parse(key.expose()).unwrap();
        prop_assert_eq!(read.expose(), key.expose());
        prop_assert_eq!(read.environment(), environment);
        prop_assert_eq!(key.expose().len(), tenancy::api_key::LENGTH);
    }

    #[test]
    fn one_wrong_character_is_always_noticed(
        random in any::<[u8; 64]>(),
        place in 8usize..48,
        letter in "[0-9A-Za-z]",
    ) {
        let key = ApiKey::generate(Environment::Live, random);
        let mut text = key.expose().to_owned();
        prop_assume!(text[place..=place] != letter);
        text.replace_range(place..=place, &letter);
        prop_assert_eq!(reason(&text), ApiKeyError::Checksum);
    }

    #[test]
    fn live_and_test_are_not_mistaken_for_each_other(random in any::<[u8; 64]>()) {
        let key = ApiKey::generate(Environment::Live, random);
        let text = key.expose().replace("tp_live_", "tp_test_");
        prop_assert_eq!(reason(&text), ApiKeyError::Checksum);
    }

    #[test]
    fn no_text_makes_reading_panic(text in "(tp_live_)?\\PC{0,60}") {
        let _ = ApiKey::parse(&text);
    }
}
