//! The opening stock behind generated applications: the cards made before this system that they follow.
//!
//! A card is a pure function of its person and of what the application says became of it.

use cardline::actions::imports::legacy_cards::{StockRow, StockState};
use cardline_core::domain::application::{IdType, PreviousReason};
use cardline_core::domain::{card_number, pan};
use jiff::Span;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::Class;
use super::messages::Message;
use super::names;
use super::person::Person;
use super::plan::{KindChoice, Plan, Previous};
use super::streams::{Purpose, Rng, pick, stream};

/// Serials of opening-stock cards begin here, far above any the ledger draws.
const SERIAL_START: u64 = 36_u64.pow(7) * 35;
/// Account numbers of the opening stock begin here, far above any a simulated bank opens.
const ACCOUNT_START: u64 = 9_000_000_000;
/// Years a card is valid (domain.md §4).
const CARD_YEARS: i64 = 10;

/// Number and bank of the card a person of the opening stock has: a pure function of the person.
#[must_use]
pub fn opening_card(plan: &Plan, person_index: u64) -> Previous {
    let mut rng = stream(plan.seed, Purpose::Following, person_index | 1 << 63);
    let place = plan.people.places().get(plan.people.person(person_index).place);
    let bank =
        place.and_then(|place| pick(&mut rng, &place.outlets)).map(|outlet| outlet.bank.clone()).unwrap_or_default();
    let card_number = card_number::from_serial(SERIAL_START + person_index).unwrap_or_default();
    Previous { card_number, bank, person_index }
}

/// The card an application follows, as the reason given for it demands.
pub(super) fn card_before(
    plan: &Plan,
    choice: &KindChoice,
    message: &Message<'_>,
    person: &Person,
) -> Option<StockRow> {
    let KindChoice::Following { previous, .. } = choice else {
        return None;
    };
    let mut row = row(plan, previous, person);
    let mut rng = stream(plan.seed, Purpose::Stock, previous.person_index);
    match message.previous_card.as_ref()?.reason {
        PreviousReason::Lost => row.state = StockState::Lost,
        PreviousReason::NameChanged => row.name = other_name(&mut rng, person),
        PreviousReason::NumberChanged => row.id_number = plan.people.stranger(previous.person_index).id_number,
        PreviousReason::Turned16 => row.id_type = IdType::HouseholdBook,
        PreviousReason::Expired => {
            let ended = Span::new().years(CARD_YEARS).days(rng.random_range(1..300i64));
            row.issued_on = plan.people.first_day().saturating_sub(ended).max(earliest(person));
        }
        _ => {}
    }
    Some(row)
}

/// The card of a person, active and in hand.
pub(super) fn row(plan: &Plan, previous: &Previous, person: &Person) -> StockRow {
    let mut rng = stream(plan.seed, Purpose::Stock, previous.person_index | 1 << 63);
    let place = plan.people.places().get(person.place);
    let outlet = place.and_then(|place| place.outlets.iter().find(|outlet| outlet.bank == previous.bank));
    let outlet = outlet.map_or("", |outlet| outlet.code.as_str());
    let prefix = outlet.get(..3).unwrap_or("000");
    let serial = ACCOUNT_START + previous.person_index;
    let body = format!("62{prefix}{serial:010}");
    let check = pan::check_digit(&body).map(char::from).unwrap_or_default();
    StockRow {
        card_number: previous.card_number.clone(),
        name: person.name.clone(),
        id_type: person.id_type,
        id_number: person.id_number.clone(),
        bank: previous.bank.clone(),
        region: place.map_or_else(String::new, |place| place.region.clone()),
        outlet: outlet.to_owned(),
        account: format!("{prefix}{serial:016}"),
        pan: format!("{body}{check}"),
        issued_on: issued_on(&mut rng, person, plan.people.first_day()),
        state: StockState::Active,
    }
}

/// A day from some weeks after birth, and at most nine years ago, to some weeks ago.
fn issued_on(rng: &mut Rng, person: &Person, first_day: Date) -> Date {
    let last = first_day.saturating_sub(Span::new().days(60));
    let first = first_day.saturating_sub(Span::new().years(CARD_YEARS - 1)).max(earliest(person)).min(last);
    let days = i64::from(first.until(last).map_or(0, |span| span.get_days()));
    first.saturating_add(Span::new().days(rng.random_range(0..=days)))
}

fn earliest(person: &Person) -> Date {
    person.birth_date.saturating_add(Span::new().days(30))
}

fn other_name(rng: &mut Rng, person: &Person) -> String {
    match person.class {
        Class::Foreigner => names::foreigner(rng, person.male),
        _ => names::citizen(rng, person.male).name,
    }
}
