//! The recycling cut: cards whose social function is cancelled and whose plastic is back or gone.

use cardline_core::domain::application::Application;
use cardline_core::domain::{message, name};
use cardline_core::layouts::{FileKind, FileSpec, Profile};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::ledger::{CutBatch, Group, Lease, ReturnedCard, Why};
use crate::stages::accounts::AccountNumbers;
use crate::stages::cutting::{self, Numbers};
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// Working days before the first deadline at which a recycling batch is cut.
const WORKING_DAYS_BEFORE: u32 = 5;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a batch to be, with the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: Group,
    cards: Vec<ReturnedCard>,
    numbers: Numbers,
}

/// What the opening stock keeps sealed of a card made before this system.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct StockHolder {
    pub name: String,
    pub id_number: String,
}

impl Step for Cut {
    type Claimed<'s> = Claimed;
    type Worked<'s> = (Lease, CutBatch, Vec<ReturnedCard>, Vec<u8>);

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Claimed>, StageError> {
        for group in station.ledger.waiting_recycling().await? {
            let Some(partner) = station.partners.get(&group.bank) else {
                continue;
            };
            if !is_due(station, &partner.profile, &group, now) {
                continue;
            }
            let work = format!("recycling/cut/{}/{}", group.region, group.bank);
            let Some(lease) = station.lease(&work, now).await? else {
                continue;
            };
            let mut cards = station.ledger.returned_cards(&group, cutting::max_cards(&partner.profile)).await?;
            // What the bank was asked to destroy by a history that is gone has its case, and waits for it.
            let sent = station.ledger.sent_before(FileKind::RecyclingRequest.name()).await?;
            cards.retain(|card| !sent.contains(&card.card_number));
            if cards.is_empty() {
                station.ledger.give_back(&lease).await?;
                continue;
            }
            let numbers = cutting::numbers(station, 'R', &group.bank, FileKind::RecyclingRequest, now).await?;
            return Ok(Some(Claimed { lease, group, cards, numbers }));
        }
        Ok(None)
    }

    fn work<'s>(&self, station: &'s Station, claimed: Claimed, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        let Claimed { lease, group, cards, numbers } = claimed;
        let Some(partner) = station.partners.get(&group.bank) else {
            return Err(StageError::Shape(format!("{} is no partner", group.bank)));
        };
        let spec = cutting::spec(partner, FileKind::RecyclingRequest)?;
        let today = local_date(now);
        let due_on = cutting::answer_due(station, &partner.profile, FileKind::RecyclingRequest, today);
        let mut batch = cutting::batch("recycling", partner, &group, &numbers, now, due_on);
        let rows = cards
            .iter()
            .enumerate()
            .map(|(at, card)| row(station, spec, card, at + 1))
            .collect::<Result<Vec<_>, StageError>>()?;
        let bytes = cutting::render(spec, &cutting::control(&numbers, &group.region, rows.len()), &rows)?;
        batch.members = cards.iter().map(|card| card.id).collect();
        batch.file = Some(cutting::frozen(
            partner,
            spec,
            &numbers,
            &cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &bytes },
            today,
            due_on,
        )?);
        Ok((lease, batch, cards, bytes))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, batch, cards, bytes): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        station.objects.freeze("files", &bytes).await?;
        let why = Why { at: now, actor: "scheduler", reason: "recycling batch cut" };
        station.ledger.settle_recycling_cut(&lease, &batch, &cards, why).await?;
        Ok(())
    }
}

/// Recycling gathers: a group is cut when its first card's deadline is a week of work away.
fn is_due(station: &Station, profile: &Profile, group: &Group, now: Timestamp) -> bool {
    let today = local_date(now);
    let near =
        group.oldest.parse::<Date>().is_ok_and(|due| station.working_days_after(today, WORKING_DAYS_BEFORE) >= due);
    let full = group.cards >= cutting::max_cards(profile);
    station.calendar.is_working_day(today).working && (full || (near && cutting::past_cut_off(profile, now)))
}

/// Every card here had its name and number carried by a file before, so a row that cannot be
/// rendered is a fault of the profile and stops the cut with its field named.
fn row(station: &Station, spec: &FileSpec, card: &ReturnedCard, number: usize) -> Result<Vec<String>, StageError> {
    let plain = station.keys.open_record(&card.message)?;
    let holder = holder(&plain)?;
    let numbers: AccountNumbers = serde_json::from_slice(&station.keys.open_record(&card.account)?)
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
