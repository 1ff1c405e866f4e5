//! Whether a text could be of a person: what may not stand in plain text.

use crate::domain::identifier::{self, IdentifierDefect};
use crate::domain::identity_number;

/// Whether an identifier holds the number of a person, judged as intake judges it. What has another form is
/// searched like any text.
pub fn identifier_looks_personal(text: &str) -> bool {
    match identifier::judge(text) {
        Ok(()) => false,
        Err(IdentifierDefect::Person) => true,
        Err(IdentifierDefect::Form) => looks_personal(text),
    }
}

/// Whether a text holds an identity number, a mobile number, an account, or a Chinese name.
pub fn looks_personal(text: &str) -> bool {
    let han = |c| ('\u{3400}'..='\u{9fff}').contains(&c) || ('\u{20000}'..='\u{3ffff}').contains(&c);
    text.chars().any(han)
        || text.split(|c: char| !c.is_ascii_digit()).any(|run| match run.len() {
            11 => run.starts_with('1') && !matches!(run.as_bytes().get(1), Some(b'0'..=b'2')),
            16..=19 => true,
            _ => false,
        })
        || text.as_bytes().windows(18).any(|w| {
            w.iter().take(17).all(u8::is_ascii_digit)
                && std::str::from_utf8(w).is_ok_and(|n| identity_number::parse(n).is_ok())
        })
}

#[cfg(test)]
mod tests {
    use super::{identifier_looks_personal, looks_personal};

    #[test]
    fn numbers_and_names_are_seen_and_our_own_keys_are_not() {
        assert!(looks_personal("refused: 110101198503072238"));
        assert!(looks_personal("KH20260128110101198503072238000001.dat"));
        assert!(looks_personal("call 13800000000"));
        assert!(looks_personal("王伟"));
        assert!(!looks_personal("110101-20260105-000000123"));
        assert!(!looks_personal("KH2026012811010100000078.dat"));
    }
    #[test]
    fn identifiers_are_judged_by_their_parts_and_other_texts_are_searched() {
        for taken in ["531bed02-027d-4391-997e-15621381894c", "1858349283746283520", "partner:ABC"] {
            assert!(!identifier_looks_personal(taken), "{taken}");
        }
        for refused in [concat!("A-138", "00000000"), concat!("110101", "19850307", "2238"), "王伟"] {
            assert!(identifier_looks_personal(refused));
        }
        assert!(identifier_looks_personal(concat!("terminal/138", "00000000")));
    }
}
