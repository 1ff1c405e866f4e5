//! Law 12: no operational column holds what looks like personal data, and no column is named for a
//! secret.

use cardline_core::domain::identifier::{self, IdentifierDefect};
use cardline_core::domain::identity_number;

use crate::args;
use crate::ledger::LedgerError;
use crate::ledger::engine::Tx;

/// Every free text column of the operational tables, read where this run looks.
const TEXTS: &[(&str, &str)] = &[
    ("move.reason", "SELECT v.reason FROM new_move n JOIN move v ON v.seq = n.seq"),
    ("application.reason", "SELECT reason FROM touched_card WHERE reason IS NOT NULL"),
    ("file.name", "SELECT f.name FROM touched_file t JOIN file f ON f.id = t.id"),
    ("file.reason", "SELECT f.reason FROM touched_file t JOIN file f ON f.id = t.id WHERE f.reason IS NOT NULL"),
    (
        "message.reason",
        "SELECT m.reason FROM touched_chunk t JOIN message m ON m.chunk = t.id WHERE m.reason IS NOT NULL",
    ),
    ("act.actor", "SELECT DISTINCT actor FROM act"),
    ("batch_act.actor", "SELECT DISTINCT actor FROM batch_act"),
    ("stream_act.actor", "SELECT DISTINCT actor FROM stream_act"),
    ("finding.field", "SELECT DISTINCT f.field FROM finding f"),
    ("desk_case.reason", "SELECT DISTINCT reason FROM desk_case"),
    ("answer.reason", "SELECT DISTINCT reason FROM answer"),
    ("spoilage.reason", "SELECT DISTINCT reason FROM spoilage"),
    ("reconciliation.actor", "SELECT COALESCE(actor, '') FROM reconciliation"),
    ("reconciliation.found", "SELECT found FROM reconciliation"),
    ("reference_import.actor", "SELECT DISTINCT actor FROM reference_import"),
    ("users.name", "SELECT name FROM users"),
];

/// Columns of identifiers: what a sender chose, or a digest of ours.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("move.actor", "SELECT v.actor FROM new_move n JOIN move v ON v.seq = n.seq"),
    ("application.application_id", "SELECT application_id FROM touched_card"),
    ("approval.subject", "SELECT subject FROM approval"),
];

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

/// Columns whose content looks personal, or whose name says secret.
pub async fn secrets(tx: &mut Tx) -> Result<Vec<String>, LedgerError> {
    let mut found = Vec::new();
    let texts = TEXTS.iter().map(|column| (column, looks_personal as fn(&str) -> bool));
    let identifiers = IDENTIFIERS.iter().map(|column| (column, identifier_looks_personal as fn(&str) -> bool));
    for ((column, sql), is_personal) in texts.chain(identifiers) {
        let count = tx.rows::<(String,)>(sql, args![]).await?.iter().filter(|(text,)| is_personal(text)).count();
        if count > 0 {
            found.push(format!("{column}: {count} values look personal"));
        }
    }
    let columns = if tx.is_postgres() {
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = current_schema()
         AND (column_name LIKE '%pin%' OR column_name LIKE '%password%' OR column_name LIKE '%secret%')"
    } else {
        "SELECT m.name || '.' || p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p
         WHERE m.type = 'table' AND (p.name LIKE '%pin%' OR p.name LIKE '%password%' OR p.name LIKE '%secret%')"
    };
    found.extend(
        tx.rows::<(String,)>(columns, args![])
            .await?
            .into_iter()
            .map(|(name,)| format!("{name}: a column for a secret")),
    );
    Ok(found)
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
