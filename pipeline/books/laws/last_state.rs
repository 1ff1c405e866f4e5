//! Law 16, last state: batches, files, cases, approvals and users stand where their history ends, and are there.

use crate::args;
use crate::books::law::Scene::{Middle, Scopes, TwoPersons};
use crate::books::law::{Found, Law, Look, planted};
use crate::store::LedgerError;

/// What stands elsewhere than where its history ends.
macro_rules! elsewhere {
    ($life:literal, $table:literal, $touched:literal) => {
        concat!(
            "SELECT '",
            $life,
            " ' || t.id || ': is ' || t.state || ', its history ends at ' || COALESCE(v.to_state, 'nothing') FROM ",
            $table,
            " t LEFT JOIN move v ON v.seq = (SELECT max(m.seq) FROM move m WHERE m.scope = '",
            $life,
            "' AND m.subject = t.id AND m.life = '",
            $life,
            "') WHERE ",
            $touched,
            " AND (v.to_state IS NULL OR v.to_state <> t.state)"
        )
    };
}

/// What has a history and is not there.
macro_rules! gone {
    ($life:literal, $table:literal) => {
        concat!(
            "SELECT DISTINCT '",
            $life,
            " ' || n.subject || ': has a history, and is not there' FROM new_move n WHERE n.scope = '",
            $life,
            "' AND n.life = '",
            $life,
            "' AND NOT EXISTS (SELECT 1 FROM ",
            $table,
            " t WHERE t.id = n.subject)"
        )
    };
}

pub const LAW: Law = Law {
    number: 16,
    name: "last state",
    sentence: "batches, files, cases, approvals and users stand where their history ends, and none is gone",
    cases: "SELECT (SELECT count(*) FROM touched_batch) + (SELECT count(*) FROM touched_file) + (SELECT count(*) FROM approval)
        + (SELECT count(*) FROM users)",
    offending: &[
        elsewhere!("batch", "batch", "t.id IN (SELECT id FROM touched_batch)"),
        elsewhere!("file", "file", "t.id IN (SELECT id FROM touched_file)"),
        elsewhere!("case", "desk_case", "(t.state IN ('open', 'escalated') OR t.id IN (SELECT n.subject FROM new_move n WHERE n.scope = 'case'))"),
        elsewhere!("approval", "approval", "TRUE"),
        elsewhere!("user", "users", "TRUE"),
        gone!("batch", "batch"),
        gone!("file", "file"),
        gone!("case", "desk_case"),
        gone!("approval", "approval"),
        gone!("user", "users"),
        gone!("erasure", "erasure"),
        gone!("application", "application"),
    ],
    is_beside: false,
    computed: Some(|look| Box::pin(without_history(look))),
    planted: &[
        planted(Middle, &["batch"], "UPDATE batch SET state = 'cancelled' WHERE id = (SELECT max(id) FROM batch)"),
        planted(Middle, &["file"], "DELETE FROM file WHERE id = (SELECT max(id) FROM file)"),
        planted(Middle, &["desk_case"], "UPDATE desk_case SET state = 'settled'"),
        planted(TwoPersons, &["approval"], "UPDATE approval SET state = 'asked' WHERE id = (SELECT max(id) FROM approval)"),
        planted(Scopes, &["users"], "UPDATE users SET state = 'disabled' WHERE id = (SELECT max(id) FROM users)"),
        planted(Middle, &["desk_case"], "INSERT INTO desk_case (application, file, state, reason, due_on, owner)
            SELECT application, file, 'settled', reason, due_on, owner FROM desk_case WHERE id = (SELECT max(id) FROM desk_case)"),
    ],
};

/// Settled cases are looked at one by one only where everything is.
async fn without_history(look: &mut Look) -> Result<Found, LedgerError> {
    if look.since.is_some() {
        return Ok(Found::offending(Vec::new()));
    }
    let rows = look
        .tx
        .rows::<(String,)>(elsewhere!("case", "desk_case", "t.state NOT IN ('open', 'escalated')"), args![])
        .await?;
    Ok(Found::offending(rows.into_iter().map(|row| row.0).collect()))
}
