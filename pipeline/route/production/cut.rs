//! The production cut: card numbers, a run of one bank and lane with a section for each region, and its
//! package for the bureau.

use crate::hex::hex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use cardline_core::domain::application::Application;
use cardline_core::domain::validity::{ChildCard, valid_to};
use cardline_core::domain::{card_number, identity_number, message, name};
use cardline_core::file_formats::{FileKind, FileSpec, split_name};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::package::{CardPhotos, photo_entry, write_package};
use crate::batching::batch_record::NewBatchAction;
use crate::batching::cut_batch::{CARD_NUMBERS, CutBatch, QueueSlice};
use crate::batching::cutting;
use crate::batching::cutting::Numbers;
use crate::batching::schedule;
use crate::batching::schedule::{Candidate, DueStream, Kind};
use crate::crypto::objects::ObjectError;
use crate::route::accounts::AccountNumbers;
use crate::route::production::cut_rows::AccountedCard;
use crate::step::{Claim, StageError, Step, Worker};
use crate::store::{Lease, Why};
use crate::time::local_date;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a run to be, section by section, with the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: QueueSlice,
    cards: Vec<AccountedCard>,
    numbers: Numbers,
    first_serial: i64,
    pictures: Pictures,
    stream: String,
    act: Option<NewBatchAction>,
}

/// The photos of some cards.
#[derive(Default)]
pub struct Pictures {
    /// Source → print and chip digest.
    renditions: HashMap<String, (String, String)>,
    /// Digest → bytes.
    photos: HashMap<String, Vec<u8>>,
    /// Sources whose renditions cannot be read now, and why: their cards wait for the next run.
    unread: BTreeMap<String, Arc<ObjectError>>,
}

/// A run ready to be settled: the batch, its card numbers and its package.
pub struct Run {
    pub batch: CutBatch,
    pub first_serial: i64,
    pub card_numbers: Vec<String>,
    pub package: Vec<u8>,
}

impl Step for Cut {
    type Unit = DueStream;
    type Claimed<'s> = Claimed;
    type Worked<'s> = (Lease, Run);

    async fn units(&self, worker: &Worker, now: Timestamp) -> Result<Vec<DueStream>, StageError> {
        schedule::due_streams(worker, Kind::Production, now).await
    }

    async fn claim(&self, worker: &Worker, stream: &DueStream, now: Timestamp) -> Result<Claim<Claimed>, StageError> {
        match schedule::take_due(worker, Kind::Production, stream, now).await? {
            Claim::Taken((lease, due)) => Ok(claim(worker, &due, lease, None, now).await?.into()),
            other => Ok(other.without()),
        }
    }

    fn work(&self, worker: &Worker, claimed: Claimed, now: Timestamp) -> Result<(Lease, Run), StageError> {
        let Claimed { lease, group, cards, numbers, first_serial, pictures, stream, act } = claimed;
        let mut run = run(worker, &group, &cards, &numbers, first_serial, &pictures, now)?;
        (run.batch.stream, run.batch.act) = (Some(stream), act);
        Ok((lease, run))
    }

    async fn settle(&self, worker: &Worker, (lease, run): (Lease, Run), now: Timestamp) -> Result<(), StageError> {
        let Run { batch, first_serial, card_numbers, package } = run;
        if batch.file.is_some() {
            worker.objects.freeze("files", &package).await?;
        }
        let why = Why { at: now, actor: batch.actor(), reason: "production batch cut" };
        worker.ledger.settle_production_cut(&lease, &batch, first_serial, &card_numbers, why).await?;
        Ok(())
    }
}

/// Takes the cards of a bureau's next run under its lease, or gives the lease back.
pub async fn claim(
    worker: &Worker,
    due: &Candidate<'_>,
    lease: Lease,
    act: Option<NewBatchAction>,
    now: Timestamp,
) -> Result<Option<Claimed>, StageError> {
    let mut cards = Vec::new();
    for (section, portion) in due.portions(worker, due.batch_cards()).await? {
        cards.extend(worker.ledger.accounted_cards(section, portion).await?);
    }
    let Some(group) = due.sections.first().filter(|_| !cards.is_empty()) else {
        worker.ledger.give_back(&lease).await?;
        return Ok(None);
    };
    let bureau = &due.partner.profile.code;
    let numbers = cutting::numbers(worker, Kind::Production, bureau, now).await?;
    let first_serial = worker.ledger.peek_counter(CARD_NUMBERS).await?;
    let pictures = pictures(worker, &cards).await?;
    let stream = due.stream.name();
    Ok(Some(Claimed { lease, group: group.clone(), cards, numbers, first_serial, pictures, stream, act }))
}

