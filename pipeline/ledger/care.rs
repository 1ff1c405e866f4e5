//! What is overdue, and what becomes of it: a new deadline, an owner, and a case where a person must
//! look.

use cardline_core::lives::{APPLICATION, CASE, SOCIAL};
use jiff::civil::Date;

use super::cases::open_case;
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

const OVERDUE: &[&str] = &[
    "SELECT count(*) FROM batch WHERE due_on < $1 AND state <> 'answered'",
    "SELECT count(*) FROM batch WHERE due_on < $1 AND to_produce > 0",
    "SELECT count(*) FROM shipment WHERE due_on < $1 AND NOT done",
    "SELECT count(*) FROM application WHERE due_on < $1 AND place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle')",
    "SELECT count(*) FROM application WHERE due_on < $1 AND queue IS NOT NULL",
    "SELECT count(*) FROM application WHERE due_on < $1 AND state = 'returned'",
    "SELECT count(*) FROM desk_case WHERE due_on < $1 AND state IN ('open', 'escalated')",
    "SELECT count(*) FROM message WHERE due_on < $1 AND outcome = 'waiting'",
];

impl Ledger {
    /// Whether anything unfinished has let its day pass.
    pub async fn anything_overdue(&self, today: Date) -> Result<bool, LedgerError> {
        let mut tx = self.read().await?;
        for sql in OVERDUE {
            if tx.number(sql, args![today]).await? > 0 {
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
        lapse_returned(&mut tx, dates, why).await?;
        look_at_cards(&mut tx, dates, why).await?;
        escalate(&mut tx, dates, why).await?;
        tx.run(
            "UPDATE message SET outcome = 'quarantined', reason = 'REVISION-GAP-LAPSED', due_on = NULL WHERE outcome = 'waiting' AND due_on < $1",
            args![dates.today],
        )
        .await?;
        spend(&mut tx, lease).await?;
        tx.commit().await
    }
}

/// A partner that does not answer is chased; the batch keeps one live deadline.
async fn chase_batches(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64, Option<i64>)>(
            "SELECT b.id, f.id FROM batch b LEFT JOIN file f ON f.batch = b.id AND f.direction = 'out'
             WHERE b.id IN (SELECT id FROM batch WHERE due_on < $1 AND state <> 'answered'
                UNION SELECT id FROM batch WHERE due_on < $1 AND to_produce > 0) ORDER BY b.id",
            args![dates.today],
        )
        .await?;
    for (batch, file) in late {
        tx.run("UPDATE batch SET due_on = $2 WHERE id = $1", args![batch, dates.chase_on]).await?;
        chase(tx, None, file, "an answer is overdue; the partner is chased", dates, why).await?;
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
                AND (application = $1 OR (application IS NULL AND $1 IS NULL)) AND (file = $2 OR $2 IS NULL)",
            args![application, file],
        )
        .await?;
    if open == 0 {
        open_case(tx, application, file, reason, dates.case_on, "bureau operator", why).await?;
    }
    Ok(())
}

async fn lapse_returned(tx: &mut Tx, dates: CareDates, why: Why<'_>) -> Result<(), LedgerError> {
    let late = tx
        .rows::<(i64,)>(
            "SELECT id FROM application WHERE state = 'returned' AND due_on < $1 ORDER BY id",
            args![dates.today],
        )
        .await?;
    tx.stage(&SUBJECT, late.into_iter().map(|(id,)| subject(id)).collect()).await?;
    let steps = [
        Step { life: &APPLICATION, from: "returned", to: "lapsed" },
        Step { life: &SOCIAL, from: "sealed", to: "cancelled" },
    ];
    let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
    move_each(tx, &steps, along, Why { reason: "not corrected in time", ..why }).await?;
    Ok(())
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
