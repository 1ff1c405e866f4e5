//! Why something is due on its day: the rule, what the day was counted from, the days off skipped, and what changed it
//! since. The command and the page are shown this same value.
//!
//! The day is reckoned again from the history; `agrees` says whether the stored day is that one. Nothing personal
//! stands in it: no record is decrypted. Not here: which move sets a day (`route/due_rules.rs`).

mod calendars;
mod reckoning;

use cardline_core::domain::calendar::Calendar;
use cardline_core::domain::promise;
use cardline_core::state_machines::{APPLICATION, Standing, is_owed};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use self::calendars::Calendars;
use self::reckoning::Reckoning;
use super::trace::{Trace, TracedMove};
use crate::route::due_moves::{DayFacts, DayMove};
use crate::step::{StageError, Worker};
use crate::time::local_date;

/// Why a card is due on its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExplainedDay {
    pub application_id: String,
    /// The card's place; where its application waits for the applicant, that state.
    pub state: String,
    /// What the deadline is called; `none`: nothing is due.
    pub kind: &'static str,
    pub owner: String,
    pub due_on: Option<String>,
    /// Negative when past.
    pub working_days_left: Option<i64>,
    pub rule: Option<RuleShown>,
    pub counted_from: Option<CountedFrom>,
    /// The day reckoned again.
    pub reckoned_on: Option<Date>,
    /// Days off after the day it was counted from.
    pub days_off: Vec<Date>,
    /// A year in between has no calendar yet: Monday to Friday.
    pub provisional: bool,
    pub pauses: Pauses,
    /// What changed the day since, the oldest first; a notice that moved a window is one of them.
    pub changed: Vec<DayChange>,
    /// Whether the stored day is the one reckoned again.
    pub agrees: bool,
    pub promise: PromiseShown,
}

/// How many days, who says so, and in which version and section of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleShown {
    pub key: &'static str,
    pub value: i64,
    /// `working days`, `natural days` or `natural months`.
    pub unit: &'static str,
    pub policy_version: Option<u32>,
    pub effective: Option<Date>,
    /// The code of the region's section, or `default`.
    pub section: Option<String>,
    /// Whose profile says so, where it is not the policy.
    pub partner: Option<String>,
}

/// What the days are counted from, that day not included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CountedFrom {
    pub on: Date,
    pub because: String,
}

/// For how long the clock of the promise stood still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pauses {
    pub paused_days: i64,
}

/// One change of the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DayChange {
    pub on: Date,
    pub by: String,
    pub from: Date,
    pub to: Date,
    /// `answer`, `asked again`, `bank`, `batch`, `calendar`, `case`, `decision`, `event`, `notice`, `photo`, `region`, `revision`,
    /// `roll-over`, `sent` or `window`.
    pub why: &'static str,
    pub because: String,
}

/// What was promised to the holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PromiseShown {
    pub approved_on: String,
    pub days: i32,
    pub paused_days: i64,
    pub promise_on: String,
    pub warned_on: Option<Date>,
}

/// Why a card is due on its day, by application id, card number or card identifier; `None`: there is no such card
/// within the scope of who asks.
///
/// # Errors
/// The ledger cannot be read, or its calendar is wrong.
pub async fn explain_day(worker: &Worker, key: &str, now: Timestamp) -> Result<Option<ExplainedDay>, StageError> {
    let Some(trace) = worker.ledger.trace(key).await? else { return Ok(None) };
    let own = trace.moves.iter().map(own_move).collect();
    let Some(facts) = worker.ledger.day_facts(&trace.application_id, own).await? else { return Ok(None) };
    let today = local_date(now);
    let calendars = Calendars::until(&worker.ledger, today).await?;
    Ok(Some(explained(worker, &trace, &facts, &calendars, today)))
}

fn own_move(m: &TracedMove) -> DayMove {
    let (life, from_state, to_state) = (m.life.clone(), m.from.clone(), m.to.clone());
    DayMove { life, from_state, to_state, at: m.at, actor: m.by.clone(), reason: m.reason.clone(), notice: None }
}

fn explained(worker: &Worker, trace: &Trace, facts: &DayFacts, calendars: &Calendars, today: Date) -> ExplainedDay {
    let waits = APPLICATION.state(&trace.state).is_some_and(|state| state.standing == Standing::Under);
    let place = trace.place.clone().filter(|_| !waits);
    let state = place.unwrap_or_else(|| trace.state.clone());
    let is_due = is_owed(&trace.state, trace.place.as_deref(), &trace.social, &trace.account);
    let mut shown = ExplainedDay {
        application_id: trace.application_id.clone(),
        state,
        kind: "none",
        owner: trace.owner.clone(),
        due_on: None,
        working_days_left: None,
        rule: None,
        counted_from: None,
        reckoned_on: None,
        days_off: Vec::new(),
        provisional: false,
        pauses: Pauses { paused_days: facts.paused_days },
        changed: Vec::new(),
        agrees: true,
        promise: promised(worker, trace, facts),
    };
    let due_on = trace.due_on.parse::<Date>().ok();
    if let (true, Some(due_on)) = (is_due, due_on) {
        shown.due_on = Some(trace.due_on.clone());
        shown.working_days_left = Some(calendars.now().working_days_until(today, due_on));
        let reckoned = Reckoning::of(worker, facts, calendars).replayed().up_to(due_on, today);
        shown.take(reckoned, due_on, calendars.now());
    }
    shown
}

impl ExplainedDay {
    fn take(&mut self, reckoning: Reckoning<'_>, due_on: Date, calendar: &Calendar) {
        let Some(day) = reckoning.day else {
            self.agrees = false;
            return;
        };
        self.kind = day.kind;
        self.reckoned_on = Some(day.on);
        self.agrees = day.on == due_on;
        self.changed = reckoning.changed;
        if day.rule.unit == reckoning::WORKING {
            let between = day.counted_from.on.series(jiff::Span::new().days(1)).skip(1).take_while(|at| *at <= day.on);
            for at in between {
                let is = calendar.is_working_day(at);
                self.provisional |= is.provisional;
                self.days_off.extend((!is.working).then_some(at));
            }
        }
        (self.rule, self.counted_from) = (Some(day.rule), Some(day.counted_from));
    }
}

fn promised(worker: &Worker, trace: &Trace, facts: &DayFacts) -> PromiseShown {
    let approved: Option<Date> = facts.approved_on.parse().ok();
    let paused = i32::try_from(facts.paused_days).unwrap_or(i32::MAX);
    PromiseShown {
        approved_on: facts.approved_on.clone(),
        days: approved.map_or(0, |on| worker.policy.of(&facts.region, on).promise_days),
        paused_days: facts.paused_days,
        promise_on: trace.promise_on.clone(),
        warned_on: approved.map(|on| promise::warning(on, paused)),
    }
}
