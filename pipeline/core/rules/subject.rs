//! One application under check, with what several rules need worked out once.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::domain::application::{Agent, Application, Document, DocumentKind, Holder};
use crate::domain::date;
use crate::domain::identity_number::{self, IdentityDefect, IdentityNumber, NumberClass};
use crate::domain::limits::MAX_DOCUMENTS_COUNT;
use crate::domain::matrix::{Age, Case};
use crate::domain::name::{self, NameDefect, NormalisedName};
use crate::domain::policy::RegionPolicy;
use crate::domain::reference::{Bank, Facts, Outlet, Reference, RegionNow};
use crate::domain::set::Set;

/// Local time of the whole country (Asia/Shanghai), without summer time since 1991.
const LOCAL: Offset = Offset::constant(8);

/// Age at which an agent is no longer needed, in whole years (Civil Code art. 17).
pub(super) const ADULT_YEARS: i16 = 18;

/// An application and what follows from it. Personal data: no `Debug`.
pub struct Subject<'s> {
    pub application: &'s Application<'s>,
    pub reference: &'s Reference,
    /// What the issuing region had decided on the day of approval.
    pub policy: &'s RegionPolicy,
    /// Local date of the run.
    pub today: Date,
    pub approved_at: Option<Timestamp>,
    /// Local date of approval; every age is reckoned on it.
    pub approved_on: Option<Date>,
    /// What became of the issuing region, and the one in force that it names or leads to.
    pub region_now: RegionNow<'s>,
    pub region: Option<&'s str>,
    /// The bank and the opening outlet, when they are known.
    pub bank: Option<&'s Bank>,
    pub outlet: Option<&'s Outlet>,
    pub holder_number: Result<IdentityNumber, IdentityDefect>,
    pub holder_name: Result<NormalisedName<'s>, NameDefect>,
    /// The declared birth date.
    pub born_on: Option<Date>,
    /// First and last day of the holder's paper; `None` when absent, unreadable or without an end.
    pub valid_from: Option<Date>,
    pub valid_to: Option<Date>,
    /// The kinds of document there are.
    pub shown: Set<DocumentKind>,
    pub agent_number: Option<Result<IdentityNumber, IdentityDefect>>,
    pub agent_name: Option<Result<NormalisedName<'s>, NameDefect>>,
}

