//! One application under check, with what several rules need worked out once.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use crate::domain::application::{Agent, Application, Document, DocumentKind, Holder};
use crate::domain::identity_number::{self, IdentityDefect, IdentityNumber};
use crate::domain::name::{self, NameDefect, NormalisedName};
use crate::domain::reference::{Facts, Reference};

/// Local time of the whole country (Asia/Shanghai), without summer time since 1991.
const LOCAL: Offset = Offset::constant(8);

/// Age at which an agent is no longer needed, in whole years (Civil Code art. 17).
pub(super) const ADULT_YEARS: i16 = 18;

/// An application and what follows from it. Personal data: no `Debug`.
pub struct Subject<'s> {
    pub application: &'s Application<'s>,
    pub reference: &'s Reference,
    /// Local date of the run.
    pub today: Date,
    /// Local date of approval; every age is reckoned on it.
    pub approved_on: Option<Date>,
    pub holder_number: Result<IdentityNumber, IdentityDefect>,
    pub holder_name: Result<NormalisedName<'s>, NameDefect>,
    /// The declared birth date.
    pub born_on: Option<Date>,
    pub agent_number: Option<Result<IdentityNumber, IdentityDefect>>,
}

impl<'s> Subject<'s> {
    /// Works out what the rules share.
    pub fn new(application: &'s Application<'s>, facts: &Facts<'s>) -> Subject<'s> {
        Subject {
            application,
            reference: facts.reference,
            today: facts.today,
            approved_on: instant(&application.approved_at).map(local_date),
            holder_number: identity_number::parse(&application.holder.id_number),
            holder_name: name::normalise(&application.holder.name),
            born_on: application.holder.birth_date.parse().ok(),
            agent_number: application.agent.as_ref().map(|agent| identity_number::parse(&agent.id_number)),
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

    pub(super) fn documents(&self) -> &'s [Document<'s>] {
        &self.application.documents
    }

    pub(super) fn has_document(&self, kind: DocumentKind) -> bool {
        self.documents().iter().any(|document| document.kind == kind)
    }
}

/// An RFC 3339 instant.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_age_is_reached_on_the_birthday() {
        assert_eq!(whole_years(date(2008, 11, 20), date(2026, 11, 19)), 17);
        assert_eq!(whole_years(date(2008, 11, 20), date(2026, 11, 20)), 18);
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 2, 28)), 17);
        assert_eq!(whole_years(date(2008, 2, 29), date(2026, 3, 1)), 18);
    }

    #[test]
    fn the_local_date_is_that_of_shanghai() {
        let date_of = |text: &str| instant(text).map(local_date);
        assert_eq!(date_of("2026-11-20T10:12:31+08:00"), Some(date(2026, 11, 20)));
        assert_eq!(date_of("2026-11-20T16:00:00Z"), Some(date(2026, 11, 21)));
        assert_eq!(date_of("2026-11-20"), None);
    }
}
