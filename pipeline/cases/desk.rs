//! Cases: what a person must decide, each with a deadline and an owner.

use cardline_core::state_machines::{CARD, CASE};
use jiff::civil::Date;

use crate::limits::ROW_CASES_MAX;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, Transition, move_each, move_one, write_move};
use crate::store::{LedgerError, Stamp, Tx};
use crate::{args, transition};

/// Opens a case about a card, a file, or both.
pub async fn open_case(
    tx: &mut Tx,
    application: Option<i64>,
    file: Option<i64>,
    reason: &str,
    due_on: Date,
    owner: &str,
    why: Stamp<'_>,
) -> Result<i64, LedgerError> {
    let id = tx
        .run_returning::<(i64,)>(
            "INSERT INTO desk_case (application, file, state, reason, due_on, owner) VALUES ($1, $2, 'open', $3, $4, $5) RETURNING id",
            args![application, file, reason, due_on, owner],
        )
        .await?;
    let id = id.first().map(|(id,)| *id).ok_or_else(|| LedgerError::Shape("case id".into()))?;
    tx.cover_one(&catalog::CASE, id).await?;
    write_move(tx, id, transition!(CASE, "" => "open"), Stamp { reason, ..why }).await?;
    Ok(id)
}

/// A row of a partner's file that is about nothing we asked.
pub struct UnmatchedRow {
    pub line: usize,
    /// What is wrong; never a value.
    pub message: &'static str,
}

/// Opens a case for each row of a file that is about nothing we asked; many of them share the last one.
pub(crate) async fn open_row_cases(
    tx: &mut Tx,
    file: i64,
    rows: &[UnmatchedRow],
    due_on: Date,
    owner: &str,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let shown = rows.len().min(ROW_CASES_MAX);
    for row in &rows[..shown] {
        let reason = format!("line {}: {}", row.line, row.message);
        open_case(tx, None, Some(file), &reason, due_on, owner, why).await?;
    }
    if rows.len() > shown {
        let reason = format!("{} more rows of this file are about nothing that was asked", rows.len() - shown);
        open_case(tx, None, Some(file), &reason, due_on, owner, why).await?;
    }
    Ok(())
}

/// A partner's late answer came, or is not asked for any more: cases that only chased it are settled.
pub(crate) async fn overtake(tx: &mut Tx, batch: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    let any = tx
        .number(
            "SELECT count(*) FROM file f JOIN desk_case k ON k.file = f.id WHERE f.batch = $1 AND f.direction = 'out'",
            args![batch],
        )
        .await?;
    if any == 0 {
        return Ok(());
    }
    let chased = tx
        .rows::<(i64,)>(
            "SELECT k.id FROM file f JOIN desk_case k ON k.file = f.id AND k.application IS NULL
                AND k.state IN ('open', 'escalated')
             WHERE f.batch = $1 AND f.direction = 'out' ORDER BY k.id",
            args![batch],
        )
        .await?;
    overtake_cases(tx, &chased, why).await
}

/// Open cases of this reason about what is in `subject`.
pub(crate) async fn cases_of_subjects(tx: &mut Tx, reason: &str) -> Result<Vec<(i64,)>, LedgerError> {
    let sql = "SELECT k.id FROM subject s JOIN desk_case k ON k.application = s.id
        WHERE k.reason = $1 AND k.state IN ('open', 'escalated') ORDER BY k.id";
    tx.rows(sql, args![reason]).await
}

/// Later facts settled these cases; those that a person decided before stay as they are.
pub(crate) async fn overtake_cases(tx: &mut Tx, cases: &[(i64,)], why: Stamp<'_>) -> Result<(), LedgerError> {
    if cases.is_empty() {
        return Ok(());
    }
    for transition in [transition!(CASE, "open" => "overtaken"), transition!(CASE, "escalated" => "overtaken")] {
        // A move leaves in `subject` only what stood where it began.
        tx.stage(cases.iter().map(|(id,)| Subject::of(*id)).collect()).await?;
        let along = Along { owner: Some("nobody"), ..Along::default() };
        move_each(tx, &[transition], along, why).await?;
    }
    Ok(())
}

/// Cards that no file can carry wait for a person, each with its reason.
pub(crate) async fn hold_cards(
    tx: &mut Tx,
    on_hold: &[(i64, String)],
    from: &'static str,
    due_on: Date,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let transition = Transition::between(&CARD, from, "held")?;
    for (id, reason) in on_hold {
        tx.run("DELETE FROM account_waiting WHERE application = $1", args![*id]).await?;
        let along = Along {
            due_on: Some(due_on),
            owner: Some("bureau operator"),
            reason: Some(reason.clone()),
            ..Along::default()
        };
        move_one(tx, *id, transition, along, Stamp { reason, ..why }).await?;
        open_case(tx, Some(*id), None, reason, due_on, "bureau operator", why).await?;
    }
    Ok(())
}
