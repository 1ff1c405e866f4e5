//! Reckons a day again: the moves that set it, one after another, and the calendars that came between.

use cardline_core::domain::policy::{RegionPolicy, Version};
use cardline_core::domain::promise;
use cardline_core::file_formats::FileKind;
use cardline_core::state_machines::CARD;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::calendars::Calendars;
use super::{CountedFrom, DayChange, RuleShown};
use crate::cases::deadlines::uncollected::months_after;
use crate::limits::{ANSWER_WORKING_DAYS, QUEUE_WORKING_DAYS_MORE};
use crate::messages::told::ENDS_SOON;
use crate::route::due_days::{Days, Holder, How};
use crate::route::due_moves::{DayFacts, DayMove};
use crate::route::due_rules::{asked_again, opens_again, rule_of};
use crate::step::Worker;
use crate::time::local_date;

pub(super) const WORKING: &str = "working days";
const NATURAL: &str = "natural days";
const MONTHS: &str = "natural months";
/// The rule of which a shipment is given the most of its regions, and not the least.
const MOST: &str = "window_working_days";
/// How long a day is looked back for, on which somebody was asked again.
const ASKED_WITHIN_DAYS: i64 = 400;

/// A day, and how it was reckoned.
pub(super) struct ReckonedDay {
    pub on: Date,
    pub kind: &'static str,
    pub rule: RuleShown,
    pub counted_from: CountedFrom,
}

/// How many days a rule gives on a day, and who says so.
struct Given {
    days: i64,
    rule: RuleShown,
}

/// The day so far, and what changed it.
pub(super) struct Reckoning<'r> {
    worker: &'r Worker,
    facts: &'r DayFacts,
    calendars: &'r Calendars,
    of: Holder,
    /// The last day on which something happened to it.
    seen: Option<Date>,
    /// No calendar moves a day that a notice gave.
    is_fixed: bool,
    pub day: Option<ReckonedDay>,
    pub changed: Vec<DayChange>,
}

impl<'r> Reckoning<'r> {
    pub fn of(worker: &'r Worker, facts: &'r DayFacts, calendars: &'r Calendars) -> Reckoning<'r> {
        let (of, _) = facts.holder();
        Reckoning { worker, facts, calendars, of, seen: None, is_fixed: false, day: None, changed: Vec::new() }
    }

    /// With everything that happened.
    pub fn replayed(mut self) -> Reckoning<'r> {
        for m in &self.facts.moves {
            let on = local_date(Timestamp::from_microsecond(m.at).unwrap_or_default());
            self.follow_calendars(on);
            // A window that is open keeps its rule when a person gives it another last day.
            if m.notice.is_none() || m.from_state != m.to_state {
                self.take(m, on);
            }
            self.take_notice(m, on);
            self.seen = Some(on);
        }
        self.follow_calendars(Date::MAX);
        self
    }

    fn take_notice(&mut self, m: &DayMove, on: Date) {
        if m.reason.starts_with(ENDS_SOON) {
            return;
        }
        let is_window = !m.is_of_one_card() || opens_again(&m.reason);
        if m.life == CARD.name && self.of == Holder::Shipment && is_window {
            self.is_fixed = m.notice.is_some_and(|notice| notice.is_fixed);
        }
        let (Some(notice), Some(day)) = (m.notice, &mut self.day) else { return };
        if day.on != notice.becomes {
            let (by, because, to) = (m.actor.clone(), m.reason.clone(), notice.becomes);
            self.changed.push(DayChange { on, by, from: day.on, to, why: "notice", because });
            day.on = to;
        }
    }

