//! Law 12, secret: no operational column holds what looks like personal data, and no column is named for a secret.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use cardline_core::domain::personal_text::{identifier_looks_personal, looks_personal};

use crate::books::law::Scene::{Middle, Quarantine};
use crate::books::law::{Found, Law, planted};
use crate::store::{LedgerError, Tx};

pub const LAW: Law = Law {
    number: 12,
    name: "secret",
    sentence: "no PIN, password or key anywhere; personal data only encrypted",
    cases: "SELECT (SELECT count(*) FROM touched_application) + (SELECT count(*) FROM touched_file)",
    offending: &[],
    is_beside: true,
    computed: Some(|look| {
        let is_partial = look.since.is_some();
        Box::pin(secrets(&mut look.tx, is_partial))
    }),
    planted: &[
        planted(Middle, &[], "INSERT INTO vault (password) VALUES ('none')")
            .between(&["CREATE TABLE vault (password TEXT)"], &["DROP TABLE vault"]),
        planted(
            Middle,
            &["application"],
            "UPDATE application SET reason = '13800000000' WHERE id = (SELECT max(id) FROM application)",
        ),
        planted(Middle, &["move"], "UPDATE move SET actor = '王伟' WHERE seq = (SELECT max(seq) FROM move)"),
        // In two parts: no source holds what could be a person's number.
        planted(
            Middle,
            &["move"],
            "UPDATE move SET reason = 'of 110101' || '198503072238' WHERE seq = (SELECT max(seq) FROM move)",
        ),
        planted(
            Middle,
            &["file"],
            "UPDATE file SET name = 'KH-6222000000000000.dat' WHERE id = (SELECT max(id) FROM file)",
        ),
        planted(Middle, &["message"], "UPDATE message SET reason = '王伟' WHERE id = (SELECT max(id) FROM message)"),
        planted(Middle, &["desk_case"], "UPDATE desk_case SET reason = '13800000000'"),
        planted(Middle, &["spoilage"], "UPDATE spoilage SET reason = '王伟'"),
        planted(Middle, &["answer"], "UPDATE answer SET reason = '王伟'"),
        planted(Quarantine, &["act"], "UPDATE act SET actor = '王伟'"),
    ],
};

/// Where a partial run looks at a table that grows with the cards; it looks at all of any other.
const TOUCHED: &[(&str, &str)] = &[
    ("account", "touched_application t JOIN account x ON x.application = t.id"),
    ("answer", "touched_application t JOIN answer x ON x.application = t.id"),
    ("application", "touched_application t JOIN application x ON x.id = t.id"),
    ("batch", "touched_batch t JOIN batch x ON x.id = t.id"),
    ("file", "touched_file t JOIN file x ON x.id = t.id"),
    ("finding", "touched_chunk t JOIN message m ON m.chunk = t.id JOIN finding x ON x.message = m.id"),
    ("former_row", "touched_application t JOIN former_row x ON x.application = t.id"),
    ("made", "touched_application t JOIN made x ON x.application = t.id"),
    ("mailing", "touched_application t JOIN mailing x ON x.application = t.id"),
    ("message", "touched_chunk t JOIN message x ON x.chunk = t.id"),
    ("move", "new_move t JOIN move x ON x.seq = t.seq"),
    ("production_row", "touched_application t JOIN production_row x ON x.application = t.id"),
    ("recycling_row", "touched_application t JOIN recycling_row x ON x.application = t.id"),
    ("rendition", "touched_application t JOIN application a ON a.id = t.id JOIN rendition x ON x.source = a.photo"),
    ("shipment", "touched_shipment t JOIN shipment x ON x.id = t.id"),
    ("spoilage", "touched_application t JOIN spoilage x ON x.application = t.id"),
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

/// Columns whose content looks personal, or whose name says secret. Every text column the schema has is looked at,
/// also one that a later version adds.
async fn secrets(tx: &mut Tx, is_partial: bool) -> Result<Found, LedgerError> {
    let mut found = Vec::new();
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, column) in tx.text_columns().await? {
        if !NOT_LOOKED_AT.iter().any(|(named, _)| *named == format!("{table}.{column}")) {
            tables.entry(table).or_default().push(column);
        }
    }
    for (table, columns) in &tables {
        let mut looks: Vec<Look> = columns.iter().map(|column| Look::at(format!("{table}.{column}"))).collect();
        let see = |column: usize, text: &str| {
            if let Some(look) = looks.get_mut(column) {
                look.see(text);
            }
        };
        tx.each_text(columns, &rows(table, is_partial), see).await?;
        looks.retain(|look| !look.personal.is_empty());
        found.extend(looks.iter().map(|look| format!("{}: {} values look personal", look.column, look.personal.len())));
    }
    for (table, column) in tx.columns().await? {
        if ["pin", "password", "secret"].iter().any(|word| column.contains(word)) {
            found.push(format!("{table}.{column}: a column for a secret"));
        }
    }
    Ok(Found::offending(found))
}

/// A column that is looked at.
struct Look {
    column: String,
    is_identifier: bool,
    /// What was seen and is harmless; no more than a few, for most columns have few texts, or each text once.
    harmless: HashSet<String>,
    personal: HashSet<String>,
}

impl Look {
    fn at(column: String) -> Look {
        let is_identifier = IDENTIFIERS.contains(&&*column);
        Look { column, is_identifier, harmless: HashSet::new(), personal: HashSet::new() }
    }

    fn see(&mut self, text: &str) {
        if self.harmless.contains(text) {
            return;
        }
        // A sender's identifier is one word; what is of several we wrote ourselves.
        let is_personal = if self.is_identifier && !text.contains(' ') {
            identifier_looks_personal(text)
        } else {
            looks_personal(&without_digests(text))
        };
        if is_personal {
            self.personal.insert(text.to_owned());
        } else if self.harmless.len() < HARMLESS_KEPT {
            self.harmless.insert(text.to_owned());
        }
    }
}

/// Texts of a column that are known to be harmless.
const HARMLESS_KEPT: usize = 200;

fn rows(table: &str, is_partial: bool) -> String {
    let touched = TOUCHED.iter().find(|(name, _)| is_partial && *name == table);
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
