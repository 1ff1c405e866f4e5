//! Defects to plant in a clean application: each makes exactly one rule find something, and nothing else.
//!
//! A family of rules has a file with its list. A rule may have several defects. Not here: what is wrong with
//! a message as a message (`mishaps`), and photos whose bytes are wrong (`photo_faults`).

use cardline::actions::imports::legacy_cards::StockRow;
use cardline_core::domain::application::{IdType, Kind, Pickup, Text};
use cardline_core::domain::policy::RegionPolicy;
use rand::RngExt;

use super::choices;
use super::classes::Class;
use super::ground::Place;
use super::messages::Message;
use super::person::Person;
use super::plan::Plan;
use super::streams::Rng;

mod address;
mod agent;
mod bank;
mod consent;
mod contact;
mod documents;
mod identity;
mod ledger;
mod message;
mod name;
mod newborn;
mod paper;
mod person;
mod photo;
mod pickup;
mod previous_card;

pub(super) use ledger::SECOND_OF_PERSON;

/// One way to spoil an application.
pub struct Defect {
    /// Code of the rule that must find it.
    pub rule: &'static str,
    /// Whether this rule alone finds something when the defect is planted in such an application.
    pub fits: fn(&Message<'_>, &Soil<'_>) -> bool,
    /// Spoils the message, or the card of the opening stock behind it.
    pub plant: fn(&mut Message<'_>, &mut Soil<'_>),
}

/// What a defect is planted in, besides the message.
pub struct Soil<'s> {
    pub(super) plan: &'s Plan,
    pub(super) person: &'s Person,
    pub(super) place: &'s Place,
    /// What the place's region had decided on the day of approval.
    pub(super) policy: &'s RegionPolicy,
    /// The card of the opening stock that the application follows.
    pub(super) card: Option<StockRow>,
    /// JSON of a member to add to the message, with its comma.
    pub(super) unknown_member: &'static str,
    pub(super) rng: Rng,
}

/// What rules of the catalogue, and the reader, find without a ledger; by the families of `core::rules`.
pub const FAMILIES: &[&[Defect]] = &[
    address::DEFECTS,
    agent::DEFECTS,
    bank::DEFECTS,
    consent::DEFECTS,
    contact::DEFECTS,
    documents::DEFECTS,
    identity::DEFECTS,
    message::DEFECTS,
    name::DEFECTS,
    newborn::DEFECTS,
    paper::DEFECTS,
    person::DEFECTS,
    photo::DEFECTS,
    pickup::DEFECTS,
    previous_card::DEFECTS,
];

/// What only the ledger finds, with the opening stock imported.
pub const LEDGER_FAMILIES: &[&[Defect]] = &[ledger::DEFECTS];

/// Rules without a defect, and why.
pub const EXCEPTIONS: &[(&str, &str)] = &[
    ("APPLICATION-ID", "such a message is quarantined (KEY-FORM) and planted as a mishap"),
    (
        "APPLICATION-LAPSED",
        "it needs a rejected application and the days until it lapses to pass before its correction",
    ),
    ("APPROVAL-FUTURE", "it depends on the day of the run: give `--from` a day to come"),
    ("EVENT-ID", "such a message is quarantined (KEY-FORM) and planted as a mishap"),
    ("PREVIOUS-NOT-LIVE", "a card that has ended is neither opening stock nor in a file of applications"),
];

/// Tries at a random defect before the list is gone through.
const TRIES: u32 = 24;

const fn defect(
    rule: &'static str,
    fits: fn(&Message<'_>, &Soil<'_>) -> bool,
    plant: fn(&mut Message<'_>, &mut Soil<'_>),
) -> Defect {
    Defect { rule, fits, plant }
}

/// A random one that fits; `None` when none does.
pub(super) fn fitting(
    families: &'static [&'static [Defect]],
    message: &Message<'_>,
    soil: &mut Soil<'_>,
) -> Option<&'static Defect> {
    let all = || families.iter().flat_map(|family| family.iter());
    let count = u32::try_from(all().count()).unwrap_or(u32::MAX).max(1);
    let mut start = 0;
    for _ in 0..TRIES {
        start = soil.rng.random_range(0..count) as usize;
        if let Some(found) = all().nth(start).filter(|defect| (defect.fits)(message, soil)) {
            return Some(found);
        }
    }
    all().cycle().skip(start).take(count as usize).find(|defect| (defect.fits)(message, soil))
}

fn anyone(_: &Message<'_>, _: &Soil<'_>) -> bool {
    true
}

fn adult(_: &Message<'_>, soil: &Soil<'_>) -> bool {
    soil.person.class == Class::Adult
}

fn minor(_: &Message<'_>, soil: &Soil<'_>) -> bool {
    soil.person.class.is_minor()
}

/// Whoever has a citizen's number.
fn citizen(message: &Message<'_>, _: &Soil<'_>) -> bool {
    matches!(message.holder.id_type, IdType::ResidentId | IdType::HouseholdBook)
}

/// A first card: nothing in the ledger depends on the holder's number then.
fn first_issue(message: &Message<'_>, _: &Soil<'_>) -> bool {
    message.kind == Kind::FirstIssue
}

fn first_of_adult(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && first_issue(message, soil)
}

/// An application that follows a card of the same person under the same number.
fn following(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let same = |card: &StockRow| card.id_number == soil.person.id_number;
    message.kind != Kind::FirstIssue && soil.card.as_ref().is_some_and(same)
}

/// The first planned place from which nothing may be chosen for cards of this one.
fn far_place<'s>(soil: &Soil<'s>) -> Option<&'s Place> {
    let far = |other: &&Place| !soil.policy.pickup_within.holds(&other.region, &soil.place.region);
    soil.plan.people.places().iter().find(far)
}

/// The holder collects at home, so that only the opening outlet is wrong.
fn collect_at_home(message: &mut Message<'_>, soil: &Soil<'_>) {
    collect(message, choices::at_home(soil.person));
}

/// The card is collected in another way, and not at the employer's.
fn collect(message: &mut Message<'_>, pickup: Pickup<'_>) {
    let owned = |text: Option<Text<'_>>| text.map(|text| text.into_owned().into());
    message.holder.employer = None;
    message.pickup = Pickup {
        method: pickup.method,
        point: owned(pickup.point),
        name: owned(pickup.name),
        phone: owned(pickup.phone),
        postcode: owned(pickup.postcode),
        address: owned(pickup.address),
    };
}

/// The year of a date or an instant.
fn year_of(date: &str) -> i16 {
    date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2026)
}

/// The same digits with another last one; X is never taken, so that the shape stays right.
fn with_wrong_check(number: &str, rng: &mut Rng) -> String {
    let (rest, last) = number.split_at(number.len().saturating_sub(1));
    // A number ending in X stands for ten: any digit is wrong then.
    let last = last.parse::<u32>().unwrap_or(0);
    format!("{rest}{}", (last + rng.random_range(1..10u32)) % 10)
}