impl<'s> Subject<'s> {
    /// Works out what the rules share.
    pub fn new(application: &'s Application<'s>, facts: &Facts<'s>) -> Subject<'s> {
        let (holder, reference) = (&application.holder, facts.reference);
        let approved_at = instant(&application.approved_at);
        let approved_on = approved_at.map(local_date);
        let region_now = reference.region_now(&application.region);
        let region = region_now.in_force();
        Subject {
            application,
            reference,
            policy: facts.policy.of(region.unwrap_or_default(), approved_on.unwrap_or(facts.today)),
            today: facts.today,
            approved_at,
            approved_on,
            region_now,
            region,
            bank: reference.bank(&application.bank),
            outlet: reference.outlet(&application.opening_outlet),
            holder_number: identity_number::parse(&holder.id_number),
            holder_name: name::normalise(&holder.name),
            born_on: date::parse(&holder.birth_date),
            valid_from: holder.id_valid_from.as_deref().and_then(date::parse),
            valid_to: holder.id_valid_to.as_deref().and_then(date::parse),
            shown: application.documents.iter().map(|document| document.kind).collect(),
            agent_number: application.agent.as_ref().map(|agent| identity_number::parse(&agent.id_number)),
            agent_name: application.agent.as_ref().map(|agent| name::normalise(&agent.name)),
        }
    }

    pub(super) fn holder(&self) -> &'s Holder<'s> {
        &self.application.holder
    }

    pub(super) fn agent(&self) -> Option<&'s Agent<'s>> {
        self.application.agent.as_ref()
    }

    /// The holder's number, when it is well formed; rules about its content are silent otherwise.
    pub(super) fn number(&self) -> Option<&IdentityNumber> {
        self.holder_number.as_ref().ok()
    }

    /// Age of the holder at approval, in whole years; `None` when either date is unreadable.
    pub(super) fn age(&self) -> Option<i16> {
        Some(whole_years(self.born_on?, self.approved_on?))
    }

    /// Whether the holder is known to be under 18 at approval.
    pub(super) fn is_minor(&self) -> bool {
        self.age().is_some_and(|age| age < ADULT_YEARS)
    }

    /// Whether the holder is known to be 18 or older at approval.
    pub(super) fn is_adult(&self) -> bool {
        self.age().is_some_and(|age| age >= ADULT_YEARS)
    }

    /// Whether the holder is known to be younger at approval than the region's newborns.
    pub(super) fn is_newborn(&self) -> Option<bool> {
        Some(whole_months(self.born_on?, self.approved_on?) < self.policy.newborn_months)
    }

    /// The agent of a minor: the card is collected by that person, and the papers are the child's.
    pub(super) fn minors_agent(&self) -> Option<&'s Agent<'s>> {
        self.agent().filter(|_| self.is_minor())
    }

    /// Whether a citizen's number was issued outside what the region calls home.
    pub(super) fn is_from_elsewhere(&self) -> bool {
        let region = self.number().and_then(IdentityNumber::region);
        region.is_some_and(|region| {
            !self.policy.home_within.holds(region, self.region.unwrap_or(&self.application.region))
        })
    }

    /// Whether the number is of the class; what it says by itself is only judged then.
    pub(super) fn number_of(&self, class: NumberClass) -> Option<&IdentityNumber> {
        self.number().filter(|number| number.class == class)
    }

    /// The documents, as far as the rules look at them; DOCUMENT-COUNT reports more.
    pub(super) fn documents(&self) -> impl Iterator<Item = (usize, &'s Document<'s>)> {
        self.application.documents.iter().take(MAX_DOCUMENTS_COUNT).enumerate()
    }

    /// The case of the document matrix; `None` while the age or a minor's agent is not known.
    pub(super) fn case(&self) -> Option<Case> {
        let application = self.application;
        let (holder, head) = match self.minors_agent() {
            Some(agent) => (Age::Minor, agent.household_head),
            None if self.is_adult() => (Age::Adult, None),
            None => return None,
        };
        let (paper, kind, channel) = (application.holder.id_type, application.kind, application.channel);
        Some(Case { holder, paper, kind, channel, head })
    }
}

pub(super) use date::instant;

/// The local date of an instant.
pub(super) fn local_date(instant: Timestamp) -> Date {
    LOCAL.to_datetime(instant).date()
}

/// Whole years from birth to a date; the birthday itself counts, and someone born on 29 February
/// has it on 1 March of other years.
pub(super) fn whole_years(born: Date, on: Date) -> i16 {
    let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
    on.year() - born.year() - i16::from(before_birthday)
}

/// Whole months from birth to a date, as [`whole_years`].
pub(super) fn whole_months(born: Date, on: Date) -> i32 {
    let months = (i32::from(on.year()) - i32::from(born.year())) * 12 + i32::from(on.month()) - i32::from(born.month());
    months - i32::from(on.day() < born.day())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        assert_eq!(whole_years(date(2008, 11, 20), date(2026, 11, 19)), 17);
        assert_eq!(whole_years(date(2008, 11, 20), date(2026, 11, 20)), 18);
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 2, 28)), 17);
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 3, 1)), 18);
    }

    #[test]
    fn a_month_is_reached_on_its_day() {
        assert_eq!(whole_months(date(2025, 11, 20), date(2026, 11, 19)), 11);
        assert_eq!(whole_months(date(2025, 11, 20), date(2026, 11, 20)), 12);
        assert_eq!(whole_months(date(2025, 12, 31), date(2026, 2, 28)), 1);
        assert_eq!(whole_months(date(2026, 2, 1), date(2026, 1, 31)), -1);
    }

    #[test]
    fn the_local_date_is_that_of_shanghai() {
        let date_of = |text: &str| instant(text).map(local_date);
        assert_eq!(date_of("2026-11-20T10:12:31+08:00"), Some(date(2026, 11, 20)));
        assert_eq!(date_of("2026-11-20T16:00:00Z"), Some(date(2026, 11, 21)));
        assert_eq!(date_of("2026-11-20"), None);
    }
}
