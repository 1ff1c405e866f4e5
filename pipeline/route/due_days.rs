//! Which moves set the day by which something is due, and by which rule: what explains a day afterwards.
//!
//! The steps reckon the day themselves, where they move; a test of a whole play holds this list against them, for
//! every card that is not finished. Not here: the reckoning (`books/day_explained`).

use cardline_core::domain::policy::RegionPolicy;
use cardline_core::file_formats::FileKind;

/// Whose day it is: a card that travels is due with what it travels in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Holder {
    Card,
    AccountBatch,
    ProductionBatch,
    Shipment,
}

/// How many days, and who says so.
#[derive(Clone, Copy)]
pub(crate) enum Days {
    /// Natural days from the approval, and those for which the clock stood still.
    Promise,
    /// Natural days of the policy.
    Natural(&'static str, fn(&RegionPolicy) -> i32),
    /// Natural months of the policy after the card arrived at its point, and not before the move.
    Arrival(&'static str, fn(&RegionPolicy) -> i32),
    /// Working days of the policy.
    Working(&'static str, fn(&RegionPolicy) -> u32),
    /// Working days of the bank's profile until an answer is late.
    BankAnswer(FileKind),
    /// The same of the bureau's.
    BureauAnswer(FileKind),
    /// As long as the batches of the bank may wait, and two working days.
    BankQueue,
    /// The same of the bureau.
    BureauQueue,
}

/// How a rule changes the day.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Sets,
    /// A later day stays.
    AtLeast,
    /// The promise counts where it is later.
    AtLeastPromise,
}

/// A move that sets a day. Of several that fit the first counts.
pub(crate) struct DayRule {
    pub of: Holder,
    pub life: &'static str,
    /// The states it begins from; empty: any.
    pub from: &'static [&'static str],
    pub to: &'static str,
    /// How its reason begins; empty: any reason.
    pub because: &'static str,
    /// None: the day stays.
    pub sets: Option<(Days, How)>,
    /// What the deadline is called.
    pub kind: &'static str,
    /// Why a day that was there already changed.
    pub why: &'static str,
}
