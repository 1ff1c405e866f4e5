//! A station: everything a worker needs to run any step.

use std::path::Path;
use std::sync::Mutex;

use cardline_core::domain::calendar::Calendar;
use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Reference, ReferenceText};
use jiff::civil::Date;

use super::StageError;
use crate::broker::{Publisher, Reader};
use crate::config::Config;
use crate::exchange::Partners;
use crate::keys::Keys;
use crate::ledger::Ledger;
use crate::limits::LEASE_SECONDS;
use crate::objects::Objects;

const REGIONS: &str = include_str!("../../fixtures/reference/regions.csv");
const POINTS: &str = include_str!("../../fixtures/reference/points.csv");
const BANKS: &str = include_str!("../../fixtures/reference/banks.csv");
const OUTLETS: &str = include_str!("../../fixtures/reference/outlets.csv");
const CALENDARS: &[(i16, &str)] = &[
    (2025, include_str!("../../fixtures/reference/holidays-2025.csv")),
    (2026, include_str!("../../fixtures/reference/holidays-2026.csv")),
];

/// Ledger, keys, objects, partners, policies and reference data of one worker.
pub struct Station {
    pub config: Config,
    pub ledger: Ledger,
    pub keys: Keys,
    pub objects: Objects,
    pub partners: Partners,
    pub policy: Policy,
    pub reference: Reference,
    pub calendar: Calendar,
    /// The broker's address, once there is one.
    pub kafka: Option<String>,
    pub(super) readers: Mutex<std::collections::HashMap<String, Reader>>,
    pub(super) publisher: Mutex<Option<Publisher>>,
}

/// The policy of a file, or the built-in one.
pub fn load_policy(path: Option<&Path>) -> Result<Policy, StageError> {
    match path {
        None => Ok(Policy::built_in()?),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| StageError::file(path.display(), e))?;
            Ok(Policy::load(&text)?)
        }
    }
}

impl Station {
    /// Opens everything the configuration names. Fails at once on a wrong profile, policy or table.
    pub async fn open(config: Config, today: Date) -> Result<Station, StageError> {
        let data = config.data.value.clone();
        let ledger = Ledger::open(&config.database.value).await?;
        let keys = Keys::open(&data.join("keys"))?;
        let objects = Objects::in_folder(&data.join("objects"), keys.clone())?;
        let partners = Partners::open(config.partners.value.as_deref(), &data)?;
        let policy = load_policy(config.policy.value.as_deref())?;
        let (reference, calendar) = reference_on(&ledger, today).await?;
        let kafka = (config.kafka.value != "mock").then(|| config.kafka.value.clone());
        Ok(Station {
            config,
            ledger,
            keys,
            objects,
            partners,
            policy,
            reference,
            calendar,
            kafka,
            readers: Mutex::default(),
            publisher: Mutex::default(),
        })
    }

    /// This worker's name in leases and history.
    pub fn worker(&self) -> &str {
        &self.config.worker.value
    }

    /// The date `n` working days after a day, in the national calendar.
    pub fn working_days_after(&self, day: Date, n: u32) -> Date {
        self.calendar.add_working_days(day, n).date
    }

    /// Takes the lease on a piece of work under this worker's name.
    pub async fn lease(&self, work: &str, now: jiff::Timestamp) -> Result<Option<crate::ledger::Lease>, StageError> {
        Ok(self.ledger.take_lease(work, self.worker(), now, LEASE_SECONDS).await?)
    }
}

/// The built-in tables alone, for commands that need no ledger.
pub fn built_in_reference() -> Result<Reference, StageError> {
    Ok(Reference::from_csv(&ReferenceText { regions: REGIONS, points: POINTS, banks: BANKS, outlets: OUTLETS })?)
}

/// The tables in force on a day, each as `change` makes it: what an import would lead to.
pub async fn changed_reference(
    ledger: &Ledger,
    on: Date,
    change: impl Fn(&str, String) -> String,
) -> Result<Reference, StageError> {
    let mut texts = [("regions", REGIONS), ("points", POINTS), ("outlets", OUTLETS)].map(|(k, t)| (k, t.to_owned()));
    for (table, text) in &mut texts {
        let in_force = overlaid(text, &ledger.reference_lines(table, on).await?);
        *text = change(table, in_force);
    }
    let [(_, regions), (_, points), (_, outlets)] = &texts;
    Ok(Reference::from_csv(&ReferenceText { regions, points, banks: BANKS, outlets })?)
}

/// The built-in tables, with what was imported and is effective on the day laid over them.
pub async fn reference_on(ledger: &Ledger, today: Date) -> Result<(Reference, Calendar), StageError> {
    let reference = changed_reference(ledger, today, |_, text| text).await?;
    let mut years: Vec<(i16, String)> = CALENDARS.iter().map(|(year, text)| (*year, (*text).to_owned())).collect();
    for (code, text) in ledger.reference_lines("calendar", today).await? {
        let Ok(year) = code.parse::<i16>() else {
            continue;
        };
        years.retain(|(y, _)| *y != year);
        years.push((year, text));
    }
    years.sort();
    let years: Vec<(i16, &str)> = years.iter().map(|(year, text)| (*year, text.as_str())).collect();
    Ok((reference, Calendar::from_csv(&years)?))
}

/// A CSV text whose lines are replaced or extended, by the code in the first column.
pub fn overlaid(built_in: &str, imported: &[(String, String)]) -> String {
    if imported.is_empty() {
        return built_in.to_owned();
    }
    let codes: std::collections::HashSet<&str> = imported.iter().map(|(code, _)| code.as_str()).collect();
    let mut text = String::with_capacity(built_in.len());
    for (number, line) in built_in.lines().enumerate() {
        if number == 0 || !codes.contains(line.split(',').next().unwrap_or("")) {
            text.push_str(line);
            text.push('\n');
        }
    }
    for (_, line) in imported {
        text.push_str(line);
        text.push('\n');
    }
    text
}