/// The renditions of the cards' photos, with their bytes.
pub async fn pictures(worker: &Worker, cards: &[AccountedCard]) -> Result<Pictures, StageError> {
    let mut sources: Vec<String> = cards.iter().map(|c| c.photo.clone()).collect();
    sources.sort();
    sources.dedup();
    let mut pictures = Pictures::default();
    for (source, print, chip) in worker.ledger.renditions(&sources).await? {
        let read = async || {
            let of_print = worker.objects.thaw("photos-print", &print).await?;
            Ok::<_, ObjectError>((of_print, worker.objects.thaw("photos-chip", &chip).await?))
        };
        match read().await {
            Ok((of_print, of_chip)) => {
                pictures.photos.extend([(print.clone(), of_print), (chip.clone(), of_chip)]);
                pictures.renditions.insert(source, (print, chip));
            }
            Err(error) => {
                tracing::error!("a rendered photo: {error}; its cards wait for the next run");
                pictures.unread.insert(source, Arc::new(error));
            }
        }
    }
    Ok(pictures)
}

/// The run of these cards, in their order, under the numbers it will get. `group` gives bank and lane;
/// the region of the run is the smallest area that holds all its sections.
pub fn run(
    worker: &Worker,
    group: &QueueSlice,
    cards: &[AccountedCard],
    numbers: &Numbers,
    first_serial: i64,
    pictures: &Pictures,
    now: Timestamp,
) -> Result<Run, StageError> {
    let bureau = worker.partners.bureau(&group.region)?;
    let spec = cutting::spec(bureau, FileKind::Personalization)?;
    let today = local_date(now);
    let due_on = cutting::answer_due(worker, &bureau.profile, FileKind::Personalization, today);
    let group = QueueSlice { region: area(cards.iter().map(|card| card.region.as_str())), ..group.clone() };
    let mut batch = cutting::batch(Kind::Production, bureau, &group, numbers, now, due_on);
    let records: Vec<Result<Vec<String>, String>> =
        cards.par_iter().map(|card| record(worker, spec, card, today)).collect();
    let (mut rows, mut photos) = (Vec::new(), Vec::new());
    // PANs stand there by their keyed hash.
    let sent = &numbers.sent_before;
    let ordered = |card: &AccountedCard| {
        !sent.is_empty()
            && account_numbers(worker, card).is_ok_and(|numbers| sent.contains(&pan_key(worker, &numbers.pan)))
    };
    for (card, record) in cards.iter().zip(records) {
        match (record, pictures.renditions.get(&card.photo)) {
            _ if ordered(card) => batch.held.push((card.id, cutting::SENT_BEFORE.into())),
            (Ok(record), Some((print, chip))) => {
                batch.members.push(card.id);
                rows.push(record);
                photos.push(CardPhotos { print, chip });
            }
            (Ok(_), None) if pictures.unread.contains_key(&card.photo) => {}
            (Ok(_), None) => batch.held.push((card.id, "photo was not rendered".into())),
            (Err(reason), _) => batch.held.push((card.id, reason)),
        }
    }
    cutting::refuse_if_none_opens(&batch)?;
    if batch.members.is_empty()
        && batch.held.is_empty()
        && let Some(error) = pictures.unread.values().next()
    {
        return Err(StageError::Photo(error.clone()));
    }
    let card_numbers: Vec<String> = (0..rows.len() as u64)
        .map(|n| {
            card_number::from_serial(first_serial as u64 + n)
                .ok_or_else(|| StageError::Shape("card numbers are used up".into()))
        })
        .collect::<Result<_, _>>()?;
    // What follows from number and row is given once it is known who is in the run.
    for ((record, number), row) in rows.iter_mut().zip(&card_numbers).zip(1..) {
        for (column, cell) in spec.columns.iter().zip(record) {
            if let Some(value) = numbered(&column.field, number, row) {
                *cell = value;
            }
        }
    }
    let mut package = Vec::new();
    if !rows.is_empty() {
        let control = cutting::control(numbers, &group.region, rows.len());
        package = write_package(spec, &control, &rows, &photos, &pictures.photos)?;
        let rendering = cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &package };
        batch.file = Some(cutting::frozen(bureau, spec, numbers, &rendering, today, due_on)?);
    }
    Ok(Run { batch, first_serial, card_numbers, package })
}

/// The code of the smallest area that holds all regions: the region itself, its prefecture, its province,
/// or `000000` for the country.
fn area<'r>(mut regions: impl Iterator<Item = &'r str>) -> String {
    let mut area = regions.next().unwrap_or("000000").to_owned();
    for region in regions {
        let same = [6, 4, 2].into_iter().find(|n| area.get(..*n) == region.get(..*n)).unwrap_or(0);
        area = format!("{:0<6}", area.get(..same).unwrap_or_default());
    }
    area
}

