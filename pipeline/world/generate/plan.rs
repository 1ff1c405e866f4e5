//! What is generated: for whom, with which photos, and how much of it is spoiled.

use cardline_core::domain::application::Kind;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::Reference;
use jiff::civil::Date;

use super::album::Album;
use super::ground::{self, GroundError};
use super::people::People;
use super::profile::{MIXED, Profile};

/// What is generated, for whom and with which photos.
#[derive(Clone)]
pub struct Plan {
    pub seed: u64,
    pub rates: Rates,
    pub people: People,
    pub album: Album,
    /// What the regions offer and demand: the policy that comes with the program.
    pub policy: Policy,
}

/// Out of a hundred applications, how many are spoiled in which way; the first three together are at most 100.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rates {
    /// One defect that a rule of the catalogue finds.
    pub defects: u32,
    /// One defect that only the ledger can find.
    pub ledger_defects: u32,
    /// A photo that is missing, false or none.
    pub photo_faults: u32,
    /// Out of a hundred sound ones, how many are followed by a message that is wrong as a message.
    pub mishaps: u32,
}

impl Plan {
    /// A mixed plan for these regions. Ages suit applications approved in the year from `first_day` on.
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
        let rates = Rates { defects: defect_percent, ..Rates::default() };
        Self::of(&MIXED, seed, rates, regions, first_day, reference, photos)
    }

    /// A plan of a profile.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn of(
        profile: &'static Profile,
        seed: u64,
        rates: Rates,
        regions: &[String],
        first_day: Date,
        reference: &Reference,
        photos: u32,
    ) -> Result<Self, GroundError> {
        let people = People::new(seed, first_day, ground::places(reference, regions)?, profile);
        let policy = Policy::built_in().map_err(|fault| GroundError::Policy(fault.to_string()))?;
        Ok(Self { seed, rates, people, album: Album::new(seed, photos), policy })
    }

    /// What the plan's stretches are made of.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.people.profile()
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
