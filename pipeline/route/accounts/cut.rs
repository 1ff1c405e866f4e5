//! The account cut: a homogeneous batch, in the order of application ids, and its request file.

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::application::{Application, Text};
use cardline_core::domain::message;
use cardline_core::file_formats::{FileKind, FileSpec};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::cut_rows::{WaitingCard, back_to_accounts, cut_accounts};
use crate::batching::cut_batch::{CutBatch, QueueSlice};
use crate::batching::cutting::{self, Numbers};
use crate::batching::kind::{CutKind, CutStep, Rendered};
use crate::batching::schedule::DueStream;
use crate::crypto::keys::RecordOf;
use crate::step::{Progress, StageError, Worker};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;

/// Account batches, one region, bank and lane each.
pub struct Accounts;

/// The step; one batch at a time.
pub type Cut = CutStep<Accounts>;

impl CutKind for Accounts {
    const KIND: BatchKind = BatchKind::ACCOUNT;
    const RENUMBERS: bool = true;
    type Card = WaitingCard;
    type Supply = ();
    /// Of the file, as they were arranged.
    type Rows = Vec<Vec<String>>;

    async fn waiting(ledger: &Ledger) -> Result<Vec<QueueSlice>, LedgerError> {
        ledger.waiting_accounts().await
    }

    /// Not the whole queue of a province for each of its batches.
    async fn waiting_in(ledger: &Ledger, stream: &DueStream) -> Result<Vec<QueueSlice>, LedgerError> {
        ledger.waiting_accounts_of(&stream.slices, stream.full).await
    }

    async fn first(worker: &Worker, slices: &[QueueSlice], most: i64) -> Result<Vec<WaitingCard>, StageError> {
        match slices.first() {
            Some(slice) => Ok(worker.ledger.waiting_cards(slice, most).await?),
            None => Ok(Vec::new()),
        }
    }

    async fn members(ledger: &Ledger, batch: i64) -> Result<Vec<WaitingCard>, LedgerError> {
        ledger.batch_to_open(batch).await
    }

    async fn supply(_: &Worker, _: &[WaitingCard], _: &Progress) -> Result<(), StageError> {
        Ok(())
    }

    fn render(
        worker: &Worker,
        slice: &QueueSlice,
        cards: Vec<WaitingCard>,
        numbers: &Numbers,
        _: &mut (),
        (progress, now): (&Progress, Timestamp),
    ) -> Result<Rendered<Vec<Vec<String>>>, StageError> {
        request(worker, slice, &cards, numbers, (progress, now))
    }

    fn renumber(
        worker: &Worker,
        rendered: &mut Rendered<Vec<Vec<String>>>,
        numbers: &Numbers,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let Rendered { cut, rows, bytes } = rendered;
        (cut.number, cut.counter) = (numbers.batch.clone(), numbers.batch_counter.clone());
        *bytes = file_of(worker, cut, rows, numbers, now)?;
        Ok(())
    }

    async fn write<'t>(
        tx: &'t mut Tx,
        cut: &'t CutBatch,
        _: &'t Vec<Vec<String>>,
        why: Stamp<'t>,
    ) -> Result<(), LedgerError> {
        cut_accounts(tx, cut, why).await
    }

    async fn take_back<'t>(tx: &'t mut Tx, batch: i64, again_on: Date, why: Stamp<'t>) -> Result<(), LedgerError> {
        back_to_accounts(tx, batch, again_on, why).await
    }
}

/// The batch of these cards and the bytes of its request, under the numbers it will get.
fn request(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[WaitingCard],
    numbers: &Numbers,
    (progress, now): (&Progress, Timestamp),
) -> Result<Rendered<Vec<Vec<String>>>, StageError> {
    let Some(partner) = worker.partners.get(&group.bank) else {
        return Err(StageError::Shape(format!("{} is no partner", group.bank)));
    };
    let spec = cutting::spec(partner, FileKind::AccountRequest)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &partner.profile, FileKind::AccountRequest, today);
    let mut batch = cutting::batch(BatchKind::ACCOUNT, partner, group, numbers, now, due_on);
    let arranged: Vec<Result<Vec<String>, String>> = cards
        .par_iter()
        .map(|card| {
            let row = row(worker, spec, card);
            progress.advance(1);
            row
        })
        .collect();
    let mut rows = Vec::new();
    for (card, arranged) in cards.iter().zip(arranged) {
        match arranged {
            _ if numbers.sent_before.contains(&card.application_id) => {
                batch.on_hold.push((card.id, cutting::SENT_BEFORE.into()));
            }
            Ok(row) => {
                batch.members.push(card.id);
                rows.push(row);
            }
            Err(reason) => batch.on_hold.push((card.id, reason)),
        }
    }
    cutting::refuse_if_none_opens(&batch)?;
    batch.group.oldest = cards.iter().map(|card| &card.approved_on).min().cloned().unwrap_or_default();
    // Row numbers are those of the file, so they are given once it is known who is in it.
    let place = spec.column("row").unwrap_or(0);
    for (number, row) in rows.iter_mut().enumerate() {
        row[place] = (number + 1).to_string();
    }
    let mut bytes = Vec::new();
    if !rows.is_empty() {
        bytes = file_of(worker, &mut batch, &rows, numbers, now)?;
    }
    Ok(Rendered { cut: batch, rows, bytes })
}