/// One record in the bureau's columns, under a trial number; or why it cannot be carried, which does not
/// depend on the number.
fn record(worker: &Worker, spec: &FileSpec, card: &AccountedCard, today: Date) -> Result<Vec<String>, String> {
    let plain = worker.keys.decrypt(&card.message).map_err(|_| cutting::CANNOT_OPEN)?;
    let decoded = message::decode(&plain).map_err(|_| "the stored application cannot be read")?;
    let account = account_numbers(worker, card).map_err(|_| cutting::CANNOT_OPEN)?;
    let child_card = worker.policy.of(&decoded.application.region, today).child_card;
    let facts = Facts { application: &decoded.application, account: &account, card, today, child_card };
    let arranged = spec
        .arrange(|field| numbered(field, "000000000", 1).or_else(|| facts.value(field)))
        .and_then(|row| spec.check_row(&row).map(|()| row));
    arranged.map_err(|fault| format!("{} in {}: {}", fault.code.code(), fault.field, fault.message))
}

/// Our value of a field that follows from the card's number or its row.
fn numbered(field: &str, number: &str, row: usize) -> Option<String> {
    match field {
        "row" => Some(row.to_string()),
        "card_number" | "ssseef0507" => Some(number.into()),
        "print_photo" => Some(photo_entry("print", row)),
        "chip_photo" => Some(photo_entry("chip", row)),
        _ => None,
    }
}

fn account_numbers(worker: &Worker, card: &AccountedCard) -> Result<AccountNumbers, StageError> {
    serde_json::from_slice(&worker.keys.decrypt(&card.account)?)
        .map_err(|_| StageError::Shape("account numbers".into()))
}

/// What a record is made of.
struct Facts<'f> {
    application: &'f Application<'f>,
    account: &'f AccountNumbers,
    card: &'f AccountedCard,
    today: Date,
    child_card: ChildCard,
}

impl Facts<'_> {
    /// Our value of any other field of the personalization record (face, then chip by file and tag).
    fn value(&self, field: &str) -> Option<String> {
        let (a, holder) = (self.application, &self.application.holder);
        let name = || name::normalise(&holder.name).ok().map(|n| n.text.to_string());
        match field {
            "name" => name(),
            "ssseef0609" => name().map(|n| split_name(&n).0),
            "ssseef064e" => name().map(|n| split_name(&n).1),
            "social_security_number" | "ssseef0608" => Some(holder.whole_number()),
            "issue_date" | "ssseef0505" => Some(self.today.to_string()),
            "valid_to" | "ssseef0506" => {
                let born = holder.birth_date.parse().ok();
                Some(valid_to(self.today, born, self.child_card).to_string())
            }
            "bank" => Some(a.bank.to_string()),
            "region" => Some(self.card.region.clone()),
            "pan" => Some(self.account.pan.clone()),
            "ssseef0502" => Some("3".into()),
            "ssseef0503" => Some("3.00".into()),
            "ssseef060a" => Some(holder.sex.to_string()),
            "ssseef060b" => holder.ethnicity.as_deref().map(str::to_owned),
            "ssseef060c" => identity_number::parse(&holder.id_number).ok().and_then(|n| n.region().map(str::to_owned)),
            "ssseef060d" => Some(holder.birth_date.to_string()),
            "df01ef0623" => Some(holder.address.detail.to_string()),
            "df01ef0624" => Some(a.region.to_string()),
            "df01ef0628" => Some(holder.mobile.to_string()),
            "df01ef0a37" => Some(holder.nationality.to_string()),
            "attempt" => Some("1".into()),
            "delivery_point" => Some(self.card.point.clone()),
            _ => None,
        }
    }
}

/// How a PAN that was ordered is remembered: never in the open.
pub(crate) fn pan_key(worker: &Worker, pan: &str) -> String {
    hex(&worker.keys.hash("pan", pan))
}

#[cfg(test)]
mod tests {
    use super::area;

    #[test]
    fn the_area_of_a_run_is_the_smallest_that_holds_its_sections() {
        for (regions, expected) in [
            (&["522634"][..], "522634"),
            (&["522634", "522634"], "522634"),
            (&["522631", "522634"], "522600"),
            (&["522631", "522634", "520102"], "520000"),
            (&["110101", "522634"], "000000"),
            (&["522631", "520102", "522634"], "520000"),
        ] {
            assert_eq!(area(regions.iter().copied()), expected, "{regions:?}");
        }
    }
}
