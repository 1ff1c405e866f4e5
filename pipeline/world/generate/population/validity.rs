//! The paper a person of a class has, and how long it is valid.

use cardline_core::domain::application::IdType;
use jiff::Span;
use jiff::civil::Date;
use rand::RngExt;

use super::classes::Class;
use crate::generate::streams::Rng;

/// How long a paper is valid.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ValidTo {
    Date(Date),
    LongTerm,
}

/// The paper of a class and its validity around the first day; none is noted for a household book.
pub(crate) fn paper(rng: &mut Rng, class: Class, birth: Date, first_day: Date) -> (IdType, Option<(Date, ValidTo)>) {
    let permit = |rng: &mut Rng, term_years: i64| {
        let from = first_day.saturating_sub(Span::new().days(rng.random_range(60..(term_years - 2) * 365)));
        (from, ValidTo::Date(from.saturating_add(Span::new().years(term_years))))
    };
    match class {
        Class::ChildWithBook | Class::Newborn => (IdType::HouseholdBook, None),
        Class::HongKongOrMacao => (IdType::HkMacaoResidence, Some(permit(rng, 5))),
        Class::Taiwan => (IdType::TaiwanResidence, Some(permit(rng, 5))),
        Class::Foreigner => (IdType::ForeignPermanent, Some(permit(rng, 10))),
        Class::Adult | Class::ChildWithId | Class::Youth | Class::TurnedSixteen | Class::Represented => {
            (IdType::ResidentId, Some(resident_validity(rng, birth, first_day)))
        }
    }
}

/// A resident ID: 5 years under 16, 10 to 25, 20 to 45, then long-term; at least two years are left.
pub(crate) fn resident_validity(rng: &mut Rng, birth: Date, first_day: Date) -> (Date, ValidTo) {
    let age_years = |day: Date| {
        i64::from(day.year())
            - i64::from(birth.year())
            - i64::from((day.month(), day.day()) < (birth.month(), birth.day()))
    };
    let from = first_day.saturating_sub(Span::new().days(rng.random_range(20..1_000i64)));
    let from = from.max(birth.saturating_add(Span::new().days(30)));
    // Someone who turned 16 meanwhile has taken out the paper of the older since.
    let turned = birth.saturating_add(Span::new().years(16).days(1));
    let from = if (from..=first_day).contains(&turned) { turned } else { from };
    let term_years = match age_years(from) {
        ..16 => 5,
        16..26 => 10,
        26..46 => 20,
        _ => return (from, ValidTo::LongTerm),
    };
    (from, ValidTo::Date(from.saturating_add(Span::new().years(term_years))))
}
