//! What is overdue, and what becomes of it: a new deadline, an owner, and a case where a person must
//! look.

use cardline_core::lives::{APPLICATION, CASE, SOCIAL};
use jiff::civil::Date;

use super::approvals::lapse_approvals;
use super::cases::{open_case, overtake_cases};
use super::engine::Tx;
use super::moves::{Along, SUBJECT, Step, Why, move_each, subject};
use super::{Lease, Ledger, LedgerError, spend};
use crate::args;

/// The dates that follow a missed deadline.
#[derive(Clone, Copy)]
pub struct CareDates {
    pub today: Date,
    /// A partner is asked again by this day.
    pub chase_on: Date,
    /// A person decides by this day.
    pub case_on: Date,
}

/// The case about messages nobody looked at; one is enough, `cardline quarantine list` shows them.
pub(super) const QUARANTINE_LIES: &str = "messages lie in the quarantine past their day";

/// Kind, how many let their day pass, and the earliest day, of things that stand in `$from`.
macro_rules! unfinished {
    ($kind:literal, $from:literal) => {
        ($kind, concat!("SELECT count(*) FROM ", $from, " AND due_on < $1"), concat!("SELECT min(due_on) FROM ", $from))
    };
}

/// Everything that has a deadline, kind by kind.
pub(super) const UNFINISHED: &[(&str, &str, &str)] = &[
    unfinished!("batch", "batch WHERE state <> 'answered' AND state <> 'cancelled'"),
    unfinished!("production", "batch WHERE to_produce > 0"),
    unfinished!("shipment", "shipment WHERE NOT done"),
    unfinished!(
        "card",
        "application WHERE place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle')"
    ),
    unfinished!("waiting-card", "application WHERE queue IS NOT NULL"),
    unfinished!("application", "application WHERE state IN ('returned', 'rejected')"),
    unfinished!("case", "desk_case WHERE state IN ('open', 'escalated')"),
    unfinished!("message", "message WHERE due_on IS NOT NULL AND act = 0"),
    unfinished!("approval", "approval WHERE state IN ('asked', 'given')"),
];

