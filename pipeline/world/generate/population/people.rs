//! Synthetic people: each a pure function of the seed and an index, no two with one identity number.
//!
//! Not here: what they apply for (`applications`).

use cardline_core::domain::application::Relation;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::{BLOCK, Class, Classes};
use super::ground::Place;
use super::numbers::{self, Numbering};
use super::person::{Employer, Guardian, Person};
use super::{contacts, names, validity};
use crate::generate::profile::Profile;
use crate::generate::streams::{Purpose, Rng, chance, percent, pick, stream};

/// Countries of foreigners: ISO 3166 alpha-3 and numeric.
const COUNTRIES: [(&str, &str); 12] = [
    ("AUS", "036"),
    ("CAN", "124"),
    ("DEU", "276"),
    ("FRA", "250"),
    ("GBR", "826"),
    ("ITA", "380"),
    ("JPN", "392"),
    ("KOR", "410"),
    ("RUS", "643"),
    ("SGP", "702"),
    ("USA", "840"),
    ("VNM", "704"),
];

/// Classes whose numbers begin with a county.
const RESIDENTS: [Class; 7] = [
    Class::Adult,
    Class::ChildWithBook,
    Class::ChildWithId,
    Class::Newborn,
    Class::Youth,
    Class::TurnedSixteen,
    Class::Represented,
];

/// Employers of a region that ordinary people work for.
const EMPLOYERS: u64 = 60;

/// Everybody there is under one seed.
#[derive(Clone)]
pub struct People {
    seed: u64,
    first_day: Date,
    profile: &'static Profile,
    places: Vec<Place>,
    classes: Classes,
    /// Residents by place and class.
    residents: Vec<[Numbering; 7]>,
    hong_kong_macao: Numbering,
    taiwan: Numbering,
    foreigners: Numbering,
}

impl People {
    /// The people of these places, with ages that suit applications in the year after `first_day`.
    ///
    /// `places` must not be empty for anyone to have an address.
    #[must_use]
    pub fn new(seed: u64, first_day: Date, places: Vec<Place>, profile: &'static Profile) -> Self {
        let residents = (1u64..)
            .zip(&places)
            .map(|(number, place)| {
                RESIDENTS.map(|class| Numbering::new(seed, number, class, first_day, place.counties.len()))
            })
            .collect();
        Self {
            classes: match profile.group {
                1 => Classes::shuffled(seed, profile.classes),
                _ => Classes::in_order(profile.classes),
            },
            residents,
            hong_kong_macao: Numbering::new(seed, 0, Class::HongKongOrMacao, first_day, 2),
            taiwan: Numbering::new(seed, 0, Class::Taiwan, first_day, 1),
            foreigners: Numbering::new(seed, 0, Class::Foreigner, first_day, COUNTRIES.len()),
            seed,
            first_day,
            profile,
            places,
        }
    }

    /// What they are made of.
    #[must_use]
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// The day ages and papers are reckoned from.
    #[must_use]
    pub fn first_day(&self) -> Date {
        self.first_day
    }

    /// A stream for where people who belong together live and work.
    fn shared(&self, index: u64) -> Rng {
        stream(self.seed, Purpose::Group, index / self.profile.group)
    }

    /// A stream for the way in which people who belong together apply and collect.
    pub(crate) fn shared_way(&self, index: u64) -> Rng {
        stream(self.seed, Purpose::Group, (index / self.profile.group) | (1 << 63))
    }

    /// The planned places, in their order.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// The class of an index, without making the person.
    #[must_use]
    pub fn class(&self, index: u64) -> Class {
        self.classes.of(index).0
    }

    /// The index of the n-th person of a class.
    #[must_use]
    pub fn nth(&self, class: Class, rank: u64) -> u64 {
        self.classes.nth(class, rank)
    }

