//! `doctor`: everything a start needs, looked at one by one.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::outcome::Outcome;
use super::print;
use crate::broker::Reader;
use crate::exchange::load_profiles;
use crate::keys::Keys;
use crate::stages::{StageError, load_policy};
use crate::time::local_date;

/// One thing looked at.
#[derive(Serialize)]
struct Finding {
    verdict: &'static str,
    what: &'static str,
    found: String,
}

fn finding(what: &'static str, result: Result<String, StageError>) -> Finding {
    match result {
        Ok(found) => Finding { verdict: "ok", what, found },
        Err(error) => Finding { verdict: "FAIL", what, found: error.to_string() },
    }
}

/// Looks at everything; fails when anything does.
pub async fn run(context: &Context) -> anyhow::Result<Outcome> {
    let data = &context.config.data.value;
    let mut findings = vec![
        finding("data folder", writable(data)),
        finding("keys", keys(data)),
        finding("partners", partners(context)),
        finding("policy", policy(context)),
    ];
    findings.extend(database(context).await);
    findings.push(kafka(context));
    let row = |f: &Finding| vec![f.verdict.to_owned(), f.what.into(), f.found.clone()];
    let rows: Vec<_> = findings.iter().map(row).collect();
    print::rows(context.output, &["verdict", "what", "found"], &rows, &findings)?;
    Ok(Outcome::of(findings.iter().all(|f| f.verdict != "FAIL")))
}

fn writable(data: &Path) -> Result<String, StageError> {
    std::fs::create_dir_all(data).map_err(|e| StageError::file(data.display(), e))?;
    tempfile::Builder::new()
        .prefix(".doctor")
        .tempfile_in(data)
        .map_err(|e| StageError::File { path: format!("{} cannot be written", data.display()), source: e })?;
    Ok(format!("{} can be written", data.display()))
}

fn keys(data: &Path) -> Result<String, StageError> {
    let folder = data.join("keys");
    let there = folder.join("data.key").exists();
    let keys = Keys::open(&folder)?;
    keys.open_record(&keys.seal(b"doctor")?)?;
    let words = if there { "open what they seal" } else { "were made now: back them up" };
    Ok(format!("the keys in {} {words}", folder.display()))
}

fn partners(context: &Context) -> Result<String, StageError> {
    let profiles = load_profiles(context.config.partners.value.as_deref())?;
    let codes: Vec<String> = profiles.iter().map(|p| format!("{} v{}", p.code, p.version)).collect();
    if codes.is_empty() {
        return Err(StageError::Shape("no profile at all; put one TOML file a partner into the folder".into()));
    }
    Ok(format!("{} pass the lint", codes.join(", ")))
}

fn policy(context: &Context) -> Result<String, StageError> {
    let policy = load_policy(context.config.policy.value.as_deref())?;
    let version = policy.on(local_date(Timestamp::now()));
    Ok(format!("version {}, in force from {}", version.number, version.effective))
}

/// The database, and the tables that need it.
async fn database(context: &Context) -> Vec<Finding> {
    let address = context.config.shown().into_iter().find(|(key, _, _)| *key == "database");
    let address = address.map(|(_, value, _)| value).unwrap_or_default();
    let now = Timestamp::now();
    let ledger = match context.ledger().await {
        Ok(ledger) => ledger,
        Err(error) => {
            let found = format!("{address}: {}", super::outcome::in_one_line(&error));
            return vec![Finding { verdict: "FAIL", what: "database", found }];
        }
    };
    let found = format!("{} at {address}, schema up to date", ledger.engine());
    let mut findings = vec![Finding { verdict: "ok", what: "database", found }];
    match crate::stages::Station::observing(context.config.clone(), local_date(now)).await {
        Err(error) => findings.push(finding("reference", Err(error))),
        Ok(station) => {
            let (points, outlets) = (station.reference.points().count(), station.reference.outlets().count());
            findings.push(finding("reference", Ok(format!("{points} points, {outlets} outlets"))));
            findings.push(calendar(&station, local_date(now)));
        }
    }
    findings
}

/// Deadlines of this year and the next rest on the calendar.
fn calendar(station: &crate::stages::Station, today: jiff::civil::Date) -> Finding {
    let years = [today.year(), today.year() + 1];
    let missing: Vec<String> = years
        .into_iter()
        .filter(|year| station.calendar.is_working_day(jiff::civil::date(*year, 6, 1)).provisional)
        .map(|year| year.to_string())
        .collect();
    if missing.is_empty() {
        let found = format!("{} and {} are there", years[0], years[1]);
        return Finding { verdict: "ok", what: "calendar", found };
    }
    let found = format!(
        "no calendar for {}: deadlines there are provisional; import it with `cardline import calendar FILE`",
        missing.join(" and ")
    );
    Finding { verdict: "WARN", what: "calendar", found }
}

fn kafka(context: &Context) -> Finding {
    let servers = &context.config.kafka.value;
    if servers == "mock" {
        let found = "no broker is configured; files only (set CARDLINE_KAFKA)".into();
        return Finding { verdict: "WARN", what: "kafka", found };
    }
    let t = &context.config.topics;
    let topics = [&t.applications, &t.events, &t.outcomes, &t.notices, &t.ecards, &t.dead_letters];
    let missing: Result<Vec<&str>, crate::broker::BrokerError> = tokio::task::block_in_place(|| {
        let mut missing = Vec::new();
        for topic in topics {
            if Reader::connect(servers, topic)?.partitions()?.is_empty() {
                missing.push(topic.as_str());
            }
        }
        Ok(missing)
    });
    match missing {
        Ok(missing) if missing.is_empty() => finding("kafka", Ok(format!("{servers}: all six topics are there"))),
        Ok(missing) => {
            let found = format!("{servers} answers, but has no topic {}; create it", missing.join(", "));
            Finding { verdict: "WARN", what: "kafka", found }
        }
        Err(error) => finding("kafka", Err(error.into())),
    }
}
