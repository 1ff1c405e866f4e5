//! The production cut: card numbers, a run of one bank and lane with a section for each region, and its
//! package for the bureau.

use cardline_core::batch_kinds::BatchKind;
use cardline_core::domain::card_number;
use cardline_core::file_formats::{FileKind, FileSpec};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::cut_rows::{AccountedCard, Ordered, back_to_production, cut_production};
use super::package::{CardPhotos, write_package, write_package_anew};
use super::pictures::{Pictures, pictures};
use super::record::{account_numbers, numbered, record};
use crate::batching::cut_batch::{CARD_NUMBERS, CutBatch, QueueSlice};
use crate::batching::cutting::{self, Numbers};
use crate::batching::kind::{CutKind, CutStep, Rendered};
use crate::custody::shipment_regions::smallest_area;
use crate::hex::hex;
use crate::step::{Progress, StageError, Worker};
use crate::store::{Ledger, LedgerError, Stamp, Tx};
use crate::time::local_date;

/// Production batches: a run of one bureau, bank and lane, with a section for each region.
pub struct Production;

/// The step; one batch at a time.
pub type Cut = CutStep<Production>;

/// What a run needs besides its cards.
pub struct Supply {
    /// The serial of the next card number, once it has numbers.
    next_serial: i64,
    pictures: Pictures,
}

/// The cards of a run, in the order of the members: their account batches, their numbers and their records.
pub struct Run {
    account_batches: Vec<i64>,
    numbers: Vec<String>,
    records: Vec<Vec<String>>,
}

impl CutKind for Production {
    const KIND: BatchKind = BatchKind::PRODUCTION;
    const RENUMBERS: bool = true;
    type Card = AccountedCard;
    type Supply = Supply;
    type Rows = Run;

    async fn waiting(ledger: &Ledger) -> Result<Vec<QueueSlice>, LedgerError> {
        ledger.waiting_production().await
    }

    /// Those approved first, as within a slice.
    async fn portions(
        worker: &Worker,
        slices: &[QueueSlice],
        cards: i64,
    ) -> Result<Vec<(QueueSlice, i64)>, StageError> {
        let among = match slices {
            [only] => vec![(only.region.clone(), only.cards.min(cards))],
            all if all.iter().map(|slice| slice.cards).sum::<i64>() <= cards => {
                all.iter().map(|slice| (slice.region.clone(), slice.cards)).collect()
            }
            some => worker.ledger.approved_first(some, cards).await?,
        };
        let found = |(region, n)| Some((slices.iter().find(|slice| slice.region == region)?.clone(), n));
        Ok(among.into_iter().filter_map(found).filter(|(_, n)| *n > 0).collect())
    }

    async fn first(worker: &Worker, slices: &[QueueSlice], most: i64) -> Result<Vec<AccountedCard>, StageError> {
        Ok(worker.ledger.accounted_cards(slices, most).await?)
    }

    async fn members(ledger: &Ledger, batch: i64) -> Result<Vec<AccountedCard>, LedgerError> {
        ledger.batch_to_produce(batch).await
    }

    fn region(card: &AccountedCard) -> Option<&str> {
        Some(&card.region)
    }

    async fn supply(worker: &Worker, cards: &[AccountedCard], progress: &Progress) -> Result<Supply, StageError> {
        Ok(Supply { next_serial: 0, pictures: pictures(worker, cards, progress).await? })
    }

    async fn take_numbers(worker: &Worker, supply: &mut Supply, cards: usize) -> Result<(), LedgerError> {
        supply.next_serial = worker.ledger.give_numbers(CARD_NUMBERS, cards as i64).await?;
        Ok(())
    }

    async fn same_numbers(ledger: &Ledger, batch: i64, supply: &mut Supply) -> Result<(), LedgerError> {
        supply.next_serial = ledger.first_serial(batch).await?;
        Ok(())
    }

    fn render(
        worker: &Worker,
        slice: &QueueSlice,
        cards: Vec<AccountedCard>,
        numbers: &Numbers,
        supply: &mut Supply,
        at: (&Progress, Timestamp),
    ) -> Result<Rendered<Run>, StageError> {
        let run = run(worker, slice, &cards, numbers, supply, at)?;
        supply.next_serial += run.rows.numbers.len() as i64;
        Ok(run)
    }

    fn renumber(
        worker: &Worker,
        Rendered { cut, rows, bytes }: &mut Rendered<Run>,
        numbers: &Numbers,
        now: Timestamp,
    ) -> Result<(), StageError> {
        let Some(bureau) = worker.partners.get(&cut.partner) else {
            return Err(StageError::Shape(format!("{} is no partner", cut.partner)));
        };
        let spec = cutting::spec(bureau, FileKind::Personalization)?;
        (cut.number, cut.counter) = (numbers.batch.clone(), numbers.batch_counter.clone());
        let region = cut.group.region.clone();
        let control = cutting::control(numbers, &region, rows.records.len());
        *bytes = write_package_anew(spec, &control, &rows.records, bytes)?;
        let rendering = cutting::Rendering { region: &region, rows: rows.records.len(), bytes };
        cut.file = Some(cutting::frozen(bureau, spec, numbers, &rendering, local_date(now), cut.due_on)?);
        Ok(())
    }

