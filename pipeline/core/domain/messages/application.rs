//! The approved application, as it arrives on `card.applications` (schema `card.application.v1`).
//!
//! Strings borrow from the message where JSON allows it, so that decoding a chunk copies little.
//! Personal data: none of these types has `Debug` or `Display`, so no log line can print one.

use serde::{Deserialize, Serialize};

use crate::domain::identity_number;
pub use crate::domain::text::Text;

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

/// Why a card is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    FirstIssue,
    /// 补卡: lost or damaged.
    Replacement,
    /// 换卡: face data changed, misprint, expired, worn.
    Exchange,
    /// 换银行.
    BankChange,
    /// The child's card at 16.
    AdultRenewal,
}

/// The lane: batches never mix lanes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Normal,
    Urgent,
    Newborn,
}

/// Where the application was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Counter,
    SelfService,
    Website,
    MiniProgramme,
    BankOnline,
    BankCounter,
    JointBirth,
}

/// The paper a person is identified by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdType {
    ResidentId,
    HouseholdBook,
    HkMacaoResidence,
    TaiwanResidence,
    ForeignPermanent,
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

/// How the agent is related to the holder, from the authority's own records (s3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Parent,
    Grandparent,
    OtherGuardian,
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

/// What a supporting document shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    IdFront,
    IdBack,
    BirthCertificate,
    RelationProof,
    HouseholdHeadPage,
    HouseholdHolderPage,
    HouseholdHolderChangePage,
    HouseholdHeadOwnPage,
    HouseholdHeadChangePage,
    CollectiveHouseholdCertificate,
    AgentIdFront,
    AgentIdBack,
    BankConfirmation,
    RegistrationForm,
    PhotoAuthorisation,
    PhotoReceipt,
    ResidencePermit,
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

/// Where the photo comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoSource {
    Upload,
    Default,
    IdPhoto,
    Studio,
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

/// How the card is collected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PickupMethod {
    AgentAtOutlet,
    Village,
    Community,
    ServiceCentre,
    BankOutlet,
    Employer,
    Mail,
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

/// Why the previous card is given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PreviousReason {
    Lost,
    Damaged,
    Quality,
    Misprint,
    Expired,
    NameChanged,
    NumberChanged,
    PhotoChanged,
    BankChanged,
    #[serde(rename = "turned_16")]
    Turned16,
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

/// The word of a value as messages and tables spell it.
macro_rules! words {
    ($($kind:ident { $($value:ident => $word:literal),* $(,)? })*) => {
        $(impl $kind {
            /// The word as messages and tables spell it.
            pub const fn word(self) -> &'static str {
                match self { $($kind::$value => $word),* }
            }
        })*
    };
}

words! {
    Kind {
        FirstIssue => "first_issue", Replacement => "replacement", Exchange => "exchange", BankChange => "bank_change",
        AdultRenewal => "adult_renewal",
    }
    Priority { Normal => "normal", Urgent => "urgent", Newborn => "newborn" }
    IdType {
        ResidentId => "resident_id", HouseholdBook => "household_book", HkMacaoResidence => "hk_macao_residence",
        TaiwanResidence => "taiwan_residence", ForeignPermanent => "foreign_permanent",
    }
    Relation { Parent => "parent", Grandparent => "grandparent", OtherGuardian => "other_guardian" }
    PickupMethod {
        AgentAtOutlet => "agent_at_outlet", Village => "village", Community => "community", ServiceCentre => "service_centre",
        BankOutlet => "bank_outlet", Employer => "employer", Mail => "mail",
    }
    PreviousReason {
        Lost => "lost", Damaged => "damaged", Quality => "quality", Misprint => "misprint", Expired => "expired",
        NameChanged => "name_changed", NumberChanged => "number_changed", PhotoChanged => "photo_changed",
        BankChanged => "bank_changed", Turned16 => "turned_16",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_fifteen_digits_is_passed_on_as_eighteen() {
        const PASS: &str = include_str!("../../../../fixtures/rules/ADDRESS-EMPTY/pass.json");
        let mut application: Application<'_> = serde_json::from_str(PASS).unwrap();
        let eighteen = application.holder.id_number.to_string();
        assert_eq!(application.holder.whole_number(), eighteen);
        let fifteen = [&eighteen[..6], &eighteen[8..17]].concat();
        application.holder.id_number = fifteen.as_str().into();
        assert!(eighteen[6..8] == *"19" && application.holder.whole_number() == eighteen);
        application.holder.id_number = "none".into();
        assert_eq!(application.holder.whole_number(), "none");
    }

    #[test]
    fn words_are_those_of_the_messages() {
        for kind in [Kind::FirstIssue, Kind::Replacement, Kind::Exchange, Kind::BankChange, Kind::AdultRenewal] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
        for reason in [PreviousReason::Turned16, PreviousReason::NumberChanged, PreviousReason::Lost] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.word());
        }
        for method in [PickupMethod::AgentAtOutlet, PickupMethod::ServiceCentre, PickupMethod::Mail] {
            assert_eq!(serde_json::to_value(method).unwrap(), method.word());
        }
        for paper in [IdType::HkMacaoResidence, IdType::ResidentId, IdType::ForeignPermanent] {
            assert_eq!(serde_json::to_value(paper).unwrap(), paper.word());
        }
    }
}