    /// Where the stored day is another one: a passed day after which somebody was asked again leaves no move.
    pub fn up_to(mut self, due_on: Date, today: Date) -> Reckoning<'r> {
        let Some(day) = &self.day else { return self };
        if day.on == due_on || !self.facts.chased {
            return self;
        }
        let passed = day.on;
        let days = passed.series(Span::new().days(1)).skip(1).take(ASKED_WITHIN_DAYS as usize);
        for on in days.take_while(|on| *on <= today) {
            let Some(given) = self.given(asked_again(self.of), on) else { return self };
            if self.counted(&given, on) == due_on {
                let because = "the deadline passed".to_owned();
                let (kind, by) = (day.kind, "scheduler".to_owned());
                self.changed.push(DayChange {
                    on,
                    by,
                    from: passed,
                    to: due_on,
                    why: "asked again",
                    because: because.clone(),
                });
                self.day =
                    Some(ReckonedDay { on: due_on, kind, rule: given.rule, counted_from: CountedFrom { on, because } });
                return self;
            }
        }
        self
    }

    /// Open deadlines moved with each calendar that took effect up to a day.
    fn follow_calendars(&mut self, until: Date) {
        let Some(day) = &mut self.day else { return };
        let Some(seen) = self.seen.filter(|_| day.rule.unit == WORKING && !self.is_fixed) else { return };
        for imported in self.calendars.imported.iter().filter(|i| i.on > seen && i.on <= until) {
            let before = self.calendars.on(imported.on.yesterday().unwrap_or(imported.on));
            let to = before.moved(&imported.calendar, imported.on, day.on);
            // A window never ends earlier than its holders were told.
            if to == day.on || (day.kind == "window" && to < day.on) {
                continue;
            }
            let (on, by, because) = (imported.on, imported.by.clone(), "the calendar changed".to_owned());
            self.changed.push(DayChange { on, by, from: day.on, to, why: "calendar", because });
            day.on = to;
        }
    }

    fn take(&mut self, m: &DayMove, on: Date) {
        let found = rule_of(self.of, &m.life, (&m.from_state, &m.to_state), &m.reason);
        let Some((rule, (days, how))) = found.and_then(|rule| Some((rule, rule.sets?))) else { return };
        let Some(given) = self.given(days, on) else { return };
        let mut to = match days {
            Days::Promise => self.promise(&given),
            Days::Arrival(..) => months_after(self.facts.arrived.as_deref(), given.rule.value as i32, on),
            _ => self.counted(&given, on),
        };
        let was = self.day.as_ref().map(|day| (day.on, day.kind));
        let mut shown = (given.rule, CountedFrom { on, because: m.reason.clone() });
        if let (Days::Arrival(..), Some(on)) = (days, self.facts.arrived.as_deref().and_then(|day| day.parse().ok())) {
            shown.1 = CountedFrom { on, because: "arrived at the point".into() };
        }
        if let Days::Promise = days {
            shown.1 = CountedFrom { on: self.approved().unwrap_or(on), because: "approved".into() };
        }
        if how == How::AtLeast && was.is_some_and(|(day, _)| day >= to) {
            return;
        }
        if let (How::AtLeastPromise, Some(promised)) = (how, self.given(Days::Promise, on)) {
            let promised_on = self.promise(&promised);
            if promised_on > to {
                to = promised_on;
                shown = (promised.rule, CountedFrom { on: self.approved().unwrap_or(on), because: "approved".into() });
            }
        }
        match was {
            // A deadline of the same kind, or one that came on top of it.
            Some((from, kind)) if kind == rule.kind || how == How::AtLeast => {
                if from != to {
                    let (by, because) = (m.actor.clone(), m.reason.clone());
                    self.changed.push(DayChange { on, by, from, to, why: rule.why, because });
                }
            }
            _ => self.changed.clear(),
        }
        let (rule_shown, counted_from) = shown;
        self.day = Some(ReckonedDay { on: to, kind: rule.kind, rule: rule_shown, counted_from });
    }

    fn approved(&self) -> Option<Date> {
        self.facts.approved_on.parse().ok()
    }

    fn promise(&self, given: &Given) -> Date {
        let paused = i32::try_from(self.facts.paused_days).unwrap_or(i32::MAX);
        promise::deadline(self.approved().unwrap_or_default(), i32::try_from(given.days).unwrap_or(i32::MAX), paused)
    }

    fn counted(&self, given: &Given, on: Date) -> Date {
        if given.rule.unit == NATURAL {
            return on.saturating_add(Span::new().days(given.days));
        }
        let days = u32::try_from(given.days).unwrap_or(u32::MAX);
        self.calendars.on(on).add_working_days(on, days).date
    }

    /// How many days a rule gives.
    fn given(&self, days: Days, on: Date) -> Option<Given> {
        match days {
            Days::Promise => {
                let version = self.worker.policy.on(self.approved()?);
                Some(self.of_policy(version, ("promise_days", NATURAL), |policy| policy.promise_days.into()))
            }
            Days::Arrival(key, of) => {
                Some(self.of_policy(self.worker.policy.on(on), (key, MONTHS), |policy| of(policy).into()))
            }
            Days::Natural(key, of) => {
                Some(self.of_policy(self.worker.policy.on(on), (key, NATURAL), |policy| of(policy).into()))
            }
            Days::Working(key, of) => {
                Some(self.of_policy(self.worker.policy.on(on), (key, WORKING), |policy| of(policy).into()))
            }
            Days::BankAnswer(kind) => self.answer_of(self.facts.bank.clone(), kind),
            Days::BureauAnswer(kind) => self.answer_of(self.bureau()?, kind),
            Days::BankQueue => self.queue_of(self.facts.bank.clone()),
            Days::BureauQueue => self.queue_of(self.bureau()?),
        }
    }

    fn answer_of(&self, partner: String, kind: FileKind) -> Option<Given> {
        let within = self.worker.partners.get(&partner)?.profile.answer_within_working_days(kind);
        Some(of_partner("answer_within_working_days", within.unwrap_or(ANSWER_WORKING_DAYS), partner))
    }

    fn queue_of(&self, partner: String) -> Option<Given> {
        let waits = self.worker.partners.get(&partner)?.profile.batch.max_age_days;
        Some(of_partner("batch.max_age_days + 2", waits + QUEUE_WORKING_DAYS_MORE, partner))
    }

    /// The bureau that makes the card, or will.
    fn bureau(&self) -> Option<String> {
        let of_region = || self.worker.partners.bureau(&self.facts.region).ok().map(|p| p.profile.code.clone());
        self.facts.bureau.clone().or_else(of_region)
    }

    fn of_policy(
        &self,
        version: &Version,
        (key, unit): (&'static str, &'static str),
        of: impl Fn(&RegionPolicy) -> i64,
    ) -> Given {
        let days = |region: &&String| of(version.regions.of(region));
        let regions = self.facts.regions.iter();
        let region = if key == MOST { regions.max_by_key(days) } else { regions.min_by_key(days) };
        let region = region.map_or("", String::as_str);
        let value = of(version.regions.of(region));
        // A section says only what it changes: the widest that gives this number is where it stands.
        let codes = [6, 4, 2, 0].into_iter().filter_map(|digits| region.get(..digits));
        let widest = codes.take_while(|code| of(version.regions.of(code)) == value).last().unwrap_or_default();
        let section = match version.regions.section_of(widest) {
            "" => "default",
            code => code,
        };
        let rule = RuleShown {
            key,
            value,
            unit,
            policy_version: Some(version.number),
            effective: Some(version.effective),
            section: Some(section.to_owned()),
            partner: None,
        };
        Given { days: value, rule }
    }
}

fn of_partner(key: &'static str, days: u32, partner: String) -> Given {
    let value = i64::from(days);
    let rule = RuleShown {
        key,
        value,
        unit: WORKING,
        policy_version: None,
        effective: None,
        section: None,
        partner: Some(partner),
    };
    Given { days: value, rule }
}
