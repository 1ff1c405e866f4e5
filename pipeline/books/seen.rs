//! What was seen in the texts of a column, and which columns are looked at.

use std::borrow::Cow;
use std::collections::HashSet;

use cardline_core::domain::personal_text::{identifier_looks_personal, looks_personal};

use crate::store::row_macs::Field;

/// Where a partial run looks at a table that is not covered and grows with the cards; it looks at all of any other.
/// What it looks at of a covered table, that table's cover says.
const TOUCHED: &[(&str, &str)] = &[
    ("finding", "touched_chunk t JOIN message m ON m.chunk = t.id JOIN finding x ON x.message = m.id"),
    ("made", "touched_application t JOIN made x ON x.application = t.id"),
    ("move", "new_move t JOIN move x ON x.seq = t.seq"),
    ("rendition", "touched_application t JOIN application a ON a.id = t.id JOIN rendition x ON x.source = a.photo"),
];

/// Columns of identifiers that a sender chose: they are judged as intake judges them.
const IDENTIFIERS: &[&str] = &[
    "application.application_id",
    "approval.subject",
    // Numbers of batches, and the application that was made urgent.
    "batch_act.result",
    "mailing.carrier",
    "mailing.tracking",
    "message.application_id",
    "message.event_id",
    "move.actor",
    "move.event_id",
    "sent_before.key",
];

/// Text columns that no law looks at, each with the reason why it may hold what looks personal.
pub const NOT_LOOKED_AT: &[(&str, &str)] = &[
    ("reference.line", "lines of public tables: places and banks are named in Chinese"),
    ("users.verifier", "argon2id of a password, in base64, or a digest in hex: any run of digits is chance"),
];

/// Whether a column is looked at.
pub(super) fn is_looked_at(table: &str, column: &str) -> bool {
    !NOT_LOOKED_AT.iter().any(|(named, _)| named.split_once('.') == Some((table, column)))
}

/// What was seen in a column that is looked at.
pub(super) struct Seen {
    column: String,
    is_identifier: bool,
    /// What was seen last and is harmless: rows that follow each other often say the same.
    last: Vec<u8>,
    /// What was seen and is harmless; no more than a few, for most columns have few texts, or each text once.
    harmless: HashSet<Vec<u8>>,
    personal: HashSet<Vec<u8>>,
}

impl Seen {
    pub fn at(column: String) -> Seen {
        let is_identifier = IDENTIFIERS.contains(&&*column);
        Seen { column, is_identifier, last: Vec::new(), harmless: HashSet::new(), personal: HashSet::new() }
    }

    /// Looks at a value.
    pub fn see(&mut self, value: &Field<'_>) {
        match value {
            Field::Null => {}
            Field::Bytes(text) => self.see_text(text),
            Field::Int(number) => self.see_text(number.to_string().as_bytes()),
        }
    }

    /// What looks personal, in words.
    pub fn found(&self) -> Option<String> {
        let values = self.personal.len();
        (values > 0).then(|| format!("{}: {values} values look personal", self.column))
    }

    fn see_text(&mut self, text: &[u8]) {
        if self.last == text || (self.is_of_few() && self.harmless.contains(text)) {
            return;
        }
        if self.is_personal(&String::from_utf8_lossy(text)) {
            self.personal.insert(text.to_owned());
            return;
        }
        text.clone_into(&mut self.last);
        if self.is_of_few() {
            self.harmless.insert(text.to_owned());
        }
    }

    /// Whether the column has had few texts so far.
    fn is_of_few(&self) -> bool {
        self.harmless.len() < HARMLESS_KEPT
    }

    fn is_personal(&self, text: &str) -> bool {
        // A sender's identifier is one word; what is of several we wrote ourselves.
        if self.is_identifier && !text.contains(' ') {
            identifier_looks_personal(text)
        } else {
            looks_personal(&without_digests(text))
        }
    }
}

/// Texts of a column that are known to be harmless.
const HARMLESS_KEPT: usize = 200;

/// The rows `x` of a table that is not covered.
pub(super) fn rows_of(table: &str, whole: bool) -> String {
    let touched = TOUCHED.iter().find(|(name, _)| !whole && *name == table);
    touched.map_or_else(|| format!("\"{table}\" x"), |(_, rows)| (*rows).to_owned())
}

/// Shortest run of hexadecimal digits that is a digest and nobody's number.
const DIGEST_DIGITS_MIN: usize = 32;

/// A text without the digests in it: runs of digits inside of them are chance.
fn without_digests(text: &str) -> Cow<'_, str> {
    let is_digest = |word: &str| word.len() >= DIGEST_DIGITS_MIN && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = || text.split(|c: char| !c.is_alphanumeric());
    if !words().any(is_digest) {
        return text.into();
    }
    words().filter(|word| !is_digest(word)).collect::<Vec<_>>().join(" ").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_nobodys_number_and_what_stands_beside_it_is_seen() {
        let digest = "0a".repeat(8) + &"1".repeat(17) + &"0b".repeat(16);
        assert!(!looks_personal(&without_digests(&format!("{digest}#358#441"))));
        assert!(looks_personal(&without_digests(&format!("{digest}#13800000000#441"))));
        assert!(looks_personal(&without_digests("of 110101198503072238")));
        let subject = |word: &str| format!("110101001006 > 110101002002 {word}");
        let run_of_sixteen = format!("8579cf1839cc{}e56a", "0".repeat(16));
        assert!(
            looks_personal(&subject(&run_of_sixteen)) && !looks_personal(&without_digests(&subject(&run_of_sixteen)))
        );
    }
}
