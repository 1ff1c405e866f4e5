//! Why pickup windows were not moved: what was found, as data.

use jiff::civil::Date;
use serde::Serialize;

use super::take_over::CannotTakeOver;
use crate::actions::imports::reference_file::RowFault;
use crate::actions::outcome::ActionError;

/// Shipments that lie there and are not moved.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct LeftOut {
    /// Nothing of it is left there.
    pub empty: i64,
    /// Received, and no window was opened yet.
    pub unopened: i64,
    /// A person must decide about their delivery.
    pub disputed: i64,
    /// Open until that day or later: no window ends earlier than its holders were told.
    pub later: i64,
    /// It ends on that day anyway, or earlier.
    pub earlier: i64,
    /// Cards outside the scope of who acts lie in the same carton.
    pub shared: i64,
}

/// Why pickup windows were not moved, in the order in which it is checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PickupRefusal {
    /// Neither an area nor a point has this code, or it reaches beyond what who acts sees.
    NoSuchPlace { place: String },
    /// The day is over.
    DayPassed { day: Date },
    /// Holders could not come any more: no window is closed before the next day.
    TooSoon { day: Date },
    /// More than a year ahead.
    TooFar { day: Date },
    /// More shipments than one act moves.
    TooMany { most: i64 },
    /// Nothing there would get another day.
    NothingMoves { place: String, left_out: LeftOut },
    /// It was not previewed.
    Unconfirmed { cards: i64 },
    /// No card is there, comes there, or is within the scope of who acts.
    NothingToHandOn { point: String },
    /// Cards outside the scope of who acts are there, too: a point is handed on whole.
    CardsOfOthers { point: String },
    /// More cards than one act hands on.
    TooManyCards { most: i64 },
    /// The other point cannot take over.
    CannotTakeOver { to: String, why: CannotTakeOver },
    /// A second person must give it first.
    NeedsSecond { id: String },
    /// What was confirmed is not what would be done now.
    OtherOperation { id: String },
    /// No card of the point waits in an open window, or none after the one that was named.
    NothingOnShelf { point: String },
    /// The file cannot be read as a list.
    NoList(RowFault),
    /// No list of this name was made for a point that who acts sees.
    NoSuchList { list: String },
}

impl PickupRefusal {
    /// What was found in one word, for who shows it in another language or process, and what it is about.
    pub fn code(&self) -> (&'static str, String) {
        match self {
            PickupRefusal::NoSuchPlace { place } => ("no-such-place", place.clone()),
            PickupRefusal::DayPassed { day } => ("day-passed", day.to_string()),
            PickupRefusal::TooSoon { day } => ("too-soon", day.to_string()),
            PickupRefusal::TooFar { day } => ("too-far", day.to_string()),
            PickupRefusal::TooMany { most } => ("too-many", most.to_string()),
            PickupRefusal::NothingMoves { place, .. } => ("nothing-moves", place.clone()),
            PickupRefusal::Unconfirmed { cards } => ("unconfirmed", cards.to_string()),
            PickupRefusal::NothingToHandOn { point } => ("nothing-to-hand-on", point.clone()),
            PickupRefusal::CardsOfOthers { point } => ("cards-of-others", point.clone()),
            PickupRefusal::TooManyCards { most } => ("too-many-cards", most.to_string()),
            PickupRefusal::CannotTakeOver { to, why } => (why.code(), to.clone()),
            PickupRefusal::NeedsSecond { id } => ("needs-second", id.clone()),
            PickupRefusal::OtherOperation { id } => ("other-operation", id.clone()),
            PickupRefusal::NothingOnShelf { point } => ("nothing-on-shelf", point.clone()),
            PickupRefusal::NoList(fault) => ("no-list", fault.to_string()),
            PickupRefusal::NoSuchList { list } => ("no-such-list", list.clone()),
        }
    }
}

/// Refuses what was not previewed, and what would be another operation now.
pub(super) fn refuse_unconfirmed(confirm: Option<&str>, operation: &str, cards: i64) -> Result<(), PickupRefusal> {
    match confirm {
        None => Err(PickupRefusal::Unconfirmed { cards }),
        Some(id) if id != operation => Err(PickupRefusal::OtherOperation { id: id.into() }),
        Some(_) => Ok(()),
    }
}

/// Why an act on pickup windows was not carried out.
pub type PickupError = ActionError<PickupRefusal>;

impl From<PickupRefusal> for PickupError {
    fn from(refusal: PickupRefusal) -> PickupError {
        ActionError::Refused(refusal)
    }
}
