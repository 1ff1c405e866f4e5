//! An event on its way into the ledger: its kind, what was read of it, and the days it sets.

use std::sync::Arc;

use cardline_core::domain::policy::hand_over::{HandOver, Lacking, TakenBy};
use jiff::Timestamp;
use jiff::civil::Date;

/// What an event does, by its type. What it does to a card is in [`effects`](super::settle::effects).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EventKind {
    Delivery(Delivery),
    Collected,
    CollectedByUnit,
    HandedOver,
    /// By mail, as a point tells it that does not name carrier and number.
    CollectedByMail,
    /// Its point gave it to a carrier.
    SentByMail,
    /// The carrier handed it to the person.
    Delivered,
    /// The carrier brought it back to the point.
    ReturnedByMail,
    /// It is not in the box it was listed in.
    Missing,
    /// It was missing, and is there.
    Found,
    ActivatedSocial,
    ActivatedFinancial,
    ActivatedBoth,
    LostFormally,
    LossLifted,
    LostProvisionally,
    Ended,
    PlasticReturned,
    Withdrawn,
    /// Known and kept encrypted, without a move: a fact about phone, lock or password.
    Fact,
}

/// What a point says of a carton that it has, or the city of one that passes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Delivery {
    /// So many cards were counted.
    Received,
    /// So many are not there.
    Short,
    /// So many are there that are none of its.
    Over,
    /// So many are there and damaged.
    Damaged,
    /// A box of another shipment lies in it.
    WrongBox,
    /// So many cards were counted in the city, on their way to the point.
    InCity,
}

impl Delivery {
    /// The word in the ledger; never changed.
    pub const fn word(self) -> &'static str {
        match self {
            Delivery::Received => "received",
            Delivery::Short => "short",
            Delivery::Over => "over",
            Delivery::Damaged => "damaged",
            Delivery::WrongBox => "wrong-box",
            Delivery::InCity => "city",
        }
    }
}

/// What an event says of a hand-over.
#[derive(Clone, Default)]
pub struct Handed {
    /// `None`: by nobody we know.
    pub by: Option<TakenBy>,
    /// Kinds of papers that were shown.
    pub shown: Vec<String>,
    /// The agent's paper and the holder's are one and the same.
    pub is_one_paper: bool,
}

/// By which carrier a card was sent, and under which of its numbers; both opaque.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mailing {
    pub carrier: String,
    pub tracking: String,
}

/// One event, read and ready to settle. Holds encrypted bytes only.
pub struct ArrivingEvent {
    pub position: i64,
    pub event_id: Option<String>,
    pub digest: Vec<u8>,
    /// `None`: it could not be read; `reason` says why.
    pub kind: Option<EventKind>,
    pub reason: Option<String>,
    /// Card number, application id or shipment number.
    pub subject: String,
    /// The application of the card, found when its chunk is settled: a card has several names.
    pub application: Option<i64>,
    /// Cards counted, for a receipt.
    pub count: Option<i64>,
    /// The box a receipt names.
    pub container: Option<String>,
    pub at: Timestamp,
    pub actor: String,
    /// What was shown: kinds and hashes, as JSON.
    pub evidence: Option<String>,
    /// Code of the place where it happened; none where it says none.
    pub place: Option<String>,
    /// Who took the card and what was shown.
    pub handed: Handed,
    /// Of an event of the mail.
    pub mailing: Option<Mailing>,
    /// Why plastic came back or a card ended, in our words.
    pub because: Option<String>,
    pub encrypted: Vec<u8>,
}

/// The dates events set, reckoned by the caller in the working calendar, and what else the policy says of them.
#[derive(Clone)]
pub struct EventDates {
    /// A unit hands out by this day.
    pub hand_out_on: Date,
    /// A collected card is activated by this day.
    pub activate_on: Date,
    /// A card sent by mail is delivered by this day.
    pub mailed_on: Date,
    /// A missing card is looked for until this day.
    pub missing_on: Date,
    /// The last day of a window that opens today.
    pub window_on: Date,
    /// Old plastic is due back by this day.
    pub return_on: Date,
    /// Returned plastic is in a recycling batch by this day.
    pub recycle_on: Date,
    /// The city keeps what nobody collected until so many months after it arrived.
    pub city_months: i32,
    pub today: Date,
    /// A withdrawal waits for its application until this day.
    pub wait_until: Date,
    /// A person looks at what was refused by this day.
    pub look_on: Date,
    /// A person decides a case by this day.
    pub case_on: Date,
    /// What a hand-over must show, and what becomes of one that lacks something.
    pub hand_over: Arc<HandOver>,
    pub lacking: Lacking,
}
