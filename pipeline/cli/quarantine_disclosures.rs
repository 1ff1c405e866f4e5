//! `quarantine disclosures`: who had which messages in plain text.

use cardline::quarantine::operation_record::Disclosure;
use cardline::time::rfc3339_stored;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::exit::Exit;
use super::print;
use super::typed_values::instant;

#[derive(Args)]
#[command(after_help = "Example: cardline quarantine disclosures --by lin --since 2026-01-05T00:00:00+08:00")]
pub struct DisclosuresArgs {
    /// Only this user's
    #[arg(long, value_name = "USER", default_value = "", hide_default_value = true)]
    by: String,
    /// From this instant on, RFC 3339
    #[arg(long, value_name = "INSTANT", value_parser = instant, default_value = "1970-01-01T00:00:00Z", hide_default_value = true)]
    since: Timestamp,
}

/// A disclosure with its reason and instant in words.
#[derive(Serialize)]
struct Listed {
    at: String,
    #[serde(flatten)]
    disclosure: Disclosure,
    reason: String,
}

const HEADINGS: &[&str] = &["at", "by", "messages", "count", "alone_today", "approval", "operation", "reason"];

/// Lists disclosures within the user's scope.
pub async fn run(context: &Context, args: DisclosuresArgs) -> anyhow::Result<Exit> {
    let worker = context.worker(context.now()).await?;
    let mut listed = Vec::new();
    for disclosure in worker.ledger.disclosures(&args.by, args.since).await? {
        let reason = disclosure.reason.as_deref().map(|sealed| worker.keys.decrypt(sealed)).transpose()?;
        listed.push(Listed {
            at: rfc3339_stored(disclosure.at),
            reason: reason.map(|words| String::from_utf8_lossy(&words).into_owned()).unwrap_or_default(),
            disclosure,
        });
    }
    let rows: Vec<_> = listed.iter().map(row).collect();
    print::rows(context.output, HEADINGS, &rows, &listed)?;
    Ok(Exit::Ok)
}

fn row(listed: &Listed) -> Vec<String> {
    let d = &listed.disclosure;
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let messages = match (d.first, d.last) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (first, _) => number(first),
    };
    vec![
        listed.at.clone(),
        d.by.clone(),
        messages,
        d.count.to_string(),
        number(d.alone),
        number(d.approval),
        d.operation.clone().unwrap_or_default(),
        listed.reason.clone(),
    ]
}