impl Ledger {
    /// Whether anything unfinished has let its day pass.
    pub async fn anything_overdue(&self, today: Date) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        for (_, overdue, _) in UNFINISHED {
            if tx.number(overdue, args![today]).await? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Gives everything overdue its next deadline.
    pub async fn settle_overdue(&self, lease: &Lease, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
        let mut tx = self.begin().await?;
        chase_batches(&mut tx, dates, why).await?;
        chase_shipments(&mut tx, dates, why).await?;
        lapse(&mut tx, dates, why).await?;
        look_at_cards(&mut tx, dates, why).await?;
        escalate(&mut tx, dates, why).await?;
        look_at_quarantine(&mut tx, dates, why).await?;
        lapse_approvals(&mut tx, dates.today, why).await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A partner that does not answer is chased, and a held batch is pointed out; it keeps one live deadline.
async fn chase_batches(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, Option<i64>, String)>(
            "SELECT b.id, f.id, b.state FROM batch b LEFT JOIN file f ON f.batch = b.id AND f.direction = 'out'
             WHERE b.id IN (SELECT id FROM batch WHERE due_on < $1 AND state <> 'answered' AND state <> 'cancelled'
                UNION SELECT id FROM batch WHERE due_on < $1 AND to_produce > 0) ORDER BY b.id",
            args![dates.today],
        )
        .await?;
    for (batch, file, state) in late {
        tx.run("UPDATE batch SET due_on = $2 WHERE id = $1", args![batch, dates.chase_on]).await?;
        let reason = if state == "held" {
            "a held batch waits to be released or cancelled"
        } else {
            "an answer is overdue; the partner is chased"
        };
        chase(tx, None, file, reason, dates, why).await?;
    }
    Ok(())
}

async fn chase_shipments(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, i64)>(
            "SELECT id, manifest FROM shipment WHERE due_on < $1 AND NOT done AND place <> 'on_shelf' ORDER BY id",
            args![dates.today],
        )
        .await?;
    for (shipment, manifest) in late {
        tx.run("UPDATE shipment SET due_on = $2 WHERE id = $1", args![shipment, dates.chase_on]).await?;
        chase(tx, None, Some(manifest), "a shipment is overdue; the carrier is chased", dates, why).await?;
    }
    Ok(())
}

/// One open case per thing is enough.
async fn chase(
    tx: &mut Tx,
    application: Option<i64>,
    file: Option<i64>,
    reason: &str,
    dates: CareDates,
    why: Why<'_>,
) -> Result<(), LedgerError> {
    let open = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated')
                AND (application = $1 OR (application IS NULL AND $1 IS NULL AND reason = $3)) AND (file = $2 OR $2 IS NULL)",
            args![application, file, reason],
        )
        .await?;
    if open == 0 {
        open_case(tx, application, file, reason, dates.case_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Not corrected in time: a returned application had a card under way, a rejected one never had.
async fn lapse(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let returned = [
        Step { life: &APPLICATION, from: "returned", to: "lapsed" },
        Step { life: &SOCIAL, from: "sealed", to: "cancelled" },
    ];
    let rejected = [Step { life: &APPLICATION, from: "rejected", to: "lapsed" }];
    for steps in [&returned[..], &rejected[..]] {
        let late = tx
            .rows::<(i64,)>(
                "SELECT id FROM application WHERE state IN ('returned', 'rejected') AND state = $2 AND due_on < $1 ORDER BY id",
                args![dates.today, steps[0].from],
            )
            .await?;
        tx.stage(&SUBJECT, late.into_iter().map(|(id,)| subject(id)).collect()).await?;
        let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
        move_each(tx, steps, along, Why { reason: "not corrected in time", ..why }).await?;
    }
    Ok(())
}

/// A correction that came after the lapse was refused by its rule; here the applicant is told.
pub(super) async fn answer_late(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>(
            "SELECT DISTINCT a.id FROM arriving r JOIN application a ON a.id = r.present
             WHERE r.verdict = 'rejected' AND a.state = 'lapsed' ORDER BY a.id",
            args![],
        )
        .await?;
    tx.stage(&SUBJECT, late.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let reason = "a correction came after the lapse; apply anew under another application_id";
    let refused = [Step { life: &APPLICATION, from: "lapsed", to: "lapsed" }];
    move_each(tx, &refused, Along::default(), Why { reason, ..why }).await?;
    Ok(())
}

/// What waited in vain is a person's now; what a person left lying is somebody's case.
async fn look_at_quarantine(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    tx.run(
        "UPDATE message SET outcome = 'quarantined', due_on = $2,
            reason = CASE WHEN revision IS NULL THEN 'WITHDRAWAL-LAPSED' ELSE 'REVISION-GAP-LAPSED' END
         WHERE outcome = 'waiting' AND act = 0 AND due_on < $1",
        args![dates.today, dates.case_on],
    )
    .await?;
    let late = tx
        .run("UPDATE message SET due_on = $2 WHERE due_on < $1 AND act = 0", args![dates.today, dates.case_on])
        .await?;
    let told = tx
        .number(
            "SELECT count(*) FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1",
            args![QUARANTINE_LIES],
        )
        .await?;
    if late > 0 && told == 0 {
        open_case(tx, None, None, QUARANTINE_LIES, dates.case_on, "bureau operator", why).await?;
    }
    Ok(())
}

/// Nobody needs to look any more once no message lies in the quarantine for a person.
pub(super) async fn quarantine_looked_at(tx: &mut Tx, why: Why<'_>) -> Result<(), LedgerError> {
    let open = tx
        .rows::<(i64,)>(
            "SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND reason = $1
                AND NOT EXISTS (SELECT 1 FROM message WHERE due_on IS NOT NULL AND act = 0 AND outcome <> 'waiting')
             ORDER BY id",
            args![QUARANTINE_LIES],
        )
        .await?;
    overtake_cases(tx, &open, Why { reason: "the quarantine was looked through", ..why }).await
}

async fn look_at_cards(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>(
            "SELECT id FROM application WHERE due_on < $1 AND queue IS NOT NULL
             UNION SELECT id FROM application WHERE due_on < $1
                AND place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle') ORDER BY 1",
            args![dates.today],
        )
        .await?;
    for (id,) in late {
        tx.run("UPDATE application SET due_on = $2 WHERE id = $1", args![id, dates.case_on]).await?;
        chase(tx, Some(id), None, "a card waits longer than it may", dates, why).await?;
    }
    Ok(())
}

async fn escalate(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>("SELECT id FROM desk_case WHERE state IN ('open', 'escalated') AND state = 'open' AND due_on < $1 ORDER BY id", args![dates.today])
        .await?;
    tx.stage(&SUBJECT, late.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let along = Along { due_on: Some(dates.case_on), owner: Some("administrator"), ..Along::default() };
    let reason = "not decided by its deadline";
    move_each(tx, &[Step { life: &CASE, from: "open", to: "escalated" }], along, Why { reason, ..why }).await?;
    tx.run(
        "UPDATE desk_case SET due_on = $2 WHERE state IN ('open', 'escalated') AND state = 'escalated' AND due_on < $1",
        args![dates.today, dates.case_on],
    )
    .await?;
    Ok(())
}
