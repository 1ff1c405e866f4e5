//! One message from its bytes to its findings: the same for intake, for a dry run and for `rules check`.

use super::message::IDENTIFIER_RULES;
use super::{Finding, Severity, check};
use crate::domain::application::Application;
use crate::domain::digest::content_digest_of;
use crate::domain::message::{self, DecodeDefect};
use crate::domain::reference::Facts;

/// A message that was read, checked and digested.
pub struct Received<'a> {
    pub application: Application<'a>,
    /// Those of the catalogue in its order, then a note for each member that is unknown.
    pub findings: Vec<Finding>,
    /// What a repeat is known by.
    pub digest: [u8; 32],
}

/// Why a message is quarantined: nothing of it can be kept in plain text.
pub enum Unreceived {
    Unread(DecodeDefect),
    /// An identifier is none or holds the number of a person; what the rules found.
    KeyForm(Vec<Finding>),
}

impl Unreceived {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Unreceived::Unread(defect) => defect.code(),
            Unreceived::KeyForm(_) => "KEY-FORM",
        }
    }
}

/// Reads and checks one message.
///
/// # Errors
/// Why it is quarantined instead.
pub fn receive<'a>(bytes: &'a [u8], facts: &Facts<'_>) -> Result<Received<'a>, Unreceived> {
    let decoded = message::decode(bytes).map_err(Unreceived::Unread)?;
    let digest = content_digest_of(bytes).ok_or(Unreceived::Unread(DecodeDefect::NotJson))?;
    let mut findings = check(&decoded.application, facts);
    findings.extend(decoded.unknown_fields.into_iter().map(|field| Finding {
        rule: "FIELD-UNKNOWN",
        field: field.into(),
        severity: Severity::Note,
        message: "a member this version does not know".into(),
    }));
    if findings.iter().any(|finding| IDENTIFIER_RULES.contains(&finding.rule)) {
        return Err(Unreceived::KeyForm(findings));
    }
    Ok(Received { application: decoded.application, findings, digest })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{EXAMPLE, facts};
    use super::*;
    use crate::domain::identifier;

    fn with_identifiers(event: &str, application: &str) -> String {
        let mut message: serde_json::Value = serde_json::from_str(EXAMPLE).unwrap();
        message["event_id"] = event.into();
        message["application_id"] = application.into();
        message.to_string()
    }

    proptest! {
        /// Nothing but the identifiers decides, and each of them does.
        #[test]
        fn a_message_is_kept_in_the_open_when_both_identifiers_may_be(
            event in "[A-Za-z0-9._:-]{0,12}|1[0-9]{10}|62[0-9]{14,17}|[1-6][0-9]{16}[0-9Xx]|.{1,6}",
            application in "[0-9]{6}-[0-9]{8}-[0-9]{9}|[0-9a-f]{32}|[A-Z]-1[3-9][0-9]{9}",
        ) {
            let message = with_identifiers(&event, &application);
            let received = receive(message.as_bytes(), &facts());
            let may_be = identifier::judge(&event).is_ok() && identifier::judge(&application).is_ok();
            prop_assert_eq!(received.is_ok(), may_be);
            prop_assert!(received.err().is_none_or(|refused| refused.code() == "KEY-FORM"));
        }
    }

    #[test]
    fn what_cannot_be_read_says_so_first() {
        let code = |bytes: &[u8]| receive(bytes, &facts()).err().map(|refused| refused.code());
        assert_eq!(code(b"{"), Some("NOT-JSON"));
        assert_eq!(code(with_identifiers("", "").as_bytes()), Some("KEY-FORM"));
        assert_eq!(code(EXAMPLE.as_bytes()), None);
    }
}