    async fn write<'t>(tx: &'t mut Tx, cut: &'t CutBatch, run: &'t Run, why: Stamp<'t>) -> Result<(), LedgerError> {
        let ordered = Ordered { account_batches: &run.account_batches, numbers: &run.numbers };
        cut_production(tx, cut, ordered, why).await
    }

    async fn take_back<'t>(tx: &'t mut Tx, batch: i64, again_on: Date, why: Stamp<'t>) -> Result<(), LedgerError> {
        back_to_production(tx, batch, again_on, why).await
    }
}

/// The run of these cards, in their order, under the numbers it will get. `group` gives bank and lane;
/// the region of the run is the smallest area that holds all its sections.
fn run(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[AccountedCard],
    numbers: &Numbers,
    supply: &Supply,
    (progress, now): (&Progress, Timestamp),
) -> Result<Rendered<Run>, StageError> {
    let Supply { next_serial: first_serial, pictures } = supply;
    let bureau = worker.partners.bureau(&group.region)?;
    let spec = cutting::spec(bureau, FileKind::Personalization)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &bureau.profile, FileKind::Personalization, today);
    let group = QueueSlice { region: smallest_area(cards.iter().map(|card| card.region.as_str())), ..group.clone() };
    let mut batch = cutting::batch(BatchKind::PRODUCTION, bureau, &group, numbers, now, due_on);
    let (admitted, photos) = admit(worker, spec, cards, (numbers, pictures), (progress, today), &mut batch);
    let (account_batches, mut rows): (Vec<i64>, Vec<_>) = admitted.into_iter().unzip();
    cutting::refuse_if_none_opens(&batch)?;
    if batch.members.is_empty()
        && batch.on_hold.is_empty()
        && let Some(error) = pictures.unread.values().next()
    {
        return Err(StageError::Photo(error.clone()));
    }
    let card_numbers = give_numbers(spec, *first_serial as u64, &mut rows)?;
    let mut package = Vec::new();
    if !rows.is_empty() {
        let control = cutting::control(numbers, &group.region, rows.len());
        package = write_package(spec, &control, &rows, (&photos, &pictures.photos), progress)?;
        let rendering = cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &package };
        batch.file = Some(cutting::frozen(bureau, spec, numbers, &rendering, today, due_on)?);
    }
    Ok(Rendered { cut: batch, rows: Run { account_batches, numbers: card_numbers, records: rows }, bytes: package })
}

/// The account batches, records and photos of the cards that can be made, which become members; the others are put on hold, or
/// wait until their photo can be read.
fn admit<'p>(
    worker: &Worker,
    spec: &FileSpec,
    cards: &[AccountedCard],
    (numbers, pictures): (&Numbers, &'p Pictures),
    (progress, today): (&Progress, Date),
    batch: &mut CutBatch,
) -> (Vec<(i64, Vec<String>)>, Vec<CardPhotos<'p>>) {
    let records: Vec<Result<Vec<String>, String>> = cards
        .par_iter()
        .map(|card| {
            let record = record(worker, spec, card, today);
            progress.advance(1);
            record
        })
        .collect();
    // PANs stand there by their keyed hash.
    let sent = &numbers.sent_before;
    let ordered = |card: &AccountedCard| {
        !sent.is_empty()
            && account_numbers(worker, card).is_ok_and(|numbers| sent.contains(&pan_key(worker, &numbers.pan)))
    };
    let (mut rows, mut photos) = (Vec::new(), Vec::new());
    for (card, record) in cards.iter().zip(records) {
        match (record, pictures.renditions.get(&card.photo)) {
            _ if ordered(card) => batch.on_hold.push((card.id, cutting::SENT_BEFORE.into())),
            (Ok(record), Some((print, chip))) => {
                batch.members.push(card.id);
                rows.push((card.account_batch, record));
                photos.push(CardPhotos { print, chip });
            }
            (Ok(_), None) if pictures.unread.contains_key(&card.photo) => {}
            (Ok(_), None) => batch.on_hold.push((card.id, "photo was not rendered".into())),
            (Err(reason), _) => batch.on_hold.push((card.id, reason)),
        }
    }
    (rows, photos)
}

/// Gives each record its card number, and the cells that follow from number and row: only now it is known who is
/// in the run.
fn give_numbers(spec: &FileSpec, first_serial: u64, rows: &mut [Vec<String>]) -> Result<Vec<String>, StageError> {
    let number = |n| {
        card_number::from_serial(first_serial + n).ok_or_else(|| StageError::Shape("card numbers are used up".into()))
    };
    let numbers: Vec<String> = (0..rows.len() as u64).map(number).collect::<Result<_, _>>()?;
    for ((record, number), row) in rows.iter_mut().zip(&numbers).zip(1..) {
        for (column, cell) in spec.columns.iter().zip(record) {
            if let Some(value) = numbered(&column.field, number, row) {
                *cell = value;
            }
        }
    }
    Ok(numbers)
}

/// How a PAN that was ordered is remembered: never in plain text.
pub(crate) fn pan_key(worker: &Worker, pan: &str) -> String {
    hex(&worker.keys.hash("pan", pan))
}
