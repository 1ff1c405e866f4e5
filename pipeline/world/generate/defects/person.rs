//! Birth, sex, ethnicity, nationality, occupation, and the age at renewal.

use cardline_core::domain::application::{Kind, PreviousReason};
use rand::RngExt;

use super::identity::numbered;
use super::{Defect, Message, Soil, adult, anyone, citizen, defect, first_of_adult, following, year_of};
use crate::generate::classes::Class;

pub(super) const DEFECTS: &[Defect] = &[
    defect("BIRTH-AGREES", adult, another_day),
    defect("BIRTH-DATE", adult, no_date),
    defect("BIRTH-DATE", adult, year_of_five_digits),
    defect("BIRTH-RANGE", first_of_adult, of_another_century),
    defect("ETHNICITY-CODE", adult, unknown_ethnicity),
    defect("ETHNICITY-CODE", adult, no_ethnicity),
    defect("NATIONALITY-AGREES", anyone, another_country),
    defect("NATIONALITY-CODE", adult, unknown_nationality),
    defect("OCCUPATION-CODE", anyone, unknown_occupation),
    defect("OCCUPATION-MISSING", anyone, no_occupation),
    defect("RENEWAL-AGE", child_with_a_card, early_renewal),
    defect("SEX-AGREES", citizen, other_sex),
    defect("SEX-CODE", anyone, unknown_sex),
];

/// The first day of the month, or of the month in the year before: who was older when the paper was issued
/// may have it as long.
fn another_day(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let year = year_of(&message.holder.birth_date);
    let (month, day) = message.holder.birth_date.get(4..).unwrap_or("-01-02").split_at(4);
    message.holder.birth_date = format!("{}{month}01", if day == "01" { year - 1 } else { year }).into();
}

fn no_date(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.birth_date = message.holder.birth_date.replace('-', "/").into();
}

fn year_of_five_digits(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.birth_date = "19850-03-07".into();
}

/// A hundred years too old, in the number too.
fn of_another_century(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let number = &message.holder.id_number;
    let (prefix, sequence) = (number.get(..6).unwrap_or("110101"), number.get(14..17).unwrap_or("901"));
    let month_and_day = message.holder.birth_date.get(5..).filter(|day| *day != "02-29").unwrap_or("01-01").to_owned();
    message.holder.id_number = numbered(prefix, &format!("1880{}", month_and_day.replace('-', "")), sequence).into();
    message.holder.birth_date = format!("1880-{month_and_day}").into();
}

fn unknown_ethnicity(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    message.holder.ethnicity = Some(soil.rng.random_range(57..90u32).to_string().into());
}

fn no_ethnicity(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.ethnicity = None;
}

fn another_country(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.nationality = if message.holder.nationality == "CAN" { "USA" } else { "CAN" }.into();
}

fn no_occupation(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.occupation = None;
}

fn unknown_nationality(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.nationality = "XXQ".into();
}

fn unknown_occupation(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.occupation = Some("Z9".into());
}

fn child_with_a_card(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let child = matches!(soil.person.class, Class::ChildWithBook | Class::ChildWithId);
    child && message.kind != Kind::BankChange && following(message, soil)
}

fn early_renewal(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.kind = Kind::AdultRenewal;
    if let Some(previous) = &mut message.previous_card {
        previous.reason = PreviousReason::Turned16;
    }
}

fn other_sex(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.sex = if message.holder.sex == "1" { "2" } else { "1" }.into();
}

fn unknown_sex(message: &mut Message<'_>, _: &mut Soil<'_>) {
    message.holder.sex = "9".into();
}
