//! What a decision moves, in the transaction that records it.

use cardline_core::state_machines::decision::{Decision, OnHold};
use cardline_core::state_machines::{APPLICATION, BATCH, CARD, FILE, SOCIAL};
use jiff::civil::Date;

use super::offers::CaseCard;
use crate::custody::account_waiting::wait_for_account;
use crate::custody::batch_state::locked_state;
use crate::store::row_macs::catalog;
use crate::store::transition::{Along, Subject, Transition, move_all, move_one};
use crate::store::{LedgerError, Stamp, Tx};
use crate::time::local_date;
use crate::{args, transition};

/// The days a decision sets, reckoned in the working calendar.
#[derive(Clone, Copy)]
pub struct DecisionDates {
    /// A card that waits again is in a batch by this day.
    pub again_on: Date,
    /// The bureau has reported a card that it makes once more.
    pub remade_on: Date,
    /// An account is in a recycling batch.
    pub closed_on: Date,
}

/// Moves a card on hold as it was decided.
pub(super) async fn move_card(
    tx: &mut Tx,
    card: &CaseCard,
    on_hold: &OnHold<'_>,
    decision: Decision,
    dates: &DecisionDates,
    why: Stamp<'_>,
) -> Result<(), LedgerError> {
    let Some(to) = decision.moves_to(on_hold) else { return Ok(()) };
    let out = Transition::between(&CARD, "held", to)?;
    match decision {
        Decision::AskBank => wait_again(tx, card, dates, why, out).await,
        Decision::GoOn => go_on(tx, card, dates, why, out).await,
        Decision::Remake => remake(tx, card, dates, why, out).await,
        Decision::End => {
            let ended =
                [transition!(APPLICATION, "accepted" => "refused"), out, transition!(SOCIAL, "sealed" => "cancelled")];
            let along = Along { owner: Some("nobody"), open: Some(false), ..Along::default() };
            move_all(tx, &[card.id], &ended, along, why).await
        }
        Decision::Close => close(tx, card, on_hold, dates, why, out).await,
        Decision::RefuseFile | Decision::Noted => Ok(()),
    }
}

/// A file on hold has no effect, for good. What it kept from being sent again may go.
pub(super) async fn refuse_file(tx: &mut Tx, file: i64, why: Stamp<'_>) -> Result<(), LedgerError> {
    let along = Along { owner: Some("nobody"), ..Along::default() };
    move_one(tx, file, transition!(FILE, "held" => "refused"), along, why).await?;
    tx.run("DELETE FROM sent_before WHERE file = $1", args![file]).await?;
    Ok(())
}

/// Why a card was on hold is no more.
async fn forget_reason(tx: &mut Tx, card: &CaseCard) -> Result<(), LedgerError> {
    tx.run("UPDATE application SET reason = NULL WHERE id = $1", args![card.id]).await?;
    Ok(())
}

/// It waits for an account batch, as if it had been in none. If its photo was at fault, the promise clock did not
/// stand still: nobody asked the holder.
async fn wait_again(
    tx: &mut Tx,
    card: &CaseCard,
    dates: &DecisionDates,
    why: Stamp<'_>,
    out: Transition,
) -> Result<(), LedgerError> {
    tx.run("UPDATE application SET returned_on = NULL WHERE id = $1", args![card.id]).await?;
    tx.stage(vec![Subject::of(card.id)]).await?;
    wait_for_account(tx).await?;
    let promised = card.promise_on.parse().unwrap_or(dates.again_on);
    let due_on = Some(promised.max(dates.again_on));
    move_one(tx, card.id, out, Along { due_on, owner: Some("bureau operator"), ..Along::default() }, why).await?;
    forget_reason(tx, card).await
}

/// It goes on with what it came into last, which has its own deadline, and waits for it.
async fn go_on(
    tx: &mut Tx,
    card: &CaseCard,
    dates: &DecisionDates,
    why: Stamp<'_>,
    out: Transition,
) -> Result<(), LedgerError> {
    move_one(tx, card.id, out, Along::default(), why).await?;
    forget_reason(tx, card).await?;
    if let Some(shipment) = card.shipment {
        // All others may have left it, and its window may have ended: it stays open for as long as the case had days.
        tx.run(
            "UPDATE shipment SET done = FALSE, due_on = CASE WHEN due_on < $2 THEN $2 ELSE due_on END,
                window_last = CASE WHEN window_last < $3 THEN $2 ELSE window_last END WHERE id = $1",
            args![shipment, dates.again_on, local_date(why.at)],
        )
        .await?;
    } else if card.production_batch.is_none() {
        tx.run(
            "UPDATE batch SET to_produce = to_produce + 1, due_on = CASE WHEN due_on < $2 THEN $2 ELSE due_on END WHERE id = $1",
            args![card.account_batch, dates.again_on],
        )
        .await?;
    }
    Ok(())
}

/// Its last spoilage is one that is made good: the bureau owes the card again, and its batch waits for it.
async fn remake(
    tx: &mut Tx,
    card: &CaseCard,
    dates: &DecisionDates,
    why: Stamp<'_>,
    out: Transition,
) -> Result<(), LedgerError> {
    let Some(batch) = card.production_batch else {
        return Err(LedgerError::Shape("a spoiled card without its batch".into()));
    };
    let state = locked_state(tx, batch).await?;
    tx.run("UPDATE spoilage SET remade = TRUE WHERE application = $1 AND NOT remade", args![card.id]).await?;
    tx.cover(&catalog::SPOILAGE, "application = $1", args![card.id]).await?;
    tx.run(
        "UPDATE batch SET remakes = remakes + 1, answered = answered - 1, due_on = CASE WHEN due_on < $2 THEN $2 ELSE due_on END WHERE id = $1",
        args![batch, dates.remade_on],
    )
    .await?;
    if state == "answered" {
        let along = Along { due_on: Some(dates.remade_on), owner: Some("partner"), ..Along::default() };
        move_one(tx, batch, transition!(BATCH, "answered" => "part_answered"), along, why).await?;
    }
    move_one(tx, card.id, out, Along::default(), why).await?;
    forget_reason(tx, card).await
}

/// Its social function ends, if it has not, and it waits for a recycling batch. Why it ends goes with it to the bank.
async fn close(
    tx: &mut Tx,
    card: &CaseCard,
    on_hold: &OnHold<'_>,
    dates: &DecisionDates,
    why: Stamp<'_>,
    out: Transition,
) -> Result<(), LedgerError> {
    let along = Along { due_on: Some(dates.closed_on), owner: Some("administrator"), ..Along::default() };
    if on_hold.is_ending {
        return move_all(tx, &[card.id], &[out], along, why).await;
    }
    let reason = if on_hold.failed { "damaged" } else { "never_collected" };
    let ended = [out, transition!(SOCIAL, "sealed" => "cancelled")];
    move_all(tx, &[card.id], &ended, Along { reason: Some(reason.into()), ..along }, why).await
}
