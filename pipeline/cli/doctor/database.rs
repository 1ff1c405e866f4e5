//! The database: version, settings that decide what survives a power cut, clock, schema, leases.

use cardline::erasing::purge::overdue;
use cardline::limits::{OLD_ROW_VERSIONS, OLD_TRANSACTION_SECONDS};
use cardline::step::Worker;
use cardline::step::cause::Cause;
use cardline::store::health::DatabaseFacts;
use cardline::store::schema::Schema;
use cardline::store::{Engine, Ledger, LedgerError, Opening};
use cardline::time::rfc3339;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{CERTIFICATE, Finding};
use crate::context::Context;
use crate::exit::in_one_line;

/// Clocks further apart than this confuse who reads logs; leases bear less than their 60 seconds.
const CLOCKS_APART_SECONDS: i64 = 5;

/// What a setting must be, and what it costs otherwise.
const WANTED: &[(&str, &[&str], bool, &str)] = &[
    ("fsync", &["on"], true, "switch fsync on: without it a power cut destroys the ledger"),
    ("full_page_writes", &["on"], true, "switch full_page_writes on: without it a power cut destroys pages"),
    (
        "synchronous_commit",
        &["on", "local", "remote_write", "remote_apply"],
        true,
        "set synchronous_commit = on: a file may be sent although its commit is lost",
    ),
    ("data_checksums", &["on"], false, "initdb --data-checksums finds silent damage of a disk"),
    (
        "default_transaction_isolation",
        &["read committed"],
        false,
        "reset default_transaction_isolation of the role or database: ours say their own, other programs' do not",
    ),
    (
        "default_transaction_read_only",
        &["off"],
        true,
        "the role or database is set read-only: workers rest until default_transaction_read_only is off",
    ),
    (
        "encrypted",
        &["on", "local"],
        false,
        "the connection is in the open: add sslmode=verify-full and sslrootcert=FILE to the address",
    ),
    (
        "in_recovery",
        &["off"],
        true,
        "this is a standby: workers rest until it is promoted or the address is another one",
    ),
    ("journal_mode", &["wal"], true, "another program changed it: PRAGMA journal_mode = wal"),
    ("synchronous", &["1", "2", "3"], true, "another program changed it: PRAGMA synchronous = normal"),
    ("quick_check", &["ok"], true, "the file is damaged: stop every worker and restore the last backup"),
];

/// The ledger as it is, if it can be looked at.
pub async fn open(context: &Context) -> Result<Ledger, Finding> {
    Ledger::opened(&context.config.database.value, Opening::Look).await.map_err(|error| match error {
        LedgerError::NoLedger { .. } => {
            let advice = "correct --data or --database, or make a ledger: cardline migrate";
            Finding::fail("database", error.to_string(), advice)
        }
        LedgerError::Older { .. } => {
            Finding::warn("schema", error.to_string(), "run `cardline migrate`, or start a worker")
        }
        error => away(context, &error.into()),
    })
}

/// The database does not open.
fn away(context: &Context, error: &anyhow::Error) -> Finding {
    let error = in_one_line(error);
    let advice =
        advice(&error).unwrap_or("start it or correct its address (--database); ops/runbooks/database-gone.md");
    Finding::fail("database", format!("{}: {error}", address(context)), advice)
}

/// What else a server says, and what to do about it; the first that is found.
const REFUSALS: &[(&str, &str)] = &[
    (
        "no encryption",
        "the server takes encrypted connections only: add sslmode=verify-full and sslrootcert=FILE to the address",
    ),
    ("server does not support TLS", "the server has no TLS: have it switched on, or sslmode taken out of the address"),
    ("authentication failed", "the server does not take this user or password: correct them in the address"),
    ("No such file", "a file that the address names is not there: correct sslrootcert"),
];

fn advice(error: &str) -> Option<&'static str> {
    CERTIFICATE.iter().chain(REFUSALS).find(|(said, _)| error.contains(said)).map(|(_, advice)| *advice)
}