/// The bytes of these rows under their numbers, which the batch gets with them.
fn file_of(
    worker: &Worker,
    batch: &mut CutBatch,
    rows: &[Vec<String>],
    numbers: &Numbers,
    now: Timestamp,
) -> Result<Vec<u8>, StageError> {
    let Some(partner) = worker.partners.get(&batch.partner) else {
        return Err(StageError::Shape(format!("{} is no partner", batch.partner)));
    };
    let spec = cutting::spec(partner, FileKind::AccountRequest)?;
    let region = &batch.group.region;
    let bytes = cutting::render(spec, &cutting::control(numbers, region, rows.len()), rows)?;
    let rendering = cutting::Rendering { region, rows: rows.len(), bytes: &bytes };
    batch.file = Some(cutting::frozen(partner, spec, numbers, &rendering, local_date(now), batch.due_on)?);
    Ok(bytes)
}

/// One row of the request, in the bank's columns; or why no file can carry it.
pub(super) fn row(worker: &Worker, spec: &FileSpec, card: &WaitingCard) -> Result<Vec<String>, String> {
    let plain =
        worker.keys.decrypt_of(RecordOf::Message(card.message), &card.encrypted).map_err(|_| cutting::CANNOT_OPEN)?;
    let decoded = message::decode(&plain).map_err(|_| "the stored application cannot be read")?;
    if decoded.application.application_id != card.application_id.as_str() {
        return Err(cutting::OF_ANOTHER.into());
    }
    let arranged =
        spec.arrange(|field| value(&decoded.application, field)).and_then(|row| spec.check_row(&row).map(|()| row));
    arranged.map_err(|fault| format!("{} in {}: {}", fault.code.code(), fault.field, fault.message))
}

/// Our value of a field of the account request.
pub(crate) fn value(a: &Application<'_>, field: &str) -> Option<String> {
    let (holder, agent) = (&a.holder, a.agent.as_ref());
    let text = |t: &str| Some(t.to_owned());
    let optional = |t: &Option<Text<'_>>| t.as_deref().map(str::to_owned);
    match field {
        "row" => text("1"),
        "task" => text(&a.application_id),
        "name" => cardline_core::domain::name::normalise(&holder.name).ok().map(|n| n.text.to_string()),
        "sex" => text(&holder.sex),
        "id_type" => text(holder.id_type.word()),
        "id_number" => Some(holder.whole_number()),
        "id_valid_to" => optional(&holder.id_valid_to),
        "ethnicity" => optional(&holder.ethnicity),
        "nationality" => text(&holder.nationality),
        "birth_date" => text(&holder.birth_date),
        "occupation" => optional(&holder.occupation),
        "mobile" => text(&holder.mobile),
        "phone" => optional(&holder.phone),
        "address" => text(&holder.address.detail),
        "address_region" => text(&holder.address.region),
        "outlet" => text(&a.opening_outlet),
        "guardian_name" => {
            agent.and_then(|g| cardline_core::domain::name::normalise(&g.name).ok().map(|n| n.text.to_string()))
        }
        "guardian_sex" => agent.map(|g| g.sex.to_string()),
        "guardian_id_type" => agent.map(|g| g.id_type.word().to_owned()),
        "guardian_id_number" => agent.map(|g| g.id_number.to_string()),
        "guardian_relation" => agent.map(|g| g.relation.word().to_owned()),
        "guardian_mobile" => agent.map(|g| g.mobile.to_string()),
        _ => None,
    }
}
