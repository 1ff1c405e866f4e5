//! A synthetic person, and who acts for a minor.
//!
//! Nobody in here exists; none of these types has `Debug`, all the same, because the rest of the code
//! treats them as persons.

use cardline_core::domain::application::{IdType, Relation};
use jiff::civil::Date;

use super::classes::Class;
use super::ground::Home;
use super::validity::ValidTo;

/// Somebody a card is made for.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub index: u64,
    pub class: Class,
    /// Which of the planned places the person lives in.
    pub place: usize,
    pub name: String,
    /// The name as the applicant's system spells it, with look-alike characters, where it does.
    pub spelling: Option<String>,
    pub id_type: IdType,
    pub id_number: String,
    pub id_valid_from: Option<Date>,
    pub id_valid_to: Option<ValidTo>,
    pub male: bool,
    pub ethnicity: Option<&'static str>,
    pub nationality: &'static str,
    pub birth_date: Date,
    /// Major group of GB/T 6565-2015.
    pub occupation: &'static str,
    pub mobile: String,
    pub phone: Option<String>,
    pub home: Home,
    pub address_detail: String,
    pub employer: Option<Employer>,
    pub agent: Option<Guardian>,
}

/// Where an adult works.
#[derive(Clone, PartialEq, Eq)]
pub struct Employer {
    pub code: String,
    pub name: String,
}

/// Who acts for a minor, or for somebody who cannot come.
#[derive(Clone, PartialEq, Eq)]
pub struct Guardian {
    pub name: String,
    pub id_number: String,
    pub male: bool,
    pub id_valid_to: ValidTo,
    pub relation: Relation,
    /// Both only when the child's paper is a household book.
    pub household_head: Option<bool>,
    pub same_booklet: Option<bool>,
}
