//! Defects to plant in a clean application: each makes exactly one rule of the catalogue refuse it.
//!
//! Not here: what is wrong with a message as a message (`mishaps`).

use rand::RngExt;
use serde_json::{Value, json};

use super::classes::Class;
use super::streams::Rng;

/// One way to spoil an application.
pub struct Defect {
    /// Code of the rule that must find it.
    pub rule: &'static str,
    /// Whether the defect can be planted in an application of such a person.
    pub fits: fn(Class) -> bool,
    /// Spoils the message.
    pub plant: fn(&mut Value, &mut Rng),
}

/// All of them, sorted by the code of their rule.
pub const DEFECTS: &[Defect] = &[
    defect("ADDRESS-LENGTH", anyone, long_address),
    defect("AGENT-ID-NUMBER", Class::is_minor, wrong_check_character_of_agent),
    defect("AGENT-REQUIRED", Class::is_minor, no_agent),
    defect("BANK-UNKNOWN", adult, unknown_bank),
    defect("BIRTH-AGREES", adult, another_birth_date),
    defect("CONSENT-INSTANT", anyone, consent_after_approval),
    defect("DOCUMENT-REQUIRED", Class::is_minor, missing_document),
    defect("ETHNICITY-CODE", adult, unknown_ethnicity),
    defect("ID-CHECKSUM", resident, wrong_check_character),
    defect("MOBILE-FORM", anyone, short_mobile),
    defect("NAME-CHARACTER", anyone, name_with_a_question_mark),
    defect("NAME-SEPARATOR", adult, separator_at_the_end),
    defect("NATIONALITY-CODE", adult, unknown_nationality),
    defect("OUTLET-CHECK", adult, wrong_check_digit_of_outlet),
    defect("PAPER-EXPIRED", adult, expired_paper),
    defect("PHOTO-DEFAULT-AGE", adult, cartoon_of_an_adult),
    defect("PHOTO-SIZE", adult, small_photo),
    defect("PICKUP-POINT", adult, unknown_point),
    defect("PREVIOUS-REQUIRED", adult, replacement_of_nothing),
    defect("SEX-AGREES", resident, another_sex),
];

const fn defect(rule: &'static str, fits: fn(Class) -> bool, plant: fn(&mut Value, &mut Rng)) -> Defect {
    Defect { rule, fits, plant }
}

/// The first defect from `start` on (wrapping) that fits; `None` when none does.
#[must_use]
pub fn fitting(class: Class, start: usize) -> Option<&'static Defect> {
    let count = DEFECTS.len().max(1);
    DEFECTS.iter().cycle().skip(start % count).take(count).find(|defect| (defect.fits)(class))
}

fn anyone(_: Class) -> bool {
    true
}

fn adult(class: Class) -> bool {
    class == Class::Adult
}

/// Whoever has a resident's number.
fn resident(class: Class) -> bool {
    class.is_minor() || class == Class::Adult
}

fn set(message: &mut Value, pointer: &str, value: Value) {
    if let Some(place) = message.pointer_mut(pointer) {
        *place = value;
    }
}

