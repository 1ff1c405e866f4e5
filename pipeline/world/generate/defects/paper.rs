//! The paper the holder is identified by.

use cardline_core::domain::application::{Channel, DocumentKind, IdType};
use rand::RngExt;

use super::documents::add;
use super::identity::numbered;
use super::{Defect, Message, Soil, adult, defect, first_issue, first_of_adult};
use crate::world::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PAPER-AGE", adult, book_of_an_adult),
    defect("PAPER-CLASS", first_of_adult, permit_with_a_citizens_number),
    defect("PAPER-DATES", adult, no_first_day),
    defect("PAPER-DATES", adult, upside_down),
    defect("PAPER-DATES", adult, day_that_never_was),
    defect("PAPER-EXPIRED", adult, expired),
    defect("PAPER-IN-PERSON", first_of_youth, permit_from_afar),
];

fn book_of_an_adult(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_type = IdType::HouseholdBook;
}

fn permit_with_a_citizens_number(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_type = IdType::TaiwanResidence;
}

fn no_first_day(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_valid_from = None;
}

/// From after to, neither of them in the past.
fn upside_down(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_valid_from = Some("2046-01-01".into());
    message.holder.id_valid_to = Some("2036-01-01".into());
}

fn day_that_never_was(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_valid_to = Some("9999-99-99".into());
}

fn expired(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let year = message.approved_at.get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or(2026);
    let day = soil.rng.random_range(1..29u32);
    message.holder.id_valid_from = Some(format!("{}-03-{day:02}", year.saturating_sub(11)).into());
    message.holder.id_valid_to = Some(format!("{}-03-{day:02}", year.saturating_sub(1)).into());
}

fn first_of_youth(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    soil.person.class == Class::Youth && first_issue(message, soil)
}

/// A young person from Hong Kong, by telephone.
fn permit_from_afar(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let birth = message.holder.birth_date.replace('-', "");
    let sequence = message.holder.id_number.get(14..17).unwrap_or("902").to_owned();
    message.holder.id_number = numbered("810000", &birth, &sequence).into();
    message.holder.id_type = IdType::HkMacaoResidence;
    message.channel = Channel::MiniProgramme;
    add(message, DocumentKind::AgentIdFront, &mut soil.rng);
    add(message, DocumentKind::AgentIdBack, &mut soil.rng);
}
