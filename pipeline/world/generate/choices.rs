//! What is drawn for an application within what the guide allows: channel, lane, photo, outlet, pickup.

use cardline_core::domain::application::{
    Channel, Kind, Photo, PhotoSource, Pickup, PickupMethod, PreviousCard, PreviousReason, Priority, Text,
};
use jiff::Span;
use jiff::civil::Date;
use rand::RngExt;

use super::applications::{KindChoice, Plan};
use super::classes::Class;
use super::ground::{Outlet, Place};
use super::person::Person;
use super::streams::{Rng, chance, percent, pick};

/// Holders of other papers than the resident ID come to a bank outlet in person (s3).
pub(super) fn channel(rng: &mut Rng, class: Class, is_newborn: bool) -> Channel {
    let choices: &[Channel] = match class {
        Class::HongKongOrMacao | Class::Taiwan | Class::Foreigner => &[Channel::BankCounter],
        Class::Newborn if is_newborn => &[Channel::JointBirth, Channel::MiniProgramme, Channel::Website],
        Class::Newborn | Class::ChildWithBook | Class::ChildWithId | Class::Youth | Class::TurnedSixteen => {
            &[Channel::MiniProgramme, Channel::MiniProgramme, Channel::Website, Channel::Counter]
        }
        Class::Adult => &[
            Channel::Counter,
            Channel::Counter,
            Channel::SelfService,
            Channel::Website,
            Channel::MiniProgramme,
            Channel::MiniProgramme,
            Channel::BankOnline,
            Channel::BankCounter,
        ],
    };
    pick(rng, choices).copied().unwrap_or(Channel::Counter)
}

/// Whether somebody is under one year old at approval, and may use what is for newborns (s0).
pub(super) fn is_newborn(person: &Person, approved_at: Date) -> bool {
    approved_at < person.birth_date.saturating_add(Span::new().years(1))
}

pub(super) fn priority(rng: &mut Rng, is_newborn: bool) -> Priority {
    if is_newborn {
        Priority::Newborn
    } else if chance(rng, 6) {
        Priority::Urgent
    } else {
        Priority::Normal
    }
}

/// The cartoon is for children under seven (s3); the photo of the ID or a studio's for adults (s1).
pub(super) fn photo<'a>(rng: &mut Rng, plan: &'a Plan, person: &Person) -> Photo<'a> {
    let source = match (person.class, percent(rng)) {
        (Class::Newborn, 0..60) => PhotoSource::Default,
        (Class::Adult, 0..25) => PhotoSource::IdPhoto,
        (Class::Adult, 25..40) => PhotoSource::Studio,
        _ => PhotoSource::Upload,
    };
    let facts = if source == PhotoSource::Default { None } else { pick(rng, plan.album.facts()) };
    Photo {
        source,
        object: facts.map(|facts| Text::Borrowed(facts.object.as_str())),
        sha256: facts.map(|facts| Text::Borrowed(facts.sha256.as_str())),
        bytes: facts.map(|facts| facts.bytes),
        width: facts.map(|facts| facts.width),
        height: facts.map(|facts| facts.height),
    }
}

pub(super) fn previous<'a>(rng: &mut Rng, choice: &'a KindChoice) -> (Kind, Option<PreviousCard<'a>>) {
    let KindChoice::Following { kind, previous } = choice else {
        return (Kind::FirstIssue, None);
    };
    let kind = if *kind == Kind::FirstIssue { Kind::Exchange } else { *kind };
    let reasons: &[PreviousReason] = match kind {
        Kind::Replacement => &[PreviousReason::Lost, PreviousReason::Lost, PreviousReason::Damaged],
        Kind::BankChange => &[PreviousReason::BankChanged],
        Kind::AdultRenewal => &[PreviousReason::Turned16],
        Kind::FirstIssue | Kind::Exchange => &[
            PreviousReason::NameChanged,
            PreviousReason::PhotoChanged,
            PreviousReason::Misprint,
            PreviousReason::Expired,
            PreviousReason::Quality,
        ],
    };
    let reason = pick(rng, reasons).copied().unwrap_or(PreviousReason::Damaged);
    let card = PreviousCard {
        card_number: Text::Borrowed(&previous.card_number),
        bank: Text::Borrowed(&previous.bank),
        reason,
    };
    (kind, Some(card))
}

/// An outlet of the same bank as before; of another one for a bank change, where there is another.
pub(super) fn outlet<'a>(
    rng: &mut Rng,
    place: &'a Place,
    kind: Kind,
    previous: Option<&PreviousCard<'_>>,
) -> &'a Outlet {
    const NONE: &Outlet = &Outlet { code: String::new(), bank: String::new() };
    let fits = |outlet: &&Outlet| previous.is_none_or(|card| (outlet.bank == *card.bank) != (kind == Kind::BankChange));
    let count = u32::try_from(place.outlets.iter().filter(fits).count()).unwrap_or(u32::MAX);
    let number = rng.random_range(0..count.max(1)) as usize;
    place.outlets.iter().filter(fits).nth(number).or(place.outlets.first()).unwrap_or(NONE)
}

/// A minor's card goes to the agent at the opening outlet and nowhere else (s3).
pub(super) fn pickup<'a>(rng: &mut Rng, person: &'a Person, place: &'a Place, outlet: &'a Outlet) -> Pickup<'a> {
    let near_home = if person.home.is_village { PickupMethod::Village } else { PickupMethod::Community };
    let at_outlet = Some(outlet.code.as_str());
    let (method, point) = match (person.class, percent(rng)) {
        (class, _) if class.is_minor() => (PickupMethod::AgentAtOutlet, at_outlet),
        (Class::Adult, 0..55) => (near_home, Some(person.home.code.as_str())),
        (Class::Adult, 55..75) if !place.centres.is_empty() => {
            (PickupMethod::ServiceCentre, pick(rng, &place.centres).map(String::as_str))
        }
        _ => (PickupMethod::BankOutlet, at_outlet),
    };
    Pickup { method, point: point.map(Text::Borrowed), name: None, phone: None, postcode: None, address: None }
}
