//! E-mail addresses, as written and as an identity.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An address that mail could be sent to.
///
/// Equality compares the address as written. Who counts as one person is decided by
/// [`EmailAddress::normalised`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress {
    written: String,
    normalised: String,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    #[error("the e-mail address is empty")]
    Empty,
    #[error("the e-mail address is longer than {LENGTH_MAX} characters")]
    TooLong,
    #[error("the e-mail address has no part before or after an @")]
    Incomplete,
    #[error("the part before the @ of the e-mail address has a character or dot that cannot stand there")]
    Mailbox,
    #[error("the part after the @ of the e-mail address is not a domain name such as example.com")]
    Domain,
}

/// What fits into an SMTP path (RFC 5321, 4.5.3.1.3, with its erratum 1690).
const LENGTH_MAX: usize = 254;
/// RFC 5321, 4.5.3.1.1.
const MAILBOX_LENGTH_MAX: usize = 64;
/// RFC 1035, 2.3.4.
const LABEL_LENGTH_MAX: usize = 63;

impl EmailAddress {
    /// Reads an address, forgiving white space around it. The domain becomes lower case.
    ///
    /// ASCII only (an international domain in its `xn--` form): look-alike letters of other scripts
    /// would give one mailbox's owner many identities. Quoted mailboxes and address literals, which
    /// nobody has, are refused. That mail arrives is not checked.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.len() > LENGTH_MAX {
            return Err(EmailError::TooLong);
        }
        let (mailbox, domain) = text.rsplit_once('@').ok_or(EmailError::Incomplete)?;
        if mailbox.is_empty() || domain.is_empty() {
            return Err(EmailError::Incomplete);
        }
        if !mailbox_is_plain(mailbox) {
            return Err(EmailError::Mailbox);
        }
        if !domain_is_public(domain) {
            return Err(EmailError::Domain);
        }
        let domain = domain.to_ascii_lowercase();
        Ok(Self { written: format!("{mailbox}@{domain}"), normalised: identity(mailbox, &domain) })
    }

    /// The address to send to: as typed, but for white space and the case of the domain.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The identity of whoever reads this mailbox: one sign-up credit for each.
    ///
    /// Lower case, without `+tag`; at Google without dots and with one of its two domains. Never
    /// send mail here: elsewhere a `+` may be part of a name.
    pub fn normalised(&self) -> &str {
        &self.normalised
    }
}

fn identity(mailbox: &str, domain: &str) -> String {
    let mailbox = mailbox.to_ascii_lowercase();
    let name = mailbox.split_once('+').map_or(mailbox.as_str(), |(name, _)| name);
    match domain {
        "gmail.com" | "googlemail.com" => format!("{}@gmail.com", name.replace('.', "")),
        _ => format!("{name}@{domain}"),
    }
}

/// RFC 5321's dot-string, with something before the first `+`.
fn mailbox_is_plain(mailbox: &str) -> bool {
    mailbox.len() <= MAILBOX_LENGTH_MAX
        && !mailbox.starts_with('+')
        && mailbox.split('.').all(|atom| {
            !atom.is_empty()
                && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte))
        })
}

/// At least two labels, the last of which is not a number (that would be an IP address).
fn domain_is_public(domain: &str) -> bool {
    let labels_are_plain = domain.split('.').all(|label| {
        (1..=LABEL_LENGTH_MAX).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    let last_is_a_name =
        domain.rsplit_once('.').is_some_and(|(_, last)| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
    labels_are_plain && last_is_a_name
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    #[test]
    fn an_address_is_kept_as_typed_but_for_space_and_the_domain() {
        assert_eq!(address("  Ada.L+news@Example.COM\n").as_str(), "Ada.L+news@example.com");
    }

    #[test]
    fn tags_and_case_do_not_make_another_person() {
        let one = address("ada@example.com");
        for same in ["ADA@EXAMPLE.com", "ada+1@example.com", "Ada+a+b@example.com"] {
            assert_eq!(address(same).normalised(), one.normalised(), "{same}");
        }
    }

    #[test]
    fn googles_dots_and_second_domain_do_not_make_another_person() {
        for same in ["a.d.a@gmail.com", "ada@googlemail.com", "A.da+x@GoogleMail.com"] {
            assert_eq!(address(same).normalised(), "ada@gmail.com", "{same}");
        }
    }

    #[test]
    fn dots_make_another_person_elsewhere() {
        assert_ne!(address("a.da@example.com").normalised(), address("ada@example.com").normalised());
        assert_ne!(address("ada@example.com").normalised(), address("ada@example.org").normalised());
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        let cases = [
            ("", EmailError::Empty),
            (" \t", EmailError::Empty),
            ("ada", EmailError::Incomplete),
            ("@example.com", EmailError::Incomplete),
            ("ada@", EmailError::Incomplete),
            ("ada@home@example.com", EmailError::Mailbox),
            (".ada@example.com", EmailError::Mailbox),
            ("a..da@example.com", EmailError::Mailbox),
            ("ada.@example.com", EmailError::Mailbox),
            ("a da@example.com", EmailError::Mailbox),
            ("аda@example.com", EmailError::Mailbox),
            ("ada\r\nBcc: x@example.com", EmailError::Mailbox),
            ("+tag@example.com", EmailError::Mailbox),
            ("ada@localhost", EmailError::Domain),
            ("ada@example..com", EmailError::Domain),
            ("ada@-example.com", EmailError::Domain),
            ("ada@example.com.", EmailError::Domain),
            ("ada@10.0.0.1", EmailError::Domain),
            ("ada@exa mple.com", EmailError::Domain),
            ("ada@例子.com", EmailError::Domain),
        ];
        for (text, reason) in cases {
            assert_eq!(EmailAddress::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        let mailbox = "a".repeat(65);
        assert_eq!(EmailAddress::parse(&format!("{mailbox}@example.com")), Err(EmailError::Mailbox));
        let domain = format!("{}com", "abcdefghi.".repeat(30));
        assert_eq!(EmailAddress::parse(&format!("ada@{domain}")), Err(EmailError::TooLong));
        let label = "a".repeat(64);
        assert_eq!(EmailAddress::parse(&format!("ada@{label}.com")), Err(EmailError::Domain));
    }

    #[test]
    fn an_address_in_json_is_checked_when_read() {
        let json = serde_json::to_string(&address("ada+x@example.com")).unwrap();
        assert_eq!(json, r#""ada+x@example.com""#);
        assert_eq!(serde_json::from_str::<EmailAddress>(&json).unwrap().normalised(), "ada@example.com");
        assert!(serde_json::from_str::<EmailAddress>(r#""ada""#).is_err());
    }
}
