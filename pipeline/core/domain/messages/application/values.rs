//! The values of its enumerations, with the words they are spelled by.

use serde::{Deserialize, Serialize};

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

/// How the agent is related to the holder, from the authority's own records (s3).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    Parent,
    Grandparent,
    OtherGuardian,
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

/// Where the photo comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhotoSource {
    Upload,
    Default,
    IdPhoto,
    Studio,
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
