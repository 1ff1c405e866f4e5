//! `doctor`: everything a start needs, looked at one by one; each finding says what to do about it.
//!
//! It only looks: nothing is made or settled, and nothing waits longer than a few seconds.

mod database;
mod kafka;
mod machine;
mod tables;

use cardline::step::Worker;
use cardline::time::local_date;
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::print;

/// One thing looked at.
#[derive(Serialize)]
pub struct Finding {
    pub verdict: &'static str,
    pub what: &'static str,
    pub found: String,
    /// What to do; empty where nothing is to be done.
    #[serde(rename = "do")]
    pub advice: String,
}

impl Finding {
    /// As it should be.
    pub fn ok(what: &'static str, found: impl Into<String>) -> Finding {
        Finding { verdict: "ok", what, found: found.into(), advice: String::new() }
    }

    /// It works, and somebody should look.
    pub fn warn(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { verdict: "warn", what, found: found.into(), advice: advice.into() }
    }

    /// It does not work so.
    pub fn fail(what: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Finding {
        Finding { verdict: "FAIL", what, found: found.into(), advice: advice.into() }
    }

    /// `ok`, or the error as its own text.
    pub fn of<E: std::fmt::Display>(what: &'static str, result: Result<String, E>, advice: &str) -> Finding {
        match result {
            Ok(found) => Finding::ok(what, found),
            Err(error) => Finding::fail(what, error.to_string(), advice),
        }
    }
}

/// What is wrong with a server's certificate, as the library of certificates says it, and what to do about it.
const CERTIFICATE: &[(&str, &str)] = &[
    (
        "UnknownIssuer",
        "the server's certificate is of another authority than the one named (sslrootcert, ssl.ca.location): ask who runs the server for that of its own",
    ),
    ("Expired", "the server's certificate has expired: have who runs it make a new one"),
    ("NotValidYet", "the server's certificate is not valid yet: compare the clocks"),
    ("not valid for name", "the server's certificate is of another name: put the name it is of into the address"),
];

/// Looks at everything; fails when anything does.
pub async fn run(context: &Context) -> anyhow::Result<Exit> {
    let now = Timestamp::now();
    let mut findings = machine::findings(context);
    findings.extend(tables::profiles(context, now));
    let ledger = match database::open(context).await {
        Ok(ledger) => {
            findings.extend(database::findings(context, &ledger, now).await);
            Some(ledger)
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    };
    let keys = machine::keys(context, ledger.as_ref()).await;
    let fit = ledger.is_some() && keys.iter().all(|f| f.verdict != "FAIL");
    findings.extend(keys);
    if fit {
        match Worker::observing(context.config.clone(), local_date(now)).await {
            Ok(worker) => {
                findings.extend(tables::reference(&worker, local_date(now)));
                findings.push(database::records(&worker.ledger).await);
                findings.push(database::purge(&worker, now).await);
            }
            Err(error) => {
                findings.push(Finding::fail("reference data", error.to_string(), "import the table that is named"));
            }
        }
    }
    findings.extend(machine::objects(context).await);
    findings.extend(kafka::findings(context, ledger.as_ref()).await);
    let row = |f: &Finding| vec![f.verdict.to_owned(), f.what.into(), f.found.clone(), f.advice.clone()];
    let rows: Vec<_> = findings.iter().map(row).collect();
    print::rows(context.output, &["verdict", "what", "found", "do"], &rows, &findings)?;
    Ok(Exit::of(findings.iter().all(|f| f.verdict != "FAIL")))
}
