//! What a kind of deadline is made of.

use cardline_core::domain::policy::ByRegion;
use futures_util::future::BoxFuture;
use jiff::civil::Date;

use crate::store::{LedgerError, Stamp, Tx};

/// A kind of things that must not wait past their day.
pub struct Deadline {
    /// Its name in leases and among what was set aside.
    pub name: &'static str,
    /// Whose things of this kind are overdue on day `$1`: partners, or one empty text where they are nobody's.
    pub(super) partners: &'static str,
    /// What metrics count of it.
    pub gauges: &'static [Gauge],
    /// Gives everything of a partner that is overdue its next day.
    pub(super) settle: Settle,
}

/// Settles what one partner's things missed.
pub type Settle = for<'t> fn(&'t mut Tx, Missed<'t>) -> BoxFuture<'t, Result<(), LedgerError>>;

/// Whose things missed their day, and the days that follow.
#[derive(Clone, Copy)]
pub struct Missed<'m> {
    pub partner: &'m str,
    pub dates: &'m NextDates,
    pub why: Stamp<'m>,
}

/// The dates that follow a missed deadline, by the region of what missed it.
pub struct NextDates {
    pub today: Date,
    /// A partner is asked again by this day.
    pub chase_on: ByRegion<Date>,
    /// A person decides by this day.
    pub case_on: ByRegion<Date>,
    /// Recalled plastic is back by this day.
    pub return_on: ByRegion<Date>,
    /// A card is activated by this day.
    pub activate_on: ByRegion<Date>,
    /// Returned plastic is in a recycling batch by this day.
    pub recycle_on: ByRegion<Date>,
    /// The bank keeps what nobody collected until so many months after it arrived.
    pub bank_months: ByRegion<i32>,
    /// After so many reminders a person is asked.
    pub reminders: ByRegion<i64>,
}

/// Two figures of `/metrics`, over things with a deadline.
pub struct Gauge {
    /// The value of the metric's label `kind`.
    pub label: &'static str,
    /// How many were due before day `$1`.
    pub overdue: &'static str,
    /// The earliest day by which one is due.
    pub oldest: &'static str,
}

/// The gauge of the rows of `$from`, a table with a condition.
macro_rules! gauge {
    ($label:literal, $from:expr) => {
        $crate::cases::deadline::Gauge {
            label: $label,
            overdue: concat!("SELECT count(*) FROM ", $from, " AND due_on < $1"),
            oldest: concat!("SELECT min(due_on) FROM ", $from),
        }
    };
}
pub(crate) use gauge;
