//! The recycling cut: cards whose social function is cancelled and whose plastic is back or gone.

use cardline_core::domain::application::Application;
use cardline_core::domain::{message, name};
use cardline_core::file_formats::{FileKind, FileSpec};
use jiff::Timestamp;

use crate::batching::batch_record::NewBatchAction;
use crate::batching::cut_batch::{CutBatch, QueueSlice};
use crate::batching::cutting;
use crate::batching::cutting::Numbers;
use crate::batching::schedule;
use crate::batching::schedule::{Candidate, DueStream, Kind};
use crate::route::accounts::AccountNumbers;
use crate::route::recycling::cut_rows::ReturnedCard;
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::{Lease, Why};
use crate::time::local_date;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a batch to be, with the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: QueueSlice,
    cards: Vec<ReturnedCard>,
    numbers: Numbers,
    stream: String,
    act: Option<NewBatchAction>,
}

/// What the opening stock keeps encrypted of a card made before this system.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct StockHolder {
    pub name: String,
    pub id_number: String,
}

impl Step for Cut {
    type Unit = DueStream;
    type Claimed<'s> = Claimed;
    type Worked<'s> = (Lease, CutBatch, Vec<ReturnedCard>, Vec<u8>);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<DueStream>, StageError> {
        schedule::due_streams(worker, Kind::Recycling, now).await
    }

    /// A stream whose social functions are not cancelled yet is passed over.
    async fn claim(&self, worker: &Worker, stream: &DueStream, now: Timestamp) -> Result<Claim<Claimed>, StageError> {
        match schedule::take_due(worker, Kind::Recycling, stream, now).await? {
            Claim::Taken((lease, due)) => Ok(claim(worker, &due, lease, None, now).await?.into()),
            other => Ok(other.without()),
        }
    }

    fn work<'s>(&self, worker: &'s Worker, claimed: Claimed, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        let Claimed { lease, group, cards, numbers, stream, act } = claimed;
        let (mut batch, bytes) = request(worker, &group, &cards, &numbers, now)?;
        (batch.stream, batch.act) = (Some(stream), act);
        Ok((lease, batch, cards, bytes))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, batch, cards, bytes): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        worker.objects.freeze("files", &bytes).await?;
        let why = Why { at: now, actor: batch.actor(), reason: "recycling batch cut" };
        worker.ledger.settle_recycling_cut(&lease, &batch, &cards, why).await?;
        Ok(())
    }
}

/// Takes the cards of a stream's next batch under its lease, or gives the lease back.
pub async fn claim(
    worker: &Worker,
    due: &Candidate<'_>,
    lease: Lease,
    act: Option<NewBatchAction>,
    now: Timestamp,
) -> Result<Option<Claimed>, StageError> {
    let Some(group) = due.sections.first() else { return Ok(None) };
    let mut cards = worker.ledger.returned_cards(group, due.batch_cards()).await?;
    // What the bank was asked to destroy by a history that is gone has its case, and waits for it.
    let sent = worker.ledger.sent_before(FileKind::RecyclingRequest.name()).await?;
    cards.retain(|card| !sent.contains(&card.card_number));
    if cards.is_empty() {
        worker.ledger.give_back(&lease).await?;
        return Ok(None);
    }
    let numbers = cutting::numbers(worker, Kind::Recycling, &group.bank, now).await?;
    let stream = due.stream.name();
    Ok(Some(Claimed { lease, group: group.clone(), cards, numbers, stream, act }))
}

/// The batch of these cards and the bytes of its request, under the numbers it will get.
pub fn request(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[ReturnedCard],
    numbers: &Numbers,
    now: Timestamp,
) -> Result<(CutBatch, Vec<u8>), StageError> {
    let Some(partner) = worker.partners.get(&group.bank) else {
        return Err(StageError::Shape(format!("{} is no partner", group.bank)));
    };
    let spec = cutting::spec(partner, FileKind::RecyclingRequest)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &partner.profile, FileKind::RecyclingRequest, today);
    let mut batch = cutting::batch(Kind::Recycling, partner, group, numbers, now, due_on);
    let (mut rows, mut fault) = (Vec::new(), None);
    // A card that cannot be carried goes on waiting; it stops the cut only where no other is left.
    for card in cards {
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
    let plain = worker.keys.decrypt(&card.message)?;
    let holder = holder(&plain)?;
    let numbers: AccountNumbers = serde_json::from_slice(&worker.keys.decrypt(&card.account)?)
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
