//! The holder's number. A number that is another person's, or nobody's, is planted in first issues only:
//! otherwise the ledger would find that the previous card belongs to somebody else.

use cardline_core::domain::application::IdType;
use cardline_core::domain::identity_number::check_character;
use rand::RngExt;

use super::{Defect, Message, Soil, citizen, defect, first_issue, first_of_adult, following, with_wrong_check};

pub(super) const DEFECTS: &[Defect] = &[
    defect("ID-BIRTH-DATE", first_of_adult, thirtieth_of_february),
    defect("ID-CHARACTER", first_issue, full_width_digit),
    defect("ID-CHARACTER", first_of_adult, lower_case_x),
    defect("ID-CHECKSUM", first_citizen, wrong_check_character),
    defect("ID-COUNTRY", first_foreigner, no_country),
    defect("ID-FIFTEEN", following_of_the_last_century, fifteen_digits),
    defect("ID-FIFTEEN-NEW", first_of_the_last_century, fifteen_digits),
    defect("ID-LENGTH", first_issue, cut_off),
    defect("ID-PERMIT-PREFIX", first_permit, permit_with_a_county),
    defect("ID-PROVINCE", first_of_adult, no_province),
    defect("ID-REGION", first_citizen, county_never_listed),
    defect("ID-SEQUENCE", first_citizen, sequence_of_zeros),
];

/// A number of these six, eight and three digits, with its check character.
pub(super) fn numbered(prefix: &str, birth: &str, sequence: &str) -> String {
    let mut number = format!("{prefix}{birth}{sequence}");
    let check = <&[u8; 17]>::try_from(number.as_bytes()).ok().and_then(check_character);
    number.extend(check.map(char::from));
    number
}

/// Prefix, birth and sequence of the holder's number of eighteen.
fn parts(message: &Message<'_>) -> [String; 3] {
    let number = &message.holder.id_number;
    [0..6, 6..14, 14..17].map(|range| number.get(range).unwrap_or_default().to_owned())
}

fn first_citizen(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    first_issue(message, soil) && citizen(message, soil)
}

fn first_permit(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let permit = matches!(message.holder.id_type, IdType::HkMacaoResidence | IdType::TaiwanResidence);
    first_issue(message, soil) && permit
}

fn first_foreigner(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    let new_form = message.holder.id_number.len() == 18;
    first_issue(message, soil) && message.holder.id_type == IdType::ForeignPermanent && new_form
}

fn of_the_last_century(message: &Message<'_>) -> bool {
    message.holder.id_type == IdType::ResidentId && message.holder.birth_date.starts_with("19")
}

fn first_of_the_last_century(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    first_issue(message, soil) && of_the_last_century(message)
}

fn following_of_the_last_century(message: &Message<'_>, soil: &Soil<'_>) -> bool {
    following(message, soil) && of_the_last_century(message)
}

fn thirtieth_of_february(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, sequence] = parts(message);
    let year = birth.get(..4).unwrap_or("1990");
    message.holder.id_number = numbered(&prefix, &format!("{year}0230"), &sequence).into();
}

fn full_width_digit(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let mut characters = message.holder.id_number.chars();
    characters.next_back();
    message.holder.id_number = format!("{}\u{FF11}", characters.as_str()).into();
}

fn lower_case_x(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let start = message.holder.id_number.get(..17).unwrap_or_default();
    message.holder.id_number = format!("{start}x").into();
}

fn wrong_check_character(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    message.holder.id_number = with_wrong_check(&message.holder.id_number, &mut soil.rng).into();
}

fn no_country(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, sequence] = parts(message);
    let accepted_in = prefix.get(..3).unwrap_or("911");
    message.holder.id_number = numbered(&format!("{accepted_in}999"), &birth, &sequence).into();
}

/// The form before 1999: without the century and the check.
fn fifteen_digits(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, sequence] = parts(message);
    message.holder.id_number = format!("{prefix}{}{sequence}", birth.get(2..).unwrap_or_default()).into();
}

fn cut_off(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let shorter = message.holder.id_number.len() - 1;
    message.holder.id_number.to_mut().truncate(shorter);
}

fn permit_with_a_county(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, sequence] = parts(message);
    let start = prefix.get(..2).unwrap_or("81");
    message.holder.id_number = numbered(&format!("{start}0101"), &birth, &sequence).into();
}

fn no_province(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, sequence] = parts(message);
    let county = prefix.get(2..).unwrap_or("0101");
    message.holder.id_number = numbered(&format!("19{county}"), &birth, &sequence).into();
}

/// Codes from 9500 on were never given to a county; many of them, so that no two people meet in one number.
fn county_never_listed(message: &mut Message<'_>, soil: &mut Soil<'_>) {
    let [prefix, ..] = parts(message);
    let province = prefix.get(..2).unwrap_or("11");
    let county = soil.rng.random_range(9_500..10_000u32);
    from_county(message, &format!("{province}{county}"));
}

/// The holder's number, issued in another county.
pub(super) fn from_county(message: &mut Message<'_>, county: &str) {
    let [_, birth, sequence] = parts(message);
    message.holder.id_number = numbered(county, &birth, &sequence).into();
}

/// An even sequence is a woman's.
fn sequence_of_zeros(message: &mut Message<'_>, _: &mut Soil<'_>) {
    let [prefix, birth, _] = parts(message);
    message.holder.id_number = numbered(&prefix, &birth, "000").into();
    message.holder.sex = "2".into();
}