fn address(context: &Context) -> String {
    let shown = context.config.shown().into_iter().find(|(key, _, _)| *key == "database");
    shown.map(|(_, value, _)| value).unwrap_or_default()
}

/// Whether every act, import and seal that was written is still there.
pub async fn records(ledger: &Ledger) -> Finding {
    match ledger.missing_records().await {
        Ok(wrong) if wrong.is_empty() => Finding::ok("records", "acts and the chain of history are all there"),
        Ok(wrong) => {
            Finding::fail("records", wrong.join("; "), "somebody changed the database: run `cardline books --full`")
        }
        Err(error) => Finding::fail("records", error.to_string(), "see the database"),
    }
}

/// Whether what is due to be purged was purged within a day.
pub async fn purge(worker: &Worker, now: Timestamp) -> Finding {
    match overdue(worker, now - 24.hours()).await {
        Ok(0) => Finding::ok("purge", "nothing due is left"),
        Ok(left) => Finding::warn(
            "purge",
            format!("{left} files or discarded messages are due for more than a day"),
            "a worker purges them by itself: see what is set aside (ops/runbooks/erase.md)",
        ),
        Err(error) => Finding::fail("purge", error.to_string(), "see the database"),
    }
}

/// Everything the database says of itself.
pub async fn findings(context: &Context, ledger: &Ledger, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    match ledger.database_facts().await {
        Ok(facts) => {
            let found = format!("{} {} at {}", ledger.engine().name(), facts.version, address(context));
            findings.push(Finding::ok("database", found));
            findings.push(settings(&facts));
            findings.push(clock(&facts, Timestamp::now()));
        }
        Err(error) => findings.push(away(context, &error.into())),
    }
    findings.push(match ledger.schema_state(&Schema::built_in()).await {
        Ok(state) if !state.unknown.is_empty() => Finding::warn(
            "schema",
            format!("newer than this program, which knows it up to {}", state.newest_known),
            "a newer version is at work; bring this program up to date too",
        ),
        Ok(state) => Finding::ok("schema", format!("version {}, up to date", state.newest_known)),
        Err(error) => Finding::fail("schema", error.to_string(), "start the program once; it makes the schema"),
    });
    findings.push(history(ledger).await);
    findings.extend(set_aside(ledger).await);
    findings.extend(strain(ledger).await);
    findings.push(users(ledger).await);
    findings.push(leases(ledger, now).await);
    findings
}

/// A history that shrank halts everything.
async fn history(ledger: &Ledger) -> Finding {
    let what = "history";
    match ledger.halt().await {
        Ok(None) => Finding::ok(what, "nothing of it was missed"),
        Ok(Some(halt)) => Finding::fail(
            what,
            format!("halted: {}", halt.found),
            "`cardline reconcile show`; ops/runbooks/database-history-shrank.md",
        ),
        Err(error) => Finding::fail(what, error.to_string(), "see the schema above"),
    }
}

/// What fails while the rest goes on, one finding each.
async fn set_aside(ledger: &Ledger) -> Vec<Finding> {
    let what = "set aside";
    match ledger.all_set_aside().await {
        Ok(asides) if asides.is_empty() => vec![Finding::ok(what, "nothing")],
        Ok(asides) => asides
            .iter()
            .map(|aside| {
                let advice = Cause::named(&aside.cause).unwrap_or(Cause::Other).advice();
                Finding::warn(what, aside.to_string(), format!("{advice}; ops/runbooks/set-aside.md"))
            })
            .collect(),
        Err(error) => vec![Finding::fail(what, error.to_string(), "see the schema above")],
    }
}

/// Signs of strain; nothing is said of a SQLite ledger, which has none of them.
async fn strain(ledger: &Ledger) -> Option<Finding> {
    if ledger.engine() == Engine::Sqlite {
        return None;
    }
    let what = "strain";
    let strain = match ledger.strain().await {
        Ok(strain) => strain,
        Err(error) => return Some(Finding::fail(what, error.to_string(), "see the database's own finding")),
    };
    let found = format!(
        "oldest transaction {} s, {} wait for locks, row versions {} transactions old",
        strain.oldest_transaction_seconds, strain.waiting_for_locks, strain.row_versions_age
    );
    let old = strain.oldest_transaction_seconds > OLD_TRANSACTION_SECONDS || strain.row_versions_age > OLD_ROW_VERSIONS;
    let advice = "find who keeps a transaction open (pg_stat_activity) and end it; seals and vacuum wait for it";
    Some(if old { Finding::warn(what, found, advice) } else { Finding::ok(what, found) })
}