fn text(message: &Value, pointer: &str) -> String {
    message.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn name_with_a_question_mark(message: &mut Value, _: &mut Rng) {
    let name = text(message, "/holder/name");
    let first: String = name.chars().take(1).collect();
    set(message, "/holder/name", format!("{first}?").into());
}

/// The same number with another last character; X is never taken, so that the shape stays right.
fn with_wrong_check(number: &str, rng: &mut Rng) -> String {
    let (rest, last) = number.split_at(number.len().saturating_sub(1));
    let last = last.parse::<u32>().unwrap_or(0);
    format!("{rest}{}", (last + rng.random_range(1..10u32)) % 10)
}

fn wrong_check_character(message: &mut Value, rng: &mut Rng) {
    let number = text(message, "/holder/id_number");
    // A number ending in X stands for ten: any digit is wrong then.
    set(message, "/holder/id_number", with_wrong_check(&number, rng).into());
}

fn wrong_check_character_of_agent(message: &mut Value, rng: &mut Rng) {
    let number = text(message, "/agent/id_number");
    set(message, "/agent/id_number", with_wrong_check(&number, rng).into());
}

/// The same month, another day.
fn another_birth_date(message: &mut Value, _: &mut Rng) {
    let date = text(message, "/holder/birth_date");
    let (month, day) = date.split_at(date.len().saturating_sub(2));
    let day = if day == "11" { "12" } else { "11" };
    set(message, "/holder/birth_date", format!("{month}{day}").into());
}

fn another_sex(message: &mut Value, _: &mut Rng) {
    let other = if text(message, "/holder/sex") == "1" { "2" } else { "1" };
    set(message, "/holder/sex", other.into());
}

fn expired_paper(message: &mut Value, rng: &mut Rng) {
    let year = text(message, "/approved_at").get(..4).and_then(|year| year.parse::<u32>().ok()).unwrap_or(2026);
    let day = rng.random_range(1..29u32);
    set(message, "/holder/id_valid_from", format!("{}-03-{day:02}", year.saturating_sub(11)).into());
    set(message, "/holder/id_valid_to", format!("{}-03-{day:02}", year.saturating_sub(1)).into());
}

fn short_mobile(message: &mut Value, _: &mut Rng) {
    let mobile = text(message, "/holder/mobile");
    let short: String = mobile.chars().take(10).collect();
    set(message, "/holder/mobile", short.into());
}

fn unknown_ethnicity(message: &mut Value, rng: &mut Rng) {
    set(message, "/holder/ethnicity", rng.random_range(57..90u32).to_string().into());
}

fn unknown_nationality(message: &mut Value, _: &mut Rng) {
    set(message, "/holder/nationality", "XXQ".into());
}

fn long_address(message: &mut Value, _: &mut Rng) {
    set(message, "/holder/address/detail", "样例街道".repeat(11).into());
}

/// Collected by the holder then, so that only the agent is missed.
fn no_agent(message: &mut Value, _: &mut Rng) {
    set(message, "/agent", Value::Null);
    set(message, "/pickup/method", "bank_outlet".into());
}

fn unknown_bank(message: &mut Value, _: &mut Rng) {
    set(message, "/bank", "NOBANK".into());
}

fn separator_at_the_end(message: &mut Value, _: &mut Rng) {
    let name = text(message, "/holder/name");
    set(message, "/holder/name", format!("{name}·").into());
}

/// The first page of the paper itself, which every minor must show.
fn missing_document(message: &mut Value, _: &mut Rng) {
    if let Some(documents) = message.get_mut("documents").and_then(Value::as_array_mut) {
        documents.retain(|document| !matches!(document["kind"].as_str(), Some("household_holder_page" | "id_front")));
    }
}

fn small_photo(message: &mut Value, _: &mut Rng) {
    set(message, "/photo/source", "upload".into());
    set(message, "/photo/width", 179.into());
    set(message, "/photo/height", 220.into());
}

fn cartoon_of_an_adult(message: &mut Value, _: &mut Rng) {
    set(
        message,
        "/photo",
        json!({ "source": "default", "object": null, "sha256": null, "bytes": null, "width": null, "height": null }),
    );
}

/// The holder then collects at home, so that only the opening outlet is wrong.
fn wrong_check_digit_of_outlet(message: &mut Value, rng: &mut Rng) {
    collect_at_home(message);
    let outlet = text(message, "/opening_outlet");
    set(message, "/opening_outlet", with_wrong_check(&outlet, rng).into());
}

fn unknown_point(message: &mut Value, _: &mut Rng) {
    collect_at_home(message);
    let region = text(message, "/region");
    set(message, "/pickup/point", format!("{region}999198").into());
}

/// The last three digits of a division code tell villages from communities.
fn collect_at_home(message: &mut Value) {
    let home = text(message, "/holder/address/region");
    let number = home.get(9..).and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    let is_village = matches!(number, 200..400 | 500..600);
    set(message, "/pickup/method", if is_village { "village" } else { "community" }.into());
    set(message, "/pickup/point", home.into());
}

fn replacement_of_nothing(message: &mut Value, _: &mut Rng) {
    set(message, "/kind", "replacement".into());
}

fn consent_after_approval(message: &mut Value, _: &mut Rng) {
    let approved = text(message, "/approved_at");
    let later = format!("{}T23:59:59+08:00", approved.get(..10).unwrap_or_default());
    set(message, "/consent/accepted_at", later.into());
}
