//! Cases in which somebody is asked to hand a card out, to deliver or to activate it, ended when nobody needs to.

use crate::args;
use crate::cases::deadlines::activation::NOT_ACTIVATED;
use crate::cases::deadlines::mail::{CAME_BACK, MAIL_LATE};
use crate::cases::deadlines::units::UNIT_LATE;
use crate::cases::desk::overtake_cases;
use crate::store::transition::Subject;
use crate::store::{LedgerError, Stamp, Tx};

/// Nobody needs to ask any more for what has happened now to the cards in `subject`.
pub(super) async fn settle_cases(tx: &mut Tx, why: Stamp<'_>) -> Result<(), LedgerError> {
    let sql =
        "SELECT k.id FROM subject s JOIN desk_case k ON k.application = s.id JOIN application a ON a.id = k.application
         WHERE k.state IN ('open', 'escalated') AND ((k.reason = $1 AND a.place <> 'with_unit')
            OR (k.reason = $3 AND COALESCE(a.place, '') <> 'in_mail') OR (k.reason = $4 AND a.place IS NOT NULL)
            OR (k.reason = $2 AND NOT (a.place = 'in_hand' AND (a.social = 'sealed' OR a.financial = 'sealed'))))
         ORDER BY k.id";
    let cases = tx.rows::<(i64,)>(sql, args![UNIT_LATE, NOT_ACTIVATED, MAIL_LATE, CAME_BACK]).await?;
    if cases.is_empty() {
        return Ok(());
    }
    // What follows reads the cards of the events once more.
    let moved = tx
        .rows::<Subject>("SELECT id, event_id, digest, evidence, at, actor, chunk FROM subject ORDER BY id", args![])
        .await?;
    overtake_cases(tx, &cases, Stamp { reason: "nobody needs to do it any more", ..why }).await?;
    tx.stage(moved).await
}
