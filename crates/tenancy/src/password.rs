//! Which passwords are accepted at sign-up. Hashing is not done here.

/// Why a password is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("the password has fewer than {LENGTH_MIN} characters")]
    TooShort,
    #[error("the password has more than {LENGTH_MAX} characters")]
    TooLong,
    #[error("the password is among those that are tried first: choose another")]
    Common,
    #[error("the password is the e-mail address, or its beginning: choose another")]
    SameAsEmail,
}

/// OWASP ASVS 5.0, 6.2.1.
const LENGTH_MIN: usize = 8;
/// Enough for any sentence; bounds what a stranger can make us hash.
const LENGTH_MAX: usize = 128;

/// Accepts any 8 to 128 characters, of whatever kinds, that are not among the first guesses:
/// a well-known password, or the address that it protects. Case makes no difference to a guess.
///
/// `email` is the address as typed. Call it when a password is set, never at login: a password set
/// under older rules still opens.
pub fn check_password(password: &str, email: &str) -> Result<(), PasswordError> {
    let length = password.chars().count();
    if length < LENGTH_MIN {
        return Err(PasswordError::TooShort);
    }
    if length > LENGTH_MAX {
        return Err(PasswordError::TooLong);
    }
    let guess = password.trim().to_lowercase();
    let email = email.trim().to_lowercase();
    let mailbox = email.split('@').next().unwrap_or_default();
    if guess == email || guess == mailbox {
        return Err(PasswordError::SameAsEmail);
    }
    if COMMON.contains(&guess.as_str()) {
        return Err(PasswordError::Common);
    }
    Ok(())
}

/// Well-known passwords of at least eight characters, in lower case. Shorter ones are refused anyway.
#[rustfmt::skip]
const COMMON: [&str; 104] = [
    "00000000", "11111111", "12121212", "22222222", "55555555", "66666666", "77777777", "87654321", "88888888", "99999999",
    "11223344", "12341234", "12344321", "1234567a", "12345678", "123456789", "1234567890", "123456789a", "12345679", "123123123",
    "0123456789", "0987654321", "987654321", "9876543210", "1234qwer", "123qweasd", "1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "1qazxsw2",
    "q1w2e3r4", "qazwsxedc", "zaq12wsx", "qwer1234", "qwerasdf", "qwertyui", "qwertyuiop", "qwerty12", "qwerty123", "qwerty1234",
    "asdfasdf", "asdfghjk", "asdfghjkl", "asdf1234", "zxcvbnm1", "zxcvbnm123", "abcd1234", "abc12345", "abcdefgh", "a1b2c3d4",
    "a1234567", "a12345678", "aa123456", "aaaaaaaa", "password", "password1", "password12", "password123", "password1234", "password!",
    "passw0rd", "p@ssword", "p@ssw0rd", "pa$$word", "pass1234", "passpass", "mypassword", "changeme", "changeme1", "changeme123",
    "letmein1", "letmein123", "welcome1", "welcome123", "admin123", "admin1234", "administrator", "adminadmin", "root1234", "test1234",
    "testtest", "testing123", "default1", "secret123", "iloveyou", "iloveyou1", "princess", "princess1", "sunshine", "sunshine1",
    "football", "football1", "baseball", "baseball1", "superman", "superman1", "trustno1", "starwars", "whatever", "computer",
    "internet", "michelle", "jennifer", "5201314520",
];

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: &str = "Ada.Lovelace@example.com";

    #[test]
    fn an_ordinary_sentence_is_accepted_without_digits_or_symbols() {
        assert_eq!(check_password("correct horse battery", EMAIL), Ok(()));
        assert_eq!(check_password("密码是八个汉字啊", EMAIL), Ok(()));
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        assert_eq!(check_password("7letter", EMAIL), Err(PasswordError::TooShort));
        assert_eq!(check_password("密码密码密码密", EMAIL), Err(PasswordError::TooShort));
        assert_eq!(check_password(&"é".repeat(128), EMAIL), Ok(()));
        assert_eq!(check_password(&"e".repeat(129), EMAIL), Err(PasswordError::TooLong));
    }

    #[test]
    fn first_guesses_are_refused_whatever_their_case() {
        for guess in ["password", "PassWord123", "1Q2W3E4R", "12345678", " iloveyou "] {
            assert_eq!(check_password(guess, EMAIL), Err(PasswordError::Common), "{guess}");
        }
    }

    #[test]
    fn the_address_is_no_password() {
        for guess in ["ada.lovelace@example.com", "ADA.LOVELACE", "Ada.Lovelace@Example.com"] {
            assert_eq!(check_password(guess, EMAIL), Err(PasswordError::SameAsEmail), "{guess}");
        }
        assert_eq!(check_password("ada.lovelace built engines", EMAIL), Ok(()));
    }

    #[test]
    fn the_list_can_be_hit_in_every_line() {
        for common in COMMON {
            assert!(common.chars().count() >= LENGTH_MIN, "{common} is refused as too short anyway");
            assert_eq!(common, common.to_lowercase());
            assert_eq!(COMMON.iter().filter(|other| **other == common).count(), 1, "{common} twice");
        }
    }
}
