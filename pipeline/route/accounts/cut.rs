//! The account cut: a homogeneous batch, in the order of application ids, and its request file.

use cardline_core::domain::application::{Application, Text};
use cardline_core::domain::message;
use cardline_core::file_formats::{FileKind, FileSpec};
use jiff::Timestamp;
use rayon::prelude::*;

use crate::batching::batch_record::NewBatchAction;
use crate::batching::cut_batch::{CutBatch, QueueSlice};
use crate::batching::cutting;
use crate::batching::cutting::Numbers;
use crate::batching::schedule;
use crate::batching::schedule::{Candidate, Kind};
use crate::route::accounts::cut_rows::WaitingCard;
use crate::step::{Claim, StageError, Step, Unit, Worker};
use crate::store::{Lease, Why};
use crate::time::local_date;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a batch to be, with the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: QueueSlice,
    cards: Vec<WaitingCard>,
    numbers: Numbers,
    stream: String,
    act: Option<NewBatchAction>,
}

/// A stream that was due when the queue was looked at. Only a hint; what is cut is read under the lease.
pub struct QueuedStream {
    name: String,
    group: QueueSlice,
    most: i64,
}

impl QueuedStream {
    fn of(due: &Candidate<'_>) -> Option<QueuedStream> {
        let group = due.sections.first()?.clone();
        Some(QueuedStream { name: due.stream.name(), group, most: due.batch_cards() })
    }
}

impl Unit for QueuedStream {
    fn partner(&self) -> Option<&str> {
        Some(&self.group.bank)
    }

    fn name(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

impl Step for Cut {
    type Unit = QueuedStream;
    type Claimed<'s> = Claimed;
    type Worked<'s> = (Lease, CutBatch, Vec<u8>);

    /// One look at the whole queue serves all streams.
    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<QueuedStream>, StageError> {
        let found = schedule::candidates(worker, Kind::Account, now).await?;
        Ok(found.iter().filter(|due| due.is_due()).filter_map(QueuedStream::of).collect())
    }

    async fn claim(&self, worker: &Worker, due: &QueuedStream, now: Timestamp) -> Result<Claim<Claimed>, StageError> {
        let Some(lease) = worker.lease(&Kind::Account.work(), now).await? else {
            return Ok(Claim::Busy);
        };
        let holds = worker.ledger.held_streams().await?;
        let claimed = if holds.iter().any(|(held, _)| schedule::covers(held, &due.name)) {
            None
        } else {
            first_cards(worker, due, &lease, None, now).await?
        };
        if claimed.is_none() {
            worker.ledger.give_back(&lease).await?;
        }
        Ok(claimed.into())
    }

    fn work<'s>(&self, worker: &'s Worker, claimed: Claimed, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        let Claimed { lease, group, cards, numbers, stream, act } = claimed;
        let (mut batch, bytes) = request(worker, &group, &cards, &numbers, now)?;
        (batch.stream, batch.act) = (Some(stream), act);
        Ok((lease, batch, bytes))
    }

    async fn settle<'s>(
        &self,
        worker: &'s Worker,
        (lease, batch, bytes): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        if batch.file.is_some() {
            worker.objects.freeze("files", &bytes).await?;
        }
        let why = Why { at: now, actor: batch.actor(), reason: "account batch cut" };
        worker.ledger.settle_account_cut(&lease, &batch, why).await?;
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
    let Some(due) = QueuedStream::of(due) else { return Ok(None) };
    let claimed = first_cards(worker, &due, &lease, act, now).await?;
    if claimed.is_none() {
        worker.ledger.give_back(&lease).await?;
    }
    Ok(claimed)
}

/// The first cards of a stream with the numbers of their batch; none when it has no cards.
async fn first_cards(
    worker: &Worker,
    due: &QueuedStream,
    lease: &Lease,
    act: Option<NewBatchAction>,
    now: Timestamp,
) -> Result<Option<Claimed>, StageError> {
    let cards = worker.ledger.waiting_cards(&due.group, due.most).await?;
    if cards.is_empty() {
        return Ok(None);
    }
    let numbers = cutting::numbers(worker, Kind::Account, &due.group.bank, now).await?;
    let (group, stream) = (due.group.clone(), due.name.clone());
    Ok(Some(Claimed { lease: lease.clone(), group, cards, numbers, stream, act }))
}

/// The batch of these cards and the bytes of its request, under the numbers it will get.
pub fn request(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[WaitingCard],
    numbers: &Numbers,
    now: Timestamp,
) -> Result<(CutBatch, Vec<u8>), StageError> {
    let Some(partner) = worker.partners.get(&group.bank) else {
        return Err(StageError::Shape(format!("{} is no partner", group.bank)));
    };
    let spec = cutting::spec(partner, FileKind::AccountRequest)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &partner.profile, FileKind::AccountRequest, today);
    let mut batch = cutting::batch(Kind::Account, partner, group, numbers, now, due_on);
    let arranged: Vec<Result<Vec<String>, String>> = cards.par_iter().map(|card| row(worker, spec, card)).collect();
    let mut rows = Vec::new();
    for (card, arranged) in cards.iter().zip(arranged) {
        match arranged {
            _ if numbers.sent_before.contains(&card.application_id) => {
                batch.held.push((card.id, cutting::SENT_BEFORE.into()));
            }
            Ok(row) => {
                batch.members.push(card.id);
                rows.push(row);
            }
            Err(reason) => batch.held.push((card.id, reason)),
        }
    }
    cutting::refuse_if_none_opens(&batch)?;
    // Row numbers are those of the file, so they are given once it is known who is in it.
    let place = spec.column("row").unwrap_or(0);
    for (number, row) in rows.iter_mut().enumerate() {
        row[place] = (number + 1).to_string();
    }
    let mut bytes = Vec::new();
    if !rows.is_empty() {
        bytes = cutting::render(spec, &cutting::control(numbers, &group.region, rows.len()), &rows)?;
        let rendering = cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &bytes };
        batch.file = Some(cutting::frozen(partner, spec, numbers, &rendering, today, due_on)?);
    }
    Ok((batch, bytes))
}

/// One row of the request, in the bank's columns; or why no file can carry it.
fn row(worker: &Worker, spec: &FileSpec, card: &WaitingCard) -> Result<Vec<String>, String> {
    let plain = worker.keys.decrypt(&card.encrypted).map_err(|_| cutting::CANNOT_OPEN)?;
    let decoded = message::decode(&plain).map_err(|_| "the stored application cannot be read")?;
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
