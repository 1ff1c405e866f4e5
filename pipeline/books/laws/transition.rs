//! Law 11, transition: only moves the state machines allow, in a history nobody changed.

use crate::args;
use crate::books::law::Scene::Middle;
use crate::books::law::{Found, Law, Look, planted};
use crate::store::{LedgerError, audit_chain};

pub const LAW: Law = Law {
    number: 11,
    name: "transition",
    sentence: "replaying the history gives the current state; only edges of the table; the hash chain verifies",
    cases: "SELECT count(*) FROM new_move",
    offending: &[],
    is_beside: false,
    computed: Some(|look| Box::pin(moves_and_seals(look))),
    planted: &[
        planted(
            Middle,
            &["move"],
            "UPDATE move SET to_state = 'destroyed' WHERE seq = (SELECT min(seq) FROM move WHERE life = 'card' AND scope = 'chunk')",
        ),
        planted(Middle, &["move"], "UPDATE move SET count = count + 1 WHERE seq = (SELECT min(seq) FROM move)"),
        planted(Middle, &["seal"], "UPDATE seal SET digest = 'none' WHERE no = (SELECT max(no) FROM seal)"),
    ],
};

/// Moves that are no edge, and seals that do not agree with the history they cover. A seal is a case too.
async fn moves_and_seals(look: &mut Look) -> Result<Found, LedgerError> {
    let mut offending = look.replayed().await?.transition.clone();
    let first = first_seal(look).await?;
    let (broken, seals) = audit_chain::broken_seals(&mut look.tx, first).await?;
    offending.extend(broken);
    Ok(Found { cases: seals, offending })
}

/// The first seal that covers anything this run looks at.
async fn first_seal(look: &mut Look) -> Result<i64, LedgerError> {
    match look.since {
        None => Ok(1),
        Some(through) => {
            let sql = "SELECT COALESCE(max(no), 0) + 1 FROM seal WHERE to_tx <= $1";
            look.tx.number(sql, args![through.history]).await
        }
    }
}
