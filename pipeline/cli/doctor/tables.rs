//! What steers the work: partner profiles, policy, reference data, calendars.

use cardline::exchange::load_profiles;
use cardline::step::{StageError, Worker, load_policy};
use cardline::time::local_date;
use cardline_core::domain::calendar::Calendar;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::Finding;
use crate::context::Context;

/// Profiles and policy, which need no database.
pub fn profiles(context: &Context, now: Timestamp) -> Vec<Finding> {
    vec![
        Finding::of("partners", partners(context), "correct the profile that is named"),
        Finding::of("policy", policy(context, local_date(now)), "correct the policy file (CARDLINE_POLICY)"),
    ]
}

fn partners(context: &Context) -> Result<String, StageError> {
    let profiles = load_profiles(context.config.partners.value.as_deref())?;
    let codes: Vec<String> = profiles.iter().map(|p| format!("{} v{}", p.code, p.version)).collect();
    if codes.is_empty() {
        return Err(StageError::Shape("no profile at all; put one TOML file a partner into the folder".into()));
    }
    Ok(format!("{} pass the lint", codes.join(", ")))
}

fn policy(context: &Context, today: Date) -> Result<String, StageError> {
    let policy = load_policy(context.config.policy.value.as_deref())?;
    let version = policy.on(today);
    Ok(format!("version {}, in force from {}", version.number, version.effective))
}

/// Points, outlets and calendars in force.
pub fn reference(worker: &Worker, today: Date) -> Vec<Finding> {
    let (points, outlets) = (worker.reference.points().count(), worker.reference.outlets().count());
    let found = format!("{points} points, {outlets} outlets");
    let tables = if points == 0 || outlets == 0 {
        Finding::fail("reference data", found, "import them: cardline import points FILE, cardline import outlets FILE")
    } else {
        Finding::ok("reference data", found)
    };
    vec![tables, calendar(&worker.calendar, today)]
}

/// Deadlines of this year and the next rest on the calendar.
fn calendar(calendar: &Calendar, today: Date) -> Finding {
    let has = |year: &i16| !calendar.is_working_day(date(*year, 6, 1)).provisional;
    let years = [today.year(), today.year() + 1];
    let missing: Vec<String> = years.iter().filter(|year| !has(year)).map(ToString::to_string).collect();
    let last = (today.year() - 30..today.year() + 10).rev().find(has);
    let last = last
        .map_or_else(|| "there is no calendar at all".into(), |year| format!("the last calendar is that of {year}"));
    if missing.is_empty() {
        return Finding::ok("calendar", last);
    }
    let found = format!("{last}; deadlines in {} are provisional", missing.join(" and "));
    Finding::warn("calendar", found, "import it once the notice is out: cardline import calendar FILE")
}
