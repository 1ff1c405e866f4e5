//! The paper the holder is identified by.

use cardline_core::domain::application::{Channel, DocumentKind, IdType};
use rand::RngExt;

use super::documents::add;
use super::identity::numbered;
use super::photo::uploaded_instead;
use super::{Defect, Message, Soil, adult, defect, first_issue, first_of_adult, year_of};
use crate::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] = &[
    defect("PAPER-AGE", adult, book_of_an_adult),
    defect("PAPER-CLASS", first_of_adult, permit_with_a_citizens_number),
    defect("PAPER-DATES", adult, no_first_day),
    defect("PAPER-DATES", adult, upside_down),
    defect("PAPER-DATES", adult, day_that_never_was),
    defect("PAPER-EXPIRED", adult, expired),
    defect("PAPER-IN-PERSON", first_of_youth, permit_from_afar),
    defect("PAPER-ISSUED", adult, before_birth),
    defect("PAPER-ISSUED", adult, after_approval),
    defect("PAPER-TERM", with_an_end, without_end),
    defect("PAPER-TERM", with_an_end, forty_years),
    defect("PERMIT-PLACE", permit, permit_of_the_other_place),
];

fn book_of_an_adult(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_type = IdType::HouseholdBook;
    uploaded_instead(message);
}

fn permit_with_a_citizens_number(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_type = IdType::TaiwanResidence;
    uploaded_instead(message);
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

/// Five years, which no paper exceeds that is issued at any age.
fn expired(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let year = year_of(&message.approved_at);
    let day = soil.rng.random_range(1..29u32);
    message.holder.id_valid_from = Some(format!("{}-03-{day:02}", year - 6).into());
    message.holder.id_valid_to = Some(format!("{}-03-{day:02}", year - 1).into());
}

fn before_birth(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.holder.birth_date);
    message.holder.id_valid_from = Some(format!("{}-12-31", year - 1).into());
}

fn after_approval(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.approved_at);
    message.holder.id_valid_from = Some(format!("{}-01-01", year + 1).into());
}

fn with_an_end(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    adult(message, soil) && message.holder.id_valid_to.as_deref().is_some_and(|to| to != "long_term")
}

fn without_end(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_valid_to = Some("long_term".into());
}

/// The same day forty years later, which a 29 February has too.
fn forty_years(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let from = message.holder.id_valid_from.as_deref().unwrap_or("2020-01-01").to_owned();
    message.holder.id_valid_to = Some(format!("{}{}", year_of(&from) + 40, from.get(4..).unwrap_or("-01-01")).into());
}

fn permit(message: &Message<'_>, _: &Soil<'_>) -> bool {
    matches!(message.holder.id_type, IdType::HkMacaoResidence | IdType::TaiwanResidence)
}

fn permit_of_the_other_place(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.id_type = match message.holder.id_type {
        IdType::TaiwanResidence => IdType::HkMacaoResidence,
        _ => IdType::TaiwanResidence,
    };
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