    /// How many people there are before an identity number comes up again.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        let spread = if self.profile.group == 1 { self.places.len() as u64 } else { 1 };
        let residents = self.residents.iter().flat_map(|classes| RESIDENTS.iter().zip(classes));
        residents
            .map(|(class, numbering)| (*class, numbering.size().saturating_mul(spread)))
            .chain([
                (Class::HongKongOrMacao, self.hong_kong_macao.size()),
                (Class::Taiwan, self.taiwan.size()),
                (Class::Foreigner, self.foreigners.size()),
            ])
            .filter(|(class, _)| self.classes.has(*class))
            .map(|(class, size)| self.classes.nth(class, size))
            .min()
            .unwrap_or(0)
    }

    /// How many of the people may apply; the other half are strangers to them.
    #[must_use]
    pub fn applicants(&self) -> u64 {
        self.capacity() / 2 / BLOCK * BLOCK
    }

    /// Somebody of the same class who never applies: another holder, or the holder under an old number.
    #[must_use]
    pub fn stranger(&self, index: u64) -> Person {
        self.person(index + self.applicants())
    }

    /// The person of an index.
    #[must_use]
    pub fn person(&self, index: u64) -> Person {
        let mut rng = stream(self.seed, Purpose::Person, index);
        let mut shared = self.shared(index);
        let (class, rank) = self.classes.of(index);
        let place_count = (self.places.len() as u64).max(1);
        // A group lives in one region; then ranks are not dealt out among the regions.
        let (place, rank_there) = match self.profile.group {
            1 => (rank % place_count, rank / place_count),
            _ => (shared.random_range(0..place_count), rank),
        };
        let place = usize::try_from(place).unwrap_or(0);
        let number = self.number(class, (rank, rank_there), place);
        let male = number.parts.is_male();
        let named = names::citizen(&mut rng, male);
        let name = if class == Class::Foreigner { names::foreigner(&mut rng, male) } else { named.name };
        let home =
            self.places.get(place).and_then(|place| pick(&mut shared, &place.homes)).cloned().unwrap_or_default();
        let (id_type, valid) = validity::paper(&mut rng, class, number.parts.birth_date, self.first_day);
        Person {
            index,
            class,
            place,
            spelling: names::spelling(&mut rng, &name),
            name,
            id_type,
            id_number: number.text,
            id_valid_from: valid.map(|(from, _)| from),
            id_valid_to: valid.map(|(_, to)| to),
            male,
            ethnicity: match class {
                Class::Foreigner => None,
                Class::HongKongOrMacao | Class::Taiwan => Some("01"),
                _ => Some(named.ethnicity),
            },
            nationality: number.nationality,
            birth_date: number.parts.birth_date,
            occupation: if class.is_minor() {
                "8"
            } else {
                pick(&mut rng, &["1", "2", "3", "4", "4", "5", "5", "6", "6", "8"]).copied().unwrap_or("8")
            },
            mobile: contacts::mobile(&mut rng, index),
            phone: chance(&mut rng, 10).then(|| contacts::landline(self.region(place), index)),
            address_detail: contacts::address_detail(&mut rng, &home),
            employer: (class == Class::Adult).then(|| self.employer(&mut shared, place, index)),
            home,
            agent: class.has_agent().then(|| self.guardian(index, place, class, number.parts.birth_date)),
        }
    }

    /// The number of a class; `ranks` are the rank in the class and the rank in the class and place.
    fn number(&self, class: Class, ranks: (u64, u64), place: usize) -> Number {
        let of = |parts: numbers::Parts, prefix: &str, nationality| Number {
            text: parts.number(prefix),
            parts,
            nationality,
        };
        let numbering = match class {
            Class::HongKongOrMacao => {
                let parts = self.hong_kong_macao.parts(ranks.0);
                return of(parts, if parts.place == 0 { "810000" } else { "820000" }, "CHN");
            }
            Class::Taiwan => return of(self.taiwan.parts(ranks.0), "830000", "CHN"),
            Class::Foreigner => {
                let parts = self.foreigners.parts(ranks.0);
                let province = self.region(place).get(..2).unwrap_or("11");
                let (nationality, numeric) = COUNTRIES.get(parts.place).copied().unwrap_or(("USA", "840"));
                // The card of before 2023 stays valid until its last day.
                if ranks.0.is_multiple_of(4) {
                    return Number { text: parts.old_foreign(nationality, province), parts, nationality };
                }
                return of(parts, &format!("9{province}{numeric}"), nationality);
            }
            resident => RESIDENTS.iter().position(|class| *class == resident).unwrap_or(0),
        };
        let parts = match self.residents.get(place).and_then(|classes| classes.get(numbering)) {
            Some(numbering) => numbering.parts(ranks.1),
            None => self.taiwan.parts(ranks.0),
        };
        of(parts, &self.county(place, parts.place), "CHN")
    }

    /// The employer of one person, or of everyone in a group.
    fn employer(&self, shared: &mut Rng, place: usize, index: u64) -> Employer {
        let number = match self.profile.group {
            1 => shared.random_range(0..EMPLOYERS),
            group => EMPLOYERS + index / group,
        };
        Employer { code: format!("{}{number:06}", self.region(place)), name: format!("样例单位{number}") }
    }

    fn region(&self, place: usize) -> &str {
        self.places.get(place).map_or("", |place| place.region.as_str())
    }

    fn county(&self, place: usize, county: usize) -> String {
        self.places.get(place).and_then(|place| place.counties.get(county)).map_or("110101", String::as_str).to_owned()
    }

    fn guardian(&self, index: u64, place: usize, class: Class, holder_birth: Date) -> Guardian {
        let mut rng = stream(self.seed, Purpose::Agent, index);
        let (relation, older_years) = match percent(&mut rng) {
            // A relative or neighbour, forty to fifty years younger.
            _ if class == Class::Represented => (Relation::OtherGuardian, -50..-40),
            0..80 => (Relation::Parent, 22..38),
            80..94 => (Relation::Grandparent, 48..60),
            _ => (Relation::OtherGuardian, 24..50),
        };
        let male = chance(&mut rng, 45);
        let parts = numbers::agent(&mut rng, holder_birth, older_years, male);
        let with_book = matches!(class, Class::ChildWithBook | Class::Newborn);
        let head = chance(&mut rng, 50);
        Guardian {
            name: names::citizen(&mut rng, male).name,
            id_number: parts.number(&self.county(place, 0)),
            male,
            id_valid_to: validity::resident_validity(&mut rng, parts.birth_date, self.first_day).1,
            relation,
            household_head: with_book.then_some(head),
            same_booklet: with_book.then(|| head || chance(&mut rng, 70)),
        }
    }
}

/// An identity number, what it is made of, and the nationality (ISO 3166 alpha-3) that goes with it.
struct Number {
    text: String,
    parts: numbers::Parts,
    nationality: &'static str,
}
