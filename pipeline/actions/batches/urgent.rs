//! Putting a card that waits for its account into the urgent lane, whose batches are cut earlier. A card that is in a
//! batch stays there.

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::application::Priority;
use cardline_core::state_machines::CARD;

use super::record::record;
use super::refusal::{BatchError, BatchRefusal};
use super::targets::{on_hold_with, stream_within};
use crate::actions::outcome::{Instruction, Outcome};
use crate::args;
use crate::batching::batch_record::{NewBatchAction, record_action, refuse_on_hold};
use crate::batching::schedule::{covers, stream_of};
use crate::row;
use crate::step::Worker;
use crate::store::row_macs::catalog;
use crate::store::scope::in_scope;
use crate::store::transition::{Along, move_one};
use crate::store::{Ledger, LedgerError, Stamp};
use crate::transition;

const URGENT: &str = Priority::Urgent.word();

row! {
    /// A card that waits for an account batch.
    struct Waiting { id: i64, region: String, bank: String, lane: String }
}

/// What it would change.
pub struct UrgentPreview {
    /// The stream in which the card waits.
    pub from: String,
    /// The one in which it would wait.
    pub to: String,
    /// How many cards wait there now.
    pub ahead: i64,
}

/// What it would change to put a card into the urgent lane; none where it is there.
///
/// # Errors
/// The card does not wait for its account within the scope of who asks, its stream or the urgent one is on hold, or the
/// ledger cannot be read.
pub async fn preview_urgent(worker: &Worker, application: &str) -> Result<Option<UrgentPreview>, BatchError> {
    let (card, from, to) = found(worker, application).await?;
    if card.lane == URGENT {
        return Ok(None);
    }
    let mut tx = worker.ledger.read().await?;
    let sql = "SELECT count(*) FROM account_waiting WHERE region = $1 AND bank = $2 AND lane = $3";
    let ahead = tx.number(sql, args![&card.region, &card.bank, URGENT]).await?;
    Ok(Some(UrgentPreview { from, to, ahead }))
}

/// Puts a card into the urgent lane.
///
/// # Errors
/// As of the preview.
pub async fn make_urgent(worker: &Worker, application: &str, by: Instruction<'_>) -> Result<Outcome, BatchError> {
    let (card, from, to) = found(worker, application).await?;
    if card.lane == URGENT {
        return Ok(Outcome::Before(vec![application.into()]));
    }
    let action = record(worker, by, "urgent", Some(&to))?;
    match worker.ledger.move_to_urgent(&card, (&from, &to), application, &action).await? {
        true => Ok(Outcome::Done(vec![application.into()])),
        false => Err(BatchRefusal::NotWaiting { application: application.into() }.into()),
    }
}

/// The card, the stream it waits in, and the urgent one; neither of them is on hold.
async fn found(worker: &Worker, application: &str) -> Result<(Waiting, String, String), BatchError> {
    let not_waiting = || BatchRefusal::NotWaiting { application: application.into() };
    let card = worker.ledger.waiting_for_account(application).await?.ok_or_else(not_waiting)?;
    let name = |lane: &str| {
        stream_of(worker, BatchKind::ACCOUNT, (&card.region, &card.bank, lane)).map(|(stream, _)| stream.name())
    };
    let (Some(from), Some(to)) = (name(&card.lane), name(URGENT)) else { return Err(not_waiting().into()) };
    stream_within(worker, &to)?;
    // Who may not release a stream takes no card out of it, and no card is sent where nothing is cut.
    let holds = worker.ledger.streams_on_hold().await?;
    for stream in [&from, &to] {
        if let Some((hold, _)) = holds.iter().find(|(hold, _)| covers(hold, stream)) {
            return Err(on_hold_with(worker, stream, hold).into());
        }
    }
    Ok((card, from, to))
}

impl Ledger {
    async fn waiting_for_account(&self, application: &str) -> Result<Option<Waiting>, LedgerError> {
        let mut tx = self.read().await?;
        tx.look().await?;
        let sql = concat!(
            "SELECT a.id, a.region, a.bank, a.lane FROM application a JOIN account_waiting w ON w.application = a.id
             WHERE a.application_id = $1 AND ",
            in_scope!("a.bank", "a.region")
        );
        tx.row(sql, args![application]).await
    }

    /// Whether the card still waited where it was found. A cut that took it first leaves nothing to move; one that is
    /// settled afterwards misses it, and is made again (`route/accounts/cut_rows.rs`).
    async fn move_to_urgent(
        &self,
        card: &Waiting,
        (from, to): (&str, &str),
        application: &str,
        action: &NewBatchAction,
    ) -> Result<bool, LedgerError> {
        let mut tx = self.begin().await?;
        refuse_on_hold(&mut tx, from).await?;
        refuse_on_hold(&mut tx, to).await?;
        tx.trust(&catalog::APPLICATION, card.id).await?;
        let moved = tx
            .run(
                "UPDATE account_waiting SET lane = $2 WHERE application = $1 AND lane = $3",
                args![card.id, URGENT, &card.lane],
            )
            .await?;
        if moved == 0 {
            return Ok(false);
        }
        tx.run("UPDATE application SET lane = $2 WHERE id = $1", args![card.id, URGENT]).await?;
        let why = Stamp { at: action.at, actor: &action.actor, reason: "put into the urgent lane" };
        move_one(&mut tx, card.id, transition!(CARD, "waiting_account" => "waiting_account"), Along::default(), why)
            .await?;
        tx.cover_one(&catalog::APPLICATION, card.id).await?;
        record_action(&mut tx, action, None, Some(application)).await?;
        tx.commit().await?;
        Ok(true)
    }
}
