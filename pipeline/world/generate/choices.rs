//! What is drawn for an application within what the guide allows: channel, lane, photo, outlet, pickup.

use cardline_core::domain::application::{
    Channel, Kind, Photo, PhotoSource, Pickup, PickupMethod, PreviousCard, PreviousReason, Priority, Text,
};
use cardline_core::domain::policy::RegionPolicy;
use jiff::Span;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::Class;
use super::ground::{Home, Outlet, Place};
use super::person::Person;
use super::photos::PhotoFacts;
use super::plan::{KindChoice, Plan};
use super::profile::Profile;
use super::streams::{Rng, chance, percent, pick, weighted};

/// Age, in years, at which the cartoon is no longer offered; one less, for the year a plan may last.
const CARTOON_YEARS: i64 = 6;

/// Holders of other papers than the resident ID come to a bank outlet in person (s3).
/// The joint application at birth brings the first card of a newborn (s0).
pub(super) fn channel(shared: &mut Rng, class: Class, at_birth: bool, profile: &Profile) -> Channel {
    let choices: &[Channel] = match class {
        Class::HongKongOrMacao | Class::Taiwan | Class::Foreigner => &[Channel::BankCounter],
        Class::Newborn if at_birth => &[Channel::JointBirth, Channel::MiniProgramme, Channel::Website],
        Class::Newborn | Class::ChildWithBook | Class::ChildWithId | Class::Youth | Class::TurnedSixteen => {
            &[Channel::MiniProgramme, Channel::MiniProgramme, Channel::Website, Channel::Counter]
        }
        Class::Adult | Class::Represented => return weighted(shared, profile.channels).unwrap_or(Channel::Counter),
    };
    pick(shared, choices).copied().unwrap_or(Channel::Counter)
}

/// Whether somebody is under one year old at approval, and may use what is for newborns (s0).
pub(super) fn is_newborn(person: &Person, approved_on: Date) -> bool {
    approved_on < person.birth_date.saturating_add(Span::new().years(1))
}

pub(super) fn priority(rng: &mut Rng, is_newborn: bool, profile: &Profile) -> Priority {
    if is_newborn {
        Priority::Newborn
    } else if chance(rng, profile.urgent_percent) {
        Priority::Urgent
    } else {
        Priority::Normal
    }
}

/// The cartoon is for children under seven (s3); the photo of the ID or a studio's for who has one (s1).
pub(super) fn photo<'a>(rng: &mut Rng, plan: &'a Plan, person: &Person, approved_on: Date) -> Photo<'a> {
    let is_small = person.birth_date > approved_on.saturating_sub(Span::new().years(CARTOON_YEARS));
    let source = match (person.class, percent(rng)) {
        (Class::Newborn, 0..60) => PhotoSource::Default,
        (Class::ChildWithBook, 0..30) if is_small => PhotoSource::Default,
        (Class::Adult | Class::Represented, 0..25) => PhotoSource::IdPhoto,
        (Class::Adult | Class::Youth | Class::TurnedSixteen, 25..40) => PhotoSource::Studio,
        _ => PhotoSource::Upload,
    };
    let facts = if source == PhotoSource::Default { None } else { pick(rng, plan.album.facts()) };
    declared(source, facts)
}

/// A photo as an application declares it.
pub(super) fn declared(source: PhotoSource, facts: Option<&PhotoFacts>) -> Photo<'_> {
    Photo {
        source,
        object: facts.map(|facts| Text::from(facts.object.as_str())),
        sha256: facts.map(|facts| Text::from(facts.sha256.as_str())),
        bytes: facts.map(|facts| facts.bytes),
        width: facts.map(|facts| facts.width),
        height: facts.map(|facts| facts.height),
    }
}

