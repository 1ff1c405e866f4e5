//! The same fields as an application, as plain as serde makes them: borrowed strings, nothing checked.

#![expect(dead_code, reason = "the fields are decoded, never read")]

use serde::Deserialize;

#[derive(Deserialize)]
pub struct Application<'a> {
    pub schema: &'a str,
    pub event_id: &'a str,
    pub application_id: &'a str,
    pub revision: u32,
    pub kind: &'a str,
    pub priority: &'a str,
    pub channel: &'a str,
    pub region: &'a str,
    pub approved_at: &'a str,
    #[serde(borrow)]
    pub holder: Holder<'a>,
    #[serde(borrow)]
    pub agent: Option<Agent<'a>>,
    #[serde(borrow)]
    pub documents: Vec<Document<'a>>,
    #[serde(borrow)]
    pub photo: Photo<'a>,
    pub bank: &'a str,
    pub opening_outlet: &'a str,
    #[serde(borrow)]
    pub pickup: Pickup<'a>,
    #[serde(borrow)]
    pub previous_card: Option<PreviousCard<'a>>,
    #[serde(borrow)]
    pub consent: Consent<'a>,
}

#[derive(Deserialize)]
pub struct Holder<'a> {
    pub name: &'a str,
    pub id_type: &'a str,
    pub id_number: &'a str,
    pub id_valid_from: Option<&'a str>,
    pub id_valid_to: Option<&'a str>,
    pub sex: &'a str,
    pub ethnicity: Option<&'a str>,
    pub nationality: &'a str,
    pub birth_date: &'a str,
    pub occupation: Option<&'a str>,
    pub mobile: &'a str,
    pub phone: Option<&'a str>,
    #[serde(borrow)]
    pub address: Address<'a>,
    #[serde(borrow)]
    pub employer: Option<Employer<'a>>,
}

#[derive(Deserialize)]
pub struct Address<'a> {
    pub region: &'a str,
    pub detail: &'a str,
}

#[derive(Deserialize)]
pub struct Employer<'a> {
    pub code: &'a str,
    pub name: &'a str,
}

#[derive(Deserialize)]
pub struct Agent<'a> {
    pub name: &'a str,
    pub id_type: &'a str,
    pub id_number: &'a str,
    pub sex: &'a str,
    pub id_valid_from: Option<&'a str>,
    pub id_valid_to: Option<&'a str>,
    pub relation: &'a str,
    pub mobile: &'a str,
    pub household_head: Option<bool>,
    pub same_booklet: Option<bool>,
}

#[derive(Deserialize)]
pub struct Document<'a> {
    pub kind: &'a str,
    pub object: &'a str,
    pub sha256: &'a str,
}

#[derive(Deserialize)]
pub struct Photo<'a> {
    pub source: &'a str,
    pub object: Option<&'a str>,
    pub sha256: Option<&'a str>,
    pub bytes: Option<u64>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

#[derive(Deserialize)]
pub struct Pickup<'a> {
    pub method: &'a str,
    pub point: Option<&'a str>,
    pub name: Option<&'a str>,
    pub phone: Option<&'a str>,
    pub postcode: Option<&'a str>,
    pub address: Option<&'a str>,
}

#[derive(Deserialize)]
pub struct PreviousCard<'a> {
    pub card_number: &'a str,
    pub bank: &'a str,
    pub reason: &'a str,
}

#[derive(Deserialize)]
pub struct Consent<'a> {
    pub statement: &'a str,
    pub accepted_at: &'a str,
}
