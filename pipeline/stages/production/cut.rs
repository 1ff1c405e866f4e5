//! The production cut: card numbers, a homogeneous batch, and its package for the bureau.

use std::collections::{HashMap, HashSet};

use cardline_core::domain::application::Application;
use cardline_core::domain::validity::{ChildCard, valid_to};
use cardline_core::domain::{card_number, identity_number, message, name};
use cardline_core::layouts::{FileKind, FileSpec, split_name};
use jiff::Timestamp;
use jiff::civil::Date;
use rayon::prelude::*;

use super::package::{PackageCard, photo_entry, write_package};
use crate::ledger::{AccountedCard, CARD_NUMBERS, CutBatch, Group, Lease, Why};
use crate::stages::accounts::AccountNumbers;
use crate::stages::cutting::{self, Numbers};
use crate::stages::reconcile::pan_key;
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a batch to be, their photos, and the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: Group,
    cards: Vec<AccountedCard>,
    numbers: Numbers,
    first_serial: i64,
    /// PANs that were ordered by a history that is gone, by their keyed hash.
    sent: HashSet<String>,
    /// Source → print and chip digest.
    renditions: HashMap<String, (String, String)>,
    /// Digest → bytes.
    photos: HashMap<String, Vec<u8>>,
}

/// The batch, its card numbers and its package.
pub struct Worked {
    lease: Lease,
    batch: CutBatch,
    first_serial: i64,
    card_numbers: Vec<String>,
    package: Vec<u8>,
}

impl Step for Cut {
    type Claimed<'s> = Claimed;
    type Worked<'s> = Worked;

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Claimed>, StageError> {
        for group in station.ledger.waiting_production().await? {
            let bureau = station.partners.bureau(&group.region)?;
            if !cutting::is_due(station, &bureau.profile, &group, now) {
                continue;
            }
            let work = format!("production/cut/{}/{}/{}", group.region, group.bank, group.lane);
            let Some(lease) = station.lease(&work, now).await? else {
                continue;
            };
            let cards = station.ledger.accounted_cards(&group, cutting::max_cards(&bureau.profile)).await?;
            if cards.is_empty() {
                station.ledger.give_back(&lease).await?;
                continue;
            }
            let numbers = cutting::numbers(station, 'P', &bureau.profile.code, FileKind::Personalization, now).await?;
            let sent = station.ledger.sent_before(FileKind::Personalization.name()).await?;
            let first_serial = station.ledger.peek_counter(CARD_NUMBERS).await?;
            let mut sources: Vec<String> = cards.iter().map(|c| c.photo.clone()).collect();
            sources.sort();
            sources.dedup();
            let (mut renditions, mut photos) = (HashMap::new(), HashMap::new());
            for (source, print, chip) in station.ledger.renditions(&sources).await? {
                photos.insert(print.clone(), station.objects.thaw("photos-print", &print).await?);
                photos.insert(chip.clone(), station.objects.thaw("photos-chip", &chip).await?);
                renditions.insert(source, (print, chip));
            }
            return Ok(Some(Claimed { lease, group, cards, numbers, first_serial, sent, renditions, photos }));
        }
        Ok(None)
    }

