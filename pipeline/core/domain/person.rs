//! Which person a number means, before any hash is made of it.
//!
//! The same citizen number on a household book and, later, on a resident ID is one person. The
//! keyed hash is made elsewhere, from [`PersonNumber::canonical`]. Personal data: no `Debug`.

use super::application::IdType;
use super::identity_number::{self, IdentityDefect, NumberClass};

/// Class and normalised number: what a person is known by within a province.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonNumber {
    pub class: NumberClass,
    /// As [`identity_number::IdentityNumber::normalised`].
    pub number: String,
}

/// Why a paper and a number name no person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PersonDefect {
    #[error(transparent)]
    Number(#[from] IdentityDefect),
    #[error("the paper does not carry numbers of this class")]
    Class,
}

/// The class of number a paper carries.
pub fn class_of(paper: IdType) -> NumberClass {
    match paper {
        IdType::ResidentId | IdType::HouseholdBook => NumberClass::Citizen,
        IdType::HkMacaoResidence | IdType::TaiwanResidence => NumberClass::Permit,
        IdType::ForeignPermanent => NumberClass::Foreign,
    }
}

impl PersonNumber {
    /// Reads the number of a paper; fifteen digits become eighteen.
    ///
    /// # Errors
    /// A number with a defect, or one of another class than the paper's.
    pub fn new(paper: IdType, number: &str) -> Result<PersonNumber, PersonDefect> {
        let read = identity_number::parse(number)?;
        if read.class != class_of(paper) {
            return Err(PersonDefect::Class);
        }
        Ok(PersonNumber { class: read.class, number: read.normalised })
    }

    /// What the keyed hash is taken of, such as `citizen:` and the number. Never to be logged.
    pub fn canonical(&self) -> String {
        let class = match self.class {
            NumberClass::Citizen => "citizen",
            NumberClass::Permit => "permit",
            NumberClass::Foreign => "foreign",
        };
        format!("{class}:{}", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(paper: IdType, number: &str) -> Result<String, PersonDefect> {
        PersonNumber::new(paper, number).map(|person| person.canonical())
    }

    #[test]
    fn a_child_with_a_new_paper_is_the_same_person() {
        let child = canonical(IdType::HouseholdBook, concat!("110101", "20181120", "3214"));
        assert_eq!(child.as_deref(), Ok(concat!("citizen:", "110101", "20181120", "3214")));
        assert_eq!(child, canonical(IdType::ResidentId, concat!("110101", "20181120", "3214")));
    }

    #[test]
    fn fifteen_digits_are_the_same_person_as_eighteen() {
        assert_eq!(
            canonical(IdType::ResidentId, concat!("542430", "851116", "987")),
            canonical(IdType::ResidentId, concat!("542430", "19851116", "9873"))
        );
    }

    #[test]
    fn a_paper_of_another_class_names_nobody() {
        assert_eq!(canonical(IdType::ResidentId, concat!("810000", "19421211", "9724")), Err(PersonDefect::Class));
        assert_eq!(
            canonical(IdType::ResidentId, concat!("110101", "20181120", "3215")),
            Err(PersonDefect::Number(IdentityDefect::Checksum))
        );
    }
}
