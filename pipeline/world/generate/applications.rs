//! Approved applications of synthetic people: clean ones pass every rule, the others carry one planted defect.
//!
//! An application is a pure function of the plan, the index, the day and the choice of kind.
//! Not here: messages that are wrong as messages (`mishaps`), and the previous cards themselves
//! (the caller imports them as opening stock).

use cardline_core::domain::application::Kind;
use cardline_core::domain::reference::Reference;
use jiff::civil::Date;
use rand::RngExt;

use super::defects::{self, Defect};
use super::ground::{self, GroundError, Place};
use super::messages::{Wanted, compose};
use super::people::People;
use super::photos::Album;
use super::streams::{Purpose, chance, stream};

/// What is generated, for whom and with which photos.
#[derive(Clone)]
pub struct Plan {
    pub seed: u64,
    /// Out of a hundred first issues, how many carry a planted defect.
    pub defect_percent: u32,
    pub people: People,
    pub album: Album,
}

impl Plan {
    /// A plan for these regions. Ages suit applications approved in the year from `first_day` on.
    ///
    /// # Errors
    /// When a region is unknown, or the reference has no homes or outlets in it.
    pub fn new(
        seed: u64,
        defect_percent: u32,
        regions: &[String],
        first_day: Date,
        reference: &Reference,
        photos: u32,
    ) -> Result<Self, GroundError> {
        let people = People::new(seed, first_day, ground::places(reference, regions)?);
        Ok(Self { seed, defect_percent, people, album: Album::new(seed, photos) })
    }
}

/// A card somebody already has.
#[derive(Clone, PartialEq, Eq)]
pub struct Previous {
    pub card_number: String,
    pub bank: String,
    pub person_index: u64,
}

/// Which kind of application is wanted.
#[derive(Clone, PartialEq, Eq)]
pub enum KindChoice {
    /// The first card of the person whose index is the application's.
    FirstIssue,
    /// A card after a previous one of its holder. `FirstIssue` in here is read as an exchange.
    Following { kind: Kind, previous: Previous },
}

/// One generated message, and what is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Generated {
    pub application_id: String,
    /// The message on `card.applications`.
    pub json: String,
    /// Codes of the rules that must find something; empty for a clean one.
    pub planted: Vec<&'static str>,
    pub person_index: u64,
    /// Issuing region, 6 digits.
    pub region: String,
    /// Our code of the bank.
    pub bank: String,
    pub kind: Kind,
}

/// The application of an index, approved on a day; some have a planted defect, as the plan says.
#[must_use]
pub fn application(plan: &Plan, index: u64, approved_at: Date, choice: &KindChoice) -> Generated {
    let mut rng = stream(plan.seed, Purpose::Defect, index);
    let planned = chance(&mut rng, plan.defect_percent) && *choice == KindChoice::FirstIssue;
    let first = rng.random_range(0..u32::MAX) as usize;
    let defect = planned.then(|| defects::fitting(plan.people.class(index), first)).flatten();
    defective(plan, index, approved_at, choice, defect)
}

/// The application of an index with this defect, or clean without one.
#[must_use]
pub fn defective(
    plan: &Plan,
    index: u64,
    approved_at: Date,
    choice: &KindChoice,
    defect: Option<&Defect>,
) -> Generated {
    generate(plan, Wanted { index, approved_at, choice, revision: 1 }, defect)
}

/// The same application without its defect, as a higher revision (2 or more).
#[must_use]
pub fn corrected(plan: &Plan, index: u64, approved_at: Date, choice: &KindChoice, revision: u32) -> Generated {
    generate(plan, Wanted { index, approved_at, choice, revision }, None)
}

fn generate(plan: &Plan, wanted: Wanted<'_>, defect: Option<&Defect>) -> Generated {
    let Wanted { index, choice, .. } = wanted;
    let person_index = match choice {
        KindChoice::FirstIssue => index,
        KindChoice::Following { previous, .. } => previous.person_index,
    };
    let person = plan.people.person(person_index);
    let no_place = Place::default();
    let place = plan.people.places().get(person.place).unwrap_or(&no_place);
    let message = compose(plan, wanted, &person, place);
    let json = match defect {
        // A shape that serde writes can always be written: strings, numbers and lists alone.
        None => serde_json::to_string(&message).unwrap_or_default(),
        Some(defect) => {
            let mut value = serde_json::to_value(&message).unwrap_or_default();
            (defect.plant)(&mut value, &mut stream(plan.seed, Purpose::Defect, index));
            value.to_string()
        }
    };
    Generated {
        application_id: message.application_id.clone().into_owned(),
        json,
        planted: defect.map(|defect| defect.rule).into_iter().collect(),
        person_index,
        region: place.region.clone(),
        bank: message.bank.clone().into_owned(),
        kind: message.kind,
    }
}
