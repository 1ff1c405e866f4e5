//! Law 12, secret: no operational column holds what looks like personal data, and no column is named for a secret.

use crate::books::law::Scene::{Middle, Quarantine};
use crate::books::law::{Found, Law, Look, planted};
use crate::store::LedgerError;

pub const LAW: Law = Law {
    number: 12,
    name: "secret",
    sentence: "no PIN, password or key anywhere; personal data only encrypted",
    cases: "SELECT CAST(0 AS BIGINT)",
    offending: &[],
    is_beside: true,
    computed: Some(|look| Box::pin(secrets(look))),
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

/// Columns whose content looks personal, or whose name says secret. Every text column the schema has is looked at,
/// also one that a later version adds.
async fn secrets(look: &mut Look) -> Result<Found, LedgerError> {
    let stored = look.stored().await?;
    let (mut found, cases) = (stored.personal.clone(), stored.rows);
    for (table, column) in look.tx.columns().await? {
        if ["pin", "password", "secret"].iter().any(|word| column.contains(word)) {
            found.push(format!("{table}.{column}: a column for a secret"));
        }
    }
    Ok(Found { cases, offending: found })
}
