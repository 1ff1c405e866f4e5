//! Approved applications of synthetic people: clean ones pass every rule, the others carry one planted defect.
//!
//! An application is a pure function of the plan, the index, the day and the choice of kind. With it comes
//! the card it follows, as the opening stock has it. Not here: messages that are wrong as messages (`mishaps`).

use cardline::actions::imports::legacy_cards::StockRow;
use cardline_core::domain::application::{Kind, PhotoSource};
use jiff::civil::Date;
use rand::RngExt;

use super::defects::{self, Defect, Soil};
use super::ground::Place;
use super::messages::{Wanted, compose};
use super::plan::{KindChoice, Plan};
use super::streams::{Purpose, pick, stream};
use super::{choices, names, stock};

/// One generated message, and what is known of it.
#[derive(Clone, PartialEq)]
pub struct Generated {
    pub application_id: String,
    /// The message on `card.applications`.
    pub json: String,
    /// Codes of everything that must be found: the planted defect, and the note on a clean one's name.
    pub expected: Vec<&'static str>,
    /// Whether a defect or a fault was planted.
    pub spoiled: bool,
    pub person_index: u64,
    /// Issuing region, 6 digits.
    pub region: String,
    /// Our code of the bank.
    pub bank: String,
    pub kind: Kind,
    /// The card of the opening stock that it needs to be there.
    pub card: Option<StockRow>,
}

/// What is done to an application on purpose.
#[derive(Clone, Copy)]
pub(super) enum Spoil {
    Nothing,
    /// Some defect that fits, of the catalogue.
    Catalogue,
    /// Some defect that fits, of those only the ledger finds.
    Ledger,
    Defect(&'static Defect),
    /// A second application of the person before, whose index is one less.
    SecondOfPerson,
    Photo,
}

impl Spoil {
    /// What the rates have for an index.
    pub fn of(plan: &Plan, index: u64) -> Self {
        let mut rng = stream(plan.seed, Purpose::Spoil, index);
        let rates = plan.rates;
        let mut left = rng.random_range(0..100u32);
        for (percent, spoil) in
            [(rates.defects, Self::Catalogue), (rates.ledger_defects, Self::Ledger), (rates.photo_faults, Self::Photo)]
        {
            match left.checked_sub(percent) {
                None => return spoil,
                Some(rest) => left = rest,
            }
        }
        Self::Nothing
    }

    /// The defect that it comes to, for a message that is still clean. It is the only finding, so a rare
    /// name stays unspoiled.
    fn defect(self, message: &super::messages::Message<'_>, soil: &mut Soil<'_>) -> Option<&'static Defect> {
        match self {
            Self::Nothing | Self::Photo => None,
            Self::SecondOfPerson => Some(&defects::SECOND_OF_PERSON),
            _ if names::is_rare(&soil.person.name) => None,
            Self::Catalogue => defects::fitting(defects::FAMILIES, message, soil),
            Self::Ledger => defects::fitting(defects::LEDGER_FAMILIES, message, soil),
            Self::Defect(defect) => Some(defect).filter(|defect| (defect.fits)(message, soil)),
        }
    }
}

/// The application of an index, approved on a day; some have a planted defect, as the plan says.
#[must_use]
pub fn application(plan: &Plan, index: u64, approved_on: Date, choice: &KindChoice) -> Generated {
    generate(plan, Wanted::new(index, approved_on, choice), Spoil::of(plan, index))
}

/// The application of an index with this defect; clean without one, or when it does not fit.
#[must_use]
pub fn defective(
    plan: &Plan,
    index: u64,
    approved_on: Date,
    choice: &KindChoice,
    defect: Option<&'static Defect>,
) -> Generated {
    generate(plan, Wanted::new(index, approved_on, choice), defect.map_or(Spoil::Nothing, Spoil::Defect))
}

/// The same application without its defect, as a higher revision (2 or more).
#[must_use]
pub fn corrected(plan: &Plan, index: u64, approved_on: Date, choice: &KindChoice, revision: u32) -> Generated {
    generate(plan, Wanted { revision, ..Wanted::new(index, approved_on, choice) }, Spoil::Nothing)
}

pub(super) fn generate(plan: &Plan, wanted: Wanted<'_>, spoil: Spoil) -> Generated {
    let person_index = match (spoil, wanted.choice) {
        (Spoil::SecondOfPerson, _) => wanted.index.saturating_sub(1),
        (_, KindChoice::FirstIssue) => wanted.index,
        (_, KindChoice::Following { previous, .. }) => previous.person_index,
    };
    let mut person = plan.people.person(person_index);
    if !matches!(spoil, Spoil::Nothing) {
        // A planted defect is the only finding.
        person.spelling = None;
    }
    let no_place = Place::default();
    let place = plan.people.places().get(person.place).unwrap_or(&no_place);
    let mut message = compose(plan, wanted, &person, place);
    let mut soil = Soil {
        plan,
        person: &person,
        place,
        policy: plan.policy.of(&place.region, wanted.approved_on),
        card: stock::card_before(plan, wanted.choice, &message, &person),
        unknown_member: "",
        rng: stream(plan.seed, Purpose::Defect, wanted.index),
    };
    let mut expected = Vec::new();
    expected.extend(person.spelling.as_ref().map(|_| "NAME-NORMALISED"));
    expected.extend(names::is_rare(&person.name).then_some("NAME-RARE"));
    let notes_count = expected.len();
    if let Some(defect) = spoil.defect(&message, &mut soil) {
        (defect.plant)(&mut message, &mut soil);
        expected.push(defect.rule);
    }
    if matches!(spoil, Spoil::Photo)
        && let Some(faulty) = pick(&mut soil.rng, plan.album.faulty())
    {
        if message.photo.source == PhotoSource::Default {
            message.photo.source = PhotoSource::Upload;
        }
        message.photo = choices::declared(message.photo.source, Some(&faulty.facts));
        expected.push(faulty.fault.code());
    }
    // A shape that serde writes can always be written: strings, numbers and lists alone.
    let mut json = serde_json::to_string(&message).unwrap_or_default();
    if !soil.unknown_member.is_empty() {
        json.pop();
        json.push_str(soil.unknown_member);
        json.push('}');
    }
    Generated {
        application_id: message.application_id.clone().into_owned(),
        json,
        spoiled: expected.len() > notes_count,
        expected,
        person_index,
        region: place.region.clone(),
        bank: message.bank.clone().into_owned(),
        kind: message.kind,
        card: soil.card,
    }
}
