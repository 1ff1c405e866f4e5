//! Synthetic people: each a pure function of the seed and an index, no two with one identity number.
//!
//! Not here: what they apply for (`applications`).

use cardline_core::domain::application::Relation;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::{Class, Classes};
use super::ground::{Home, Place};
use super::names;
use super::numbers::{self, Numbering};
use super::person::{Guardian, Person};
use super::streams::{Purpose, Rng, chance, percent, pick, stream};
use super::validity;

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
const RESIDENTS: [Class; 6] =
    [Class::Adult, Class::ChildWithBook, Class::ChildWithId, Class::Newborn, Class::Youth, Class::TurnedSixteen];

/// Everybody there is under one seed.
#[derive(Clone)]
pub struct People {
    seed: u64,
    first_day: Date,
    places: Vec<Place>,
    classes: Classes,
    /// Residents by place and class.
    residents: Vec<[Numbering; 6]>,
    hong_kong_macao: Numbering,
    taiwan: Numbering,
    foreigners: Numbering,
}

impl People {
    /// The people of these places, with ages that suit applications in the year after `first_day`.
    ///
    /// `places` must not be empty for anyone to have an address.
    #[must_use]
    pub fn new(seed: u64, first_day: Date, places: Vec<Place>) -> Self {
        let residents = (1u64..)
            .zip(&places)
            .map(|(number, place)| {
                RESIDENTS.map(|class| Numbering::new(seed, number, class, first_day, place.counties.len()))
            })
            .collect();
        Self {
            classes: Classes::new(seed),
            residents,
            hong_kong_macao: Numbering::new(seed, 0, Class::HongKongOrMacao, first_day, 2),
            taiwan: Numbering::new(seed, 0, Class::Taiwan, first_day, 1),
            foreigners: Numbering::new(seed, 0, Class::Foreigner, first_day, COUNTRIES.len()),
            seed,
            first_day,
            places,
        }
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
        let place_count = self.places.len() as u64;
        let residents = self.residents.iter().flat_map(|classes| RESIDENTS.iter().zip(classes));
        residents
            .map(|(class, numbering)| self.classes.nth(*class, numbering.size().saturating_mul(place_count)))
            .chain([
                self.classes.nth(Class::HongKongOrMacao, self.hong_kong_macao.size()),
                self.classes.nth(Class::Taiwan, self.taiwan.size()),
                self.classes.nth(Class::Foreigner, self.foreigners.size()),
            ])
            .min()
            .unwrap_or(0)
    }

    /// The person of an index.
    #[must_use]
    pub fn person(&self, index: u64) -> Person {
        let mut rng = stream(self.seed, Purpose::Person, index);
        let (class, rank) = self.classes.of(index);
        let place_count = (self.places.len() as u64).max(1);
        let place = usize::try_from(rank % place_count).unwrap_or(0);
        let (parts, prefix) = self.number(class, rank, place);
        let male = parts.is_male();
        let foreign = (class == Class::Foreigner).then(|| COUNTRIES.get(parts.place).copied()).flatten();
        let named = names::citizen(&mut rng, male);
        let home = self.places.get(place).and_then(|place| pick(&mut rng, &place.homes)).cloned().unwrap_or_default();
        let (id_type, valid) = validity::paper(&mut rng, class, parts.birth_date, self.first_day);
        Person {
            index,
            class,
            place,
            name: if foreign.is_some() { names::foreigner(&mut rng, male) } else { named.name },
            id_type,
            id_number: parts.number(&prefix),
            id_valid_from: valid.map(|(from, _)| from),
            id_valid_to: valid.map(|(_, to)| to),
            male,
            ethnicity: match class {
                Class::Foreigner => None,
                Class::HongKongOrMacao | Class::Taiwan => Some("01"),
                _ => Some(named.ethnicity),
            },
            nationality: foreign.map_or("CHN", |(country, _)| country),
            birth_date: parts.birth_date,
            occupation: if class.is_minor() {
                "8"
            } else {
                pick(&mut rng, &["1", "2", "3", "4", "4", "5", "5", "6", "6", "8"]).copied().unwrap_or("8")
            },
            mobile: mobile(&mut rng, index),
            phone: chance(&mut rng, 10).then(|| self.landline(place, index)),
            address_detail: address_detail(&mut rng, &home),
            home,
            agent: class.is_minor().then(|| self.guardian(index, place, class, parts.birth_date)),
        }
    }

    /// The parts of a number and the six characters before them.
    fn number(&self, class: Class, rank: u64, place: usize) -> (numbers::Parts, String) {
        let place_count = (self.places.len() as u64).max(1);
        let numbering = match class {
            Class::HongKongOrMacao => {
                let parts = self.hong_kong_macao.parts(rank);
                return (parts, if parts.place == 0 { "810000" } else { "820000" }.to_owned());
            }
            Class::Taiwan => return (self.taiwan.parts(rank), "830000".to_owned()),
            Class::Foreigner => {
                let parts = self.foreigners.parts(rank);
                let province = self.places.get(place).and_then(|place| place.region.get(..2)).unwrap_or("11");
                let country = COUNTRIES.get(parts.place).map_or("840", |(_, numeric)| numeric);
                return (parts, format!("9{province}{country}"));
            }
            resident => RESIDENTS.iter().position(|class| *class == resident).unwrap_or(0),
        };
        let parts = match self.residents.get(place).and_then(|classes| classes.get(numbering)) {
            Some(numbering) => numbering.parts(rank / place_count),
            None => self.taiwan.parts(rank),
        };
        (parts, self.county(place, parts.place))
    }

    fn landline(&self, place: usize, index: u64) -> String {
        let province = self.places.get(place).and_then(|place| place.region.get(..2)).unwrap_or_default();
        let area_code = match province {
            "52" => "0855",
            "62" => "0930",
            _ => "010",
        };
        format!("{area_code}-6{:07}", index % 10_000_000)
    }

    fn county(&self, place: usize, county: usize) -> String {
        self.places.get(place).and_then(|place| place.counties.get(county)).map_or("110101", String::as_str).to_owned()
    }

    fn guardian(&self, index: u64, place: usize, class: Class, holder_birth: Date) -> Guardian {
        let mut rng = stream(self.seed, Purpose::Agent, index);
        let (relation, older_years) = match percent(&mut rng) {
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

/// A mobile number that belongs to the index; the digits after the first two are its own.
fn mobile(rng: &mut Rng, index: u64) -> String {
    let second = rng.random_range(3..10u32);
    format!("1{second}{:09}", index % 1_000_000_000)
}

/// District, community and house, at most 60 bytes of GB18030.
fn address_detail(rng: &mut Rng, home: &Home) -> String {
    let house = rng.random_range(1..400u32);
    let name = ["居民委员会", "村民委员会", "居委会", "村委会"]
        .iter()
        .find_map(|ending| home.name.strip_suffix(ending))
        .unwrap_or(&home.name);
    let kind = if home.is_village && !name.ends_with('村') { "村" } else { "" };
    let fits = |text: &str| text.chars().count() <= 28;
    let whole = format!("{}{name}{kind}{house}号", home.district);
    if fits(&whole) { whole } else { format!("{}{house}号", home.district) }
}