/// Kind and previous card. Without another bank in the place, a change of bank is an exchange.
pub(super) fn previous<'a>(rng: &mut Rng, choice: &'a KindChoice, place: &Place) -> (Kind, Option<PreviousCard<'a>>) {
    let KindChoice::Following { kind, previous } = choice else {
        return (Kind::FirstIssue, None);
    };
    let kind = match kind {
        Kind::BankChange if place.outlets.iter().all(|outlet| outlet.bank == previous.bank) => Kind::Exchange,
        Kind::FirstIssue => Kind::Exchange,
        other => *other,
    };
    let reasons: &[PreviousReason] = match kind {
        Kind::Replacement => &[PreviousReason::Lost, PreviousReason::Lost, PreviousReason::Damaged],
        Kind::BankChange => &[PreviousReason::BankChanged],
        Kind::AdultRenewal => &[PreviousReason::Turned16],
        Kind::FirstIssue | Kind::Exchange => &[
            PreviousReason::Damaged,
            PreviousReason::Quality,
            PreviousReason::Misprint,
            PreviousReason::Expired,
            PreviousReason::Expired,
            PreviousReason::NameChanged,
            PreviousReason::NumberChanged,
            PreviousReason::PhotoChanged,
        ],
    };
    let reason = pick(rng, reasons).copied().unwrap_or(PreviousReason::Damaged);
    let card =
        PreviousCard { card_number: Text::from(&previous.card_number), bank: Text::from(&previous.bank), reason };
    (kind, Some(card))
}

/// An outlet of the same bank as before; of another one for a bank change.
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

/// A minor's card goes to the agent at the opening outlet and nowhere else (s3). What the region does not
/// offer becomes the bank's outlet.
pub(super) fn pickup<'a>(
    shared: &mut Rng,
    person: &'a Person,
    place: &'a Place,
    outlet: &'a Outlet,
    profile: &Profile,
    policy: &RegionPolicy,
) -> Pickup<'a> {
    let nothing = Pickup {
        method: PickupMethod::BankOutlet,
        point: None,
        name: None,
        phone: None,
        postcode: None,
        address: None,
    };
    let to = |method, point: &'a str| Pickup { method, point: Some(Text::from(point)), ..nothing.clone() };
    let wanted = match person.class {
        class if class.is_minor() => return to(PickupMethod::AgentAtOutlet, &outlet.code),
        Class::Adult | Class::Represented => weighted(shared, profile.pickups)
            .filter(|method| policy.pickup_methods.has(*method))
            .unwrap_or(PickupMethod::BankOutlet),
        _ => PickupMethod::BankOutlet,
    };
    match wanted {
        PickupMethod::Village | PickupMethod::Community => at_home(person),
        PickupMethod::ServiceCentre if !place.centres.is_empty() => {
            to(PickupMethod::ServiceCentre, pick(shared, &place.centres).map_or("", String::as_str))
        }
        PickupMethod::Employer if person.employer.is_some() => Pickup { method: PickupMethod::Employer, ..nothing },
        PickupMethod::Mail => by_mail(person, place),
        _ => to(PickupMethod::BankOutlet, &outlet.code),
    }
}

/// At the village or community of the holder's home.
pub(super) fn at_home(person: &Person) -> Pickup<'_> {
    at(&person.home)
}

/// At a village or community.
pub(super) fn at(home: &Home) -> Pickup<'_> {
    let method = if home.is_village { PickupMethod::Village } else { PickupMethod::Community };
    let point = Some(Text::from(home.code.as_str()));
    Pickup { method, point, name: None, phone: None, postcode: None, address: None }
}

/// Sent to the holder's address.
pub(super) fn by_mail<'a>(person: &'a Person, place: &Place) -> Pickup<'a> {
    Pickup {
        method: PickupMethod::Mail,
        point: None,
        name: Some(Text::from(&person.name)),
        phone: Some(Text::from(&person.mobile)),
        postcode: Some(postcode(place).into()),
        address: Some(Text::from(&person.address_detail)),
    }
}

/// A postcode of the province, to the county's hundred.
fn postcode(place: &Place) -> &'static str {
    match place.region.get(..2) {
        Some("52") => "557100",
        Some("62") => "731700",
        _ => "100010",
    }
}
