//! Law 12, secret: no operational column holds what looks like personal data, and no column is named for a secret.

use cardline_core::domain::personal_text::{identifier_looks_personal, looks_personal};

use crate::args;
use crate::books::law::Scene::{Middle, Quarantine};
use crate::books::law::{Found, Law, planted};
use crate::store::{LedgerError, Tx};

pub const LAW: Law = Law {
    number: 12,
    name: "secret",
    sentence: "no PIN, password or key anywhere; personal data only encrypted",
    cases: "SELECT (SELECT count(*) FROM touched_application) + (SELECT count(*) FROM touched_file)",
    offending: &[],
    computed: Some(|look| Box::pin(secrets(&mut look.tx))),
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

/// Columns whose content looks personal, or whose name says secret.
async fn secrets(tx: &mut Tx) -> Result<Found, LedgerError> {
    let mut found = Vec::new();
    let texts = TEXTS.iter().map(|column| (column, looks_personal as fn(&str) -> bool));
    let identifiers = IDENTIFIERS.iter().map(|column| (column, identifier_looks_personal as fn(&str) -> bool));
    for ((column, sql), is_personal) in texts.chain(identifiers) {
        let count = tx.rows::<(String,)>(sql, args![]).await?.iter().filter(|(text,)| is_personal(text)).count();
        if count > 0 {
            found.push(format!("{column}: {count} values look personal"));
        }
    }
    for (table, column) in tx.columns().await? {
        if ["pin", "password", "secret"].iter().any(|word| column.contains(word)) {
            found.push(format!("{table}.{column}: a column for a secret"));
        }
    }
    Ok(Found::offending(found))
}
