//! The application and its parts.

use serde::{Deserialize, Serialize};

use super::values::{
    Channel, DocumentKind, IdType, Kind, PhotoSource, PickupMethod, PreviousReason, Priority, Relation,
};
use crate::domain::identity_number;
use crate::domain::text::Text;

/// The only schema name this version reads.
pub const SCHEMA: &str = "card.application.v1";

/// One approved application, one revision of it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Application<'a> {
    #[serde(borrow)]
    pub schema: Text<'a>,
    #[serde(borrow)]
    pub event_id: Text<'a>,
    #[serde(borrow)]
    pub application_id: Text<'a>,
    /// 1 for the first; a higher one replaces a rejected or returned one.
    pub revision: u32,
    pub kind: Kind,
    pub priority: Priority,
    pub channel: Channel,
    /// Issuing region: current 6-digit GB/T 2260 code.
    #[serde(borrow)]
    pub region: Text<'a>,
    /// RFC 3339 with offset; day 0 of the promise.
    #[serde(borrow)]
    pub approved_at: Text<'a>,
    #[serde(borrow)]
    pub holder: Holder<'a>,
    #[serde(borrow, default)]
    pub agent: Option<Agent<'a>>,
    #[serde(borrow)]
    pub documents: Vec<Document<'a>>,
    #[serde(borrow)]
    pub photo: Photo<'a>,
    /// Our code of a partner bank of the region.
    #[serde(borrow)]
    pub bank: Text<'a>,
    /// 12-digit CNAPS code.
    #[serde(borrow)]
    pub opening_outlet: Text<'a>,
    #[serde(borrow)]
    pub pickup: Pickup<'a>,
    #[serde(borrow, default)]
    pub previous_card: Option<PreviousCard<'a>>,
    #[serde(borrow)]
    pub consent: Consent<'a>,
}

/// The person the card is for (持卡人).
#[derive(Clone, Serialize, Deserialize)]
pub struct Holder<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub id_type: IdType,
    #[serde(borrow)]
    pub id_number: Text<'a>,
    #[serde(borrow)]
    pub id_valid_from: Option<Text<'a>>,
    /// A date, or `long_term`.
    #[serde(borrow)]
    pub id_valid_to: Option<Text<'a>>,
    /// GB/T 2261.1: `1` male, `2` female.
    #[serde(borrow)]
    pub sex: Text<'a>,
    /// GB/T 3304, two digits; may be absent for foreigners.
    #[serde(borrow)]
    pub ethnicity: Option<Text<'a>>,
    /// ISO 3166 alpha-3.
    #[serde(borrow)]
    pub nationality: Text<'a>,
    #[serde(borrow)]
    pub birth_date: Text<'a>,
    #[serde(borrow)]
    pub occupation: Option<Text<'a>>,
    #[serde(borrow)]
    pub mobile: Text<'a>,
    #[serde(borrow)]
    pub phone: Option<Text<'a>>,
    #[serde(borrow)]
    pub address: Address<'a>,
    #[serde(borrow, default)]
    pub employer: Option<Employer<'a>>,
}

impl Holder<'_> {
    /// The number as partners and the chip hold it: one of fifteen digits in its eighteen (GB 11643-1999). A
    /// number that is none stays as it was sent.
    pub fn whole_number(&self) -> String {
        identity_number::parse(&self.id_number).map_or_else(|_| self.id_number.to_string(), |n| n.normalised)
    }
}

/// Where the holder lives: 12-digit statistical division code and the rest of the line.
#[derive(Clone, Serialize, Deserialize)]
pub struct Address<'a> {
    #[serde(borrow)]
    pub region: Text<'a>,
    #[serde(borrow)]
    pub detail: Text<'a>,
}

/// The employer, for unit pickup.
#[derive(Clone, Serialize, Deserialize)]
pub struct Employer<'a> {
    #[serde(borrow)]
    pub code: Text<'a>,
    #[serde(borrow)]
    pub name: Text<'a>,
}

/// The agent (代办人) acting for a minor or someone who cannot come.
#[derive(Clone, Serialize, Deserialize)]
pub struct Agent<'a> {
    #[serde(borrow)]
    pub name: Text<'a>,
    pub id_type: IdType,
    #[serde(borrow)]
    pub id_number: Text<'a>,
    #[serde(borrow)]
    pub sex: Text<'a>,
    #[serde(borrow, default)]
    pub id_valid_from: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub id_valid_to: Option<Text<'a>>,
    pub relation: Relation,
    #[serde(borrow)]
    pub mobile: Text<'a>,
    /// Whether the agent heads the household of the child's household book.
    #[serde(default)]
    pub household_head: Option<bool>,
    /// The answer to "same booklet?".
    #[serde(default)]
    pub same_booklet: Option<bool>,
}

/// One supporting document: an object key and a digest, never the bytes.
#[derive(Clone, Serialize, Deserialize)]
pub struct Document<'a> {
    pub kind: DocumentKind,
    #[serde(borrow)]
    pub object: Text<'a>,
    #[serde(borrow)]
    pub sha256: Text<'a>,
}

/// The photo as declared; the bytes are fetched and checked before the account cut.
#[derive(Clone, Serialize, Deserialize)]
pub struct Photo<'a> {
    pub source: PhotoSource,
    #[serde(borrow, default)]
    pub object: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub sha256: Option<Text<'a>>,
    #[serde(default)]
    pub bytes: Option<u64>,
    #[serde(default)]
    pub width: Option<u32>,
    #[serde(default)]
    pub height: Option<u32>,
}

/// Where the card is collected; for mail, where it is sent.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pickup<'a> {
    pub method: PickupMethod,
    #[serde(borrow, default)]
    pub point: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub phone: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub postcode: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub address: Option<Text<'a>>,
}

/// The card this one follows; required for every kind but a first issue.
#[derive(Clone, Serialize, Deserialize)]
pub struct PreviousCard<'a> {
    #[serde(borrow)]
    pub card_number: Text<'a>,
    #[serde(borrow)]
    pub bank: Text<'a>,
    pub reason: PreviousReason,
}

/// The statement version the applicant accepted, and when (s3 disclaimer).
#[derive(Clone, Serialize, Deserialize)]
pub struct Consent<'a> {
    #[serde(borrow)]
    pub statement: Text<'a>,
    #[serde(borrow)]
    pub accepted_at: Text<'a>,
}
