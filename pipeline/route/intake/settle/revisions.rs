//! Corrections: a higher revision takes the place of what is rejected, returned or held for its photo.

use cardline_core::state_machines::{APPLICATION, CARD, SOCIAL};
use jiff::civil::Date;

use crate::custody::account_waiting::wait_for_account;
use crate::photos::renditions::overtake_photo_cases;
use crate::store::transition::{Along, Subject, Transition, lost, move_each};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// A higher revision of an application that is rejected, returned, or held for its photo: its facts are
/// replaced, then it moves. Approved again, a rejected one has a new promise; one that was returned or
/// held keeps the day it was approved on.
pub(crate) async fn replace_revisions(tx: &mut Tx, why: Stamp<'_>, today: Date) -> Result<(), LedgerError> {
    let present = tx
        .number(
            "SELECT count(*) FROM arriving WHERE outcome IN ('accepted', 'rejected') AND present IS NOT NULL",
            args![],
        )
        .await?;
    if present == 0 {
        return Ok(());
    }
    // An accepted application keeps what was accepted: a wrong correction of it only counts its revision.
    tx.run(
        "UPDATE application SET revision = r.revision FROM arriving r
         WHERE application.id = r.present AND r.outcome = 'rejected' AND application.state = 'accepted'",
        args![],
    )
    .await?;
    // The promise clock stood still for whole local days while the holder corrected it.
    tx.run(
        "UPDATE application SET revision = r.revision, message = r.message,
            person = CASE WHEN r.outcome = 'accepted' THEN COALESCE(p.person, r.person) ELSE application.person END,
            kind = r.kind, lane = r.lane, region = r.region, bank = r.bank, outlet = r.outlet, method = r.method, point = r.point,
            photo = r.photo, previous = r.previous,
            promise_on = CASE WHEN application.state = 'rejected' AND application.approved_on <> r.approved_on THEN r.promise_on ELSE application.promise_on END,
            returned_on = CASE WHEN application.state = 'rejected' AND application.approved_on <> r.approved_on THEN $1 ELSE application.returned_on END,
            approved_on = CASE WHEN application.state = 'rejected' THEN r.approved_on ELSE application.approved_on END
         FROM arriving r LEFT JOIN person_alias p ON p.key = r.person
         WHERE application.id = r.present AND application.state IN ('rejected', 'returned', 'accepted')
            AND (r.outcome = 'accepted' OR (r.outcome = 'rejected' AND application.state <> 'accepted'))",
        args![today],
    )
    .await?;
    let accepted = tx
        .rows::<(i64,)>(
            "SELECT a.id FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.outcome = 'accepted' AND a.state IN ('rejected', 'returned', 'accepted') ORDER BY a.id",
            args![],
        )
        .await?;
    tx.stage(accepted.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    wait_for_account(tx).await?;
    let freed = [transition!(APPLICATION, "accepted" => "accepted"), transition!(CARD, "held" => "waiting_account")];
    replace(tx, "accepted", &freed, why, today).await?;
    // A rejected application has no card yet; a returned one has had one.
    let born = [
        transition!(APPLICATION, "rejected" => "accepted"),
        transition!(CARD, "" => "waiting_account"),
        transition!(SOCIAL, "" => "sealed"),
    ];
    replace(tx, "rejected", &born, why, today).await?;
    let back =
        [transition!(APPLICATION, "returned" => "accepted"), transition!(CARD, "no_plastic" => "waiting_account")];
    replace(tx, "returned", &back, why, today).await?;
    answer_late(tx, why).await
}

/// A correction that came after the lapse was refused by its rule; here the applicant is told.
async fn answer_late(tx: &mut Tx, why: Stamp<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>(
            "SELECT DISTINCT a.id FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.outcome = 'rejected' AND a.state = 'lapsed' ORDER BY a.id",
            args![],
        )
        .await?;
    tx.stage(late.into_iter().map(|(id,)| Subject::of(id)).collect()).await?;
    let reason = "a correction came after the lapse; apply anew under another application_id";
    let refused = [transition!(APPLICATION, "lapsed" => "lapsed")];
    move_each(tx, &refused, Along::default(), Stamp { reason, ..why }).await?;
    Ok(())
}

async fn replace(
    tx: &mut Tx,
    from: &'static str,
    transitions: &[Transition],
    why: Stamp<'_>,
    today: Date,
) -> Result<(), LedgerError> {
    let found = tx
        .rows::<(i64, String, Option<String>)>(
            "SELECT a.id, a.promise_on, a.returned_on FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.outcome = 'accepted' AND a.state = $1 ORDER BY a.id",
            args![from],
        )
        .await?;
    for (id, promise_on, returned_on) in found {
        let paused = match returned_on.map(|on| on.parse::<Date>()) {
            Some(Ok(on)) => i64::from((today - on).get_days()),
            _ => 0,
        };
        let promise_on: Date = promise_on.parse().map_err(|_| LedgerError::Shape("promise_on".into()))?;
        let promise_on = promise_on.saturating_add(jiff::Span::new().days(paused));
        tx.run(
            "UPDATE application SET paused_days = paused_days + $2, promise_on = $3, returned_on = NULL, reason = NULL WHERE id = $1",
            args![id, paused, promise_on],
        )
        .await?;
        tx.stage(vec![Subject::of(id)]).await?;
        let along =
            Along { due_on: Some(promise_on), owner: Some("bureau operator"), open: Some(true), ..Along::default() };
        let why = Stamp { reason: "a higher revision was accepted", ..why };
        if move_each(tx, transitions, along, why).await? == 0 {
            // It moved on between two statements of this transaction: the chunk is settled again.
            return Err(lost(&transitions[0], 1, 0));
        }
        if from == "accepted" {
            overtake_photo_cases(tx, &[(id,)], why).await?;
        }
    }
    Ok(())
}