/// Until there are users, anybody acts under any name.
async fn users(ledger: &Ledger) -> Finding {
    match ledger.has_users().await {
        Ok(true) => Finding::ok("users", "every command needs one"),
        Ok(false) => Finding::warn(
            "users",
            "none yet, so any name acts",
            "make the first with `cardline users add NAME --role administrator`",
        ),
        Err(error) => Finding::fail("users", error.to_string(), "see the database above"),
    }
}

fn settings(facts: &DatabaseFacts) -> Finding {
    let said: Vec<String> = facts.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let (mut fails, mut warns) = (Vec::new(), Vec::new());
    for (name, allowed, must, advice) in WANTED {
        let wrong = facts.settings.iter().any(|(found, value)| found == name && !allowed.contains(&value.as_str()));
        match (wrong, must) {
            (true, true) => fails.push(*advice),
            (true, false) => warns.push(*advice),
            (false, _) => {}
        }
    }
    let advice = [fails.clone(), warns.clone()].concat().join("; ");
    match (fails.is_empty(), warns.is_empty()) {
        (false, _) => Finding::fail("database settings", said.join(", "), advice),
        (true, false) => Finding::warn("database settings", said.join(", "), advice),
        (true, true) => Finding::ok("database settings", said.join(", ")),
    }
}

fn clock(facts: &DatabaseFacts, now: Timestamp) -> Finding {
    let apart = now.duration_since(facts.clock).abs();
    if apart > SignedDuration::from_secs(CLOCKS_APART_SECONDS) {
        let found = format!("this machine says {}, the database {}", rfc3339(now), rfc3339(facts.clock));
        return Finding::fail("clocks", found, "let both follow the same time server (chrony, systemd-timesyncd)");
    }
    Finding::ok("clocks", format!("this machine's and the database's are within {CLOCKS_APART_SECONDS} s"))
}

async fn leases(ledger: &Ledger, now: Timestamp) -> Finding {
    match ledger.held_leases(now).await {
        Err(error) => Finding::fail("leases", error.to_string(), "see the database's own finding"),
        Ok(held) if held.is_empty() => Finding::ok("leases", "nobody holds one now"),
        Ok(held) => {
            let said = held.iter().map(|l| format!("{} by {} until {}", l.work, l.owner, rfc3339(l.until)));
            Finding::ok("leases", said.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(settings: &[(&str, &str)], clock: &str) -> DatabaseFacts {
        let settings = settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        DatabaseFacts { version: "15".into(), settings, clock: clock.parse().unwrap() }
    }

    #[test]
    fn settings_that_lose_commits_fail_and_clocks_apart_too() {
        let good = facts(&[("fsync", "on"), ("synchronous_commit", "on")], "2026-01-05T09:00:00Z");
        assert_eq!(settings(&good).verdict, "ok");
        for (name, value) in [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("quick_check", "page 3"),
            ("default_transaction_read_only", "on"),
            ("in_recovery", "on"),
        ] {
            let finding = settings(&facts(&[(name, value)], "2026-01-05T09:00:00Z"));
            assert!(finding.verdict == "FAIL" && !finding.advice.is_empty(), "{name}");
        }
        for (name, value) in [("data_checksums", "off"), ("default_transaction_isolation", "serializable")] {
            assert_eq!(settings(&facts(&[(name, value)], "2026-01-05T09:00:00Z")).verdict, "warn", "{name}");
        }
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(clock(&good, at("2026-01-05T09:00:04Z")).verdict, "ok");
        assert_eq!(clock(&good, at("2026-01-05T08:59:00Z")).verdict, "FAIL");
    }
}
