//! The recycling cut: cards whose social function is cancelled and whose plastic is back or gone.

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::application::Application;
use cardline_core::domain::{message, name};
use cardline_core::file_formats::{FileKind, FileSpec};
use jiff::Timestamp;
use jiff::civil::Date;

use super::cut_rows::{ReturnedCard, back_to_recycling, cut_recycling};
use crate::batching::cut_batch::{CutBatch, QueueSlice};
use crate::batching::cutting::{self, Numbers};
use crate::batching::kind::{CutKind, CutStep, Rendered};
use crate::crypto::keys::RecordOf;
use crate::route::accounts::AccountNumbers;
use crate::step::{Progress, StageError, Worker};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;

/// Recycling batches, one region and bank each.
pub struct Recycling;

/// The step; one batch at a time.
pub type Cut = CutStep<Recycling>;

/// What the opening stock keeps encrypted of a card made before this system.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct StockHolder {
    pub name: String,
    pub id_number: String,
}

impl CutKind for Recycling {
    const KIND: BatchKind = BatchKind::RECYCLING;
    const RENUMBERS: bool = true;
    type Card = ReturnedCard;
    type Supply = ();
    type Rows = Vec<ReturnedCard>;

    async fn waiting(ledger: &Ledger) -> Result<Vec<QueueSlice>, LedgerError> {
        ledger.waiting_recycling().await
    }

    /// What the bank was asked to destroy by a history that is gone has its case, and waits for it.
    async fn first(worker: &Worker, slices: &[QueueSlice], most: i64) -> Result<Vec<ReturnedCard>, StageError> {
        let Some(slice) = slices.first() else { return Ok(Vec::new()) };
        let mut cards = worker.ledger.returned_cards(slice, most).await?;
        let sent = worker.ledger.sent_before(FileKind::RecyclingRequest.name()).await?;
        cards.retain(|card| !sent.contains(&card.card_number));
        Ok(cards)
    }

    async fn members(ledger: &Ledger, batch: i64) -> Result<Vec<ReturnedCard>, LedgerError> {
        ledger.batch_to_recycle(batch).await
    }

    async fn supply(_: &Worker, _: &[ReturnedCard], _: &Progress) -> Result<(), StageError> {
        Ok(())
    }

    fn render(
        worker: &Worker,
        slice: &QueueSlice,
        cards: Vec<ReturnedCard>,
        numbers: &Numbers,
        _: &mut (),
        (progress, now): (&Progress, Timestamp),
    ) -> Result<Rendered<Vec<ReturnedCard>>, StageError> {
        let (cut, bytes) = request(worker, slice, &cards, numbers, (progress, now))?;
        Ok(Rendered { cut, rows: cards, bytes })
    }

    fn renumber(
        worker: &Worker,
        rendered: &mut Rendered<Vec<ReturnedCard>>,
        numbers: &Numbers,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let at = (&Progress::unwatched(), now);
        let (cut, bytes) = request(worker, &rendered.cut.group, &rendered.rows, numbers, at)?;
        (rendered.cut, rendered.bytes) = (CutBatch { stream: rendered.cut.stream.take(), ..cut }, bytes);
        Ok(())
    }

    async fn write<'t>(
        tx: &'t mut Tx,
        cut: &'t CutBatch,
        cards: &'t Vec<ReturnedCard>,
        why: Stamp<'t>,
    ) -> Result<(), LedgerError> {
        cut_recycling(tx, cut, cards, why).await
    }

    async fn take_back<'t>(tx: &'t mut Tx, batch: i64, again_on: Date, why: Stamp<'t>) -> Result<(), LedgerError> {
        back_to_recycling(tx, batch, again_on, why).await
    }
}

/// The batch of these cards and the bytes of its request, under the numbers it will get.
fn request(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[ReturnedCard],
    numbers: &Numbers,
    (progress, now): (&Progress, Timestamp),
) -> Result<(CutBatch, Vec<u8>), StageError> {
    let Some(partner) = worker.partners.get(&group.bank) else {
        return Err(StageError::Shape(format!("{} is no partner", group.bank)));
    };
    let spec = cutting::spec(partner, FileKind::RecyclingRequest)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &partner.profile, FileKind::RecyclingRequest, today);
    let mut batch = cutting::batch(BatchKind::RECYCLING, partner, group, numbers, now, due_on);
    let (mut rows, mut fault) = (Vec::new(), None);
    // A card that cannot be carried goes on waiting; it stops the cut only where no other is left.
    for card in cards {
        progress.advance(1);
        match row(worker, spec, card, rows.len() + 1) {
            Ok(row) => {
                rows.push(row);
                batch.members.push(card.id);
            }
            Err(error) => {
                tracing::error!(%error, "a card waits for the next recycling batch");
                fault.get_or_insert(error);
            }
        }
    }
    if let (true, Some(fault)) = (rows.is_empty(), fault) {
        return Err(fault);
    }
    let bytes = cutting::render(spec, &cutting::control(numbers, &group.region, rows.len()), &rows)?;
    let rendering = cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &bytes };
    batch.file = Some(cutting::frozen(partner, spec, numbers, &rendering, today, due_on)?);
    Ok((batch, bytes))
}

/// One row of the request, in the bank's columns. Every card here had its name and number carried by a file
/// before, so a row that cannot be rendered is a fault of the profile or a damaged record.
fn row(worker: &Worker, spec: &FileSpec, card: &ReturnedCard, number: usize) -> Result<Vec<String>, StageError> {
    let plain = worker.keys.decrypt_of(RecordOf::Message(card.message_id), &card.message)?;
    let holder = holder(&plain)?;
    let numbers: AccountNumbers =
        serde_json::from_slice(&worker.keys.decrypt_of(RecordOf::Account(card.id), &card.account)?)
            .map_err(|_| StageError::Shape("account numbers".into()))?;
    let value = |field: &str| match field {
        "row" => Some(number.to_string()),
        "reason" => Some(reason(&card.reason).into()),
        "card_number" => Some(card.card_number.clone()),
        "account" => Some(numbers.account.clone()),
        "name" => Some(holder.name.clone()),
        "id_number" => Some(holder.id_number.clone()),
        "social_cancelled_on" => Some(card.social_cancelled_on.clone()),
        "balance_handling" => Some("transfer".into()),
        "plastic" => Some(card.plastic.clone()),
        "outlet" => Some(card.outlet.clone()),
        "operator" => Some("scheduler".into()),
        _ => None,
    };
    spec.arrange(value).and_then(|row| spec.check_row(&row).map(|()| row)).map_err(|fault| {
        StageError::Shape(format!("{}: {} in {}: {}", card.card_number, fault.code.code(), fault.field, fault.message))
    })
}

fn holder(plain: &[u8]) -> Result<StockHolder, StageError> {
    if let Ok(stock) = serde_json::from_slice::<StockHolder>(plain) {
        return Ok(stock);
    }
    let application: Application<'_> = match message::decode(plain) {
        Ok(decoded) => decoded.application,
        Err(_) => {
            return Err(StageError::Shape("the stored application cannot be read".into()));
        }
    };
    let name = name::normalise(&application.holder.name).map_or_else(|_| String::new(), |n| n.text.to_string());
    Ok(StockHolder { name, id_number: application.holder.id_number.to_string() })
}

/// Our word of the reason why a card ends (domain.md §5).
fn reason(of: &str) -> &str {
    match of {
        "exchange" | "adult_renewal" => "exchange",
        "bank_change" | "never_collected" | "death" | "going_abroad" | "damaged" => of,
        _ => "replacement",
    }
}