    fn work(&self, station: &Station, claimed: Claimed, now: Timestamp) -> Result<Worked, StageError> {
        let Claimed { lease, group, cards, numbers, first_serial, sent, renditions, photos } = claimed;
        let bureau = station.partners.bureau(&group.region)?;
        let spec = cutting::spec(bureau, FileKind::Personalization)?;
        let today = local_date(now);
        let due_on = cutting::answer_due(station, &bureau.profile, FileKind::Personalization, today);
        let mut batch = cutting::batch("production", bureau, &group, &numbers, now, due_on);
        // Which cards can be carried does not depend on their number, so a trial number serves.
        let carried: Vec<Result<(), String>> = cards
            .par_iter()
            .map(|card| Ok(record(station, spec, card, "000000000", 1, today)?.map(|_| ())))
            .collect::<Result<_, StageError>>()?;
        let mut members = Vec::new();
        let ordered = |card: &AccountedCard| -> Result<bool, StageError> {
            Ok(!sent.is_empty() && sent.contains(&pan_key(station, &account_numbers(station, card)?.pan)))
        };
        for (card, carried) in cards.iter().zip(carried) {
            match (carried, renditions.get(&card.photo)) {
                _ if ordered(card)? => batch.held.push((card.id, cutting::SENT_BEFORE.into())),
                (Ok(()), Some(rendition)) => members.push((card, rendition)),
                (Ok(()), None) => batch.held.push((card.id, "photo was not rendered".into())),
                (Err(reason), _) => batch.held.push((card.id, reason)),
            }
        }
        batch.members = members.iter().map(|(card, _)| card.id).collect();
        let card_numbers: Vec<String> = (0..members.len() as u64)
            .map(|n| {
                card_number::from_serial(first_serial as u64 + n)
                    .ok_or_else(|| StageError::Shape("card numbers are used up".into()))
            })
            .collect::<Result<_, _>>()?;
        let package_cards: Vec<PackageCard> = members
            .par_iter()
            .enumerate()
            .map(|(at, (card, (print, chip)))| {
                let row = record(station, spec, card, &card_numbers[at], at + 1, today)?.map_err(StageError::Shape)?;
                Ok(PackageCard { row, print: print.clone(), chip: chip.clone() })
            })
            .collect::<Result<_, StageError>>()?;
        let mut package = Vec::new();
        if !package_cards.is_empty() {
            let control = cutting::control(&numbers, &group.region, package_cards.len());
            package = write_package(spec, &control, &package_cards, &photos)?;
            batch.file = Some(cutting::frozen(
                bureau,
                spec,
                &numbers,
                &cutting::Rendering { region: &group.region, rows: package_cards.len(), bytes: &package },
                today,
                due_on,
            )?);
        }
        Ok(Worked { lease, batch, first_serial, card_numbers, package })
    }

    async fn settle(&self, station: &Station, worked: Worked, now: Timestamp) -> Result<(), StageError> {
        if worked.batch.file.is_some() {
            station.objects.freeze("files", &worked.package).await?;
        }
        let why = Why { at: now, actor: "scheduler", reason: "production batch cut" };
        station
            .ledger
            .settle_production_cut(&worked.lease, &worked.batch, worked.first_serial, &worked.card_numbers, why)
            .await?;
        Ok(())
    }
}

/// One record in the bureau's columns, or why it cannot be carried.
fn record(
    station: &Station,
    spec: &FileSpec,
    card: &AccountedCard,
    number: &str,
    row: usize,
    today: Date,
) -> Result<Result<Vec<String>, String>, StageError> {
    let plain = station.keys.open_record(&card.message)?;
    let Ok(decoded) = message::decode(&plain) else {
        return Ok(Err("the stored application cannot be read".into()));
    };
    let numbers = account_numbers(station, card)?;
    let child_card = station.policy.of(&decoded.application.region, today).child_card;
    let facts = Facts { application: &decoded.application, numbers: &numbers, card, number, row, today, child_card };
    let arranged = spec.arrange(|field| facts.value(field)).and_then(|row| spec.check_row(&row).map(|()| row));
    Ok(arranged.map_err(|fault| format!("{} in {}: {}", fault.code.code(), fault.field, fault.message)))
}

fn account_numbers(station: &Station, card: &AccountedCard) -> Result<AccountNumbers, StageError> {
    serde_json::from_slice(&station.keys.open_record(&card.account)?)
        .map_err(|_| StageError::Shape("account numbers".into()))
}

/// What a record is made of.
struct Facts<'f> {
    application: &'f Application<'f>,
    numbers: &'f AccountNumbers,
    card: &'f AccountedCard,
    number: &'f str,
    row: usize,
    today: Date,
    child_card: ChildCard,
}

impl Facts<'_> {
    /// Our value of a field of the personalization record (face, then chip by file and tag).
    fn value(&self, field: &str) -> Option<String> {
        let (a, holder) = (self.application, &self.application.holder);
        let name = || name::normalise(&holder.name).ok().map(|n| n.text.to_string());
        match field {
            "row" => Some(self.row.to_string()),
            "card_number" | "ssseef0507" => Some(self.number.into()),
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
            "pan" => Some(self.numbers.pan.clone()),
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
            "print_photo" => Some(photo_entry("print", self.row)),
            "chip_photo" => Some(photo_entry("chip", self.row)),
            "attempt" => Some("1".into()),
            "delivery_point" => Some(self.card.point.clone()),
            _ => None,
        }
    }
}
