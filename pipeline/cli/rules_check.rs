//! `rules check`: applications of a file against the catalogue, in bounded memory, without a ledger.

use std::path::Path;

use cardline::kafka::RawMessage;
use cardline::reference::tables::built_in_reference;
use cardline::route::intake::{BYTE_ORDER_MARK, Lines};
use cardline::route::rules_in_words::severity;
use cardline::step::{StageError, load_policy};
use cardline::time::local_date;
use cardline_core::domain::limits::MAX_MESSAGE_BYTES;
use cardline_core::domain::message::DecodeDefect;
use cardline_core::domain::reference::Facts;
use cardline_core::domain::visible::inert;
use cardline_core::rules::{self, Finding, Unreceived};
use jiff::Timestamp;
use rayon::prelude::*;
use serde::Serialize;
use serde::de::IgnoredAny;

use super::context::Context;
use super::exit::Exit;
use super::print::{self, Output};

/// What the rules say of one application.
#[derive(Serialize)]
struct Checked {
    application_id: Option<String>,
    accepted: bool,
    findings: Vec<Finding>,
    #[serde(skip)]
    line: i64,
}

/// Checks a file; `Rejected` when an application was refused.
pub fn run(context: &Context, path: &Path) -> anyhow::Result<Exit> {
    let reference = built_in_reference()?;
    let policy = load_policy(context.config.policy.value.as_deref())?;
    let facts = Facts { reference: &reference, policy: &policy, today: local_date(Timestamp::now()) };
    let mut lines = Lines::open(path)?;
    let mut single = single_document(path)?.map(|bytes| vec![RawMessage::new(1, bytes.into())]);
    let is_single = single.is_some();
    let (mut all, mut refused) = (0_u64, 0_u64);
    if context.output == Output::Csv {
        print::csv(&["application_id", "accepted", "rule", "field", "severity", "message"], &[])?;
    }
    loop {
        let messages = match single.take() {
            Some(messages) => messages,
            None if is_single => Vec::new(),
            None => lines.next_chunk().map_err(|e| StageError::file(path.display(), e))?,
        };
        if messages.is_empty() {
            break;
        }
        let checked: Vec<Checked> = messages.par_iter().map(|raw| check(raw, &facts)).collect();
        all += checked.len() as u64;
        refused += checked.iter().filter(|c| !c.accepted).count() as u64;
        print::raw(shown(context.output, &checked)?.as_bytes())?;
    }
    if all == 0 {
        anyhow::bail!("{} has no application in it, only blank lines", path.display());
    }
    if context.output == Output::Table {
        print::line(&format!("{all} checked, {} accepted, {refused} rejected", all - refused))?;
    }
    Ok(if refused > 0 { Exit::Rejected } else { Exit::Ok })
}

/// The whole file, when it is one JSON document rather than one a line.
fn single_document(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    use std::io::Read;
    let file = std::fs::File::open(path).map_err(|e| StageError::file(path.display(), e))?;
    let mut bytes = Vec::new();
    file.take(MAX_MESSAGE_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|e| StageError::file(path.display(), e))?;
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).map_or_else(|| bytes.clone(), <[u8]>::to_vec);
    // A line with nothing but the opening brace is no message, so the file is laid out for reading.
    let first = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    let laid_out = first == Some(b"{") && bytes.len() <= MAX_MESSAGE_BYTES;
    let whole = laid_out || (bytes.len() <= MAX_MESSAGE_BYTES && serde_json::from_slice::<IgnoredAny>(&bytes).is_ok());
    Ok(whole.then_some(bytes))
}

fn check(raw: &RawMessage, facts: &Facts<'_>) -> Checked {
    let unreceived = match rules::receive(&raw.bytes, facts) {
        Ok(received) => {
            let application_id = Some(received.application.application_id.to_string());
            let accepted = rules::is_accepted(&received.findings);
            return Checked { application_id, accepted, findings: received.findings, line: raw.position };
        }
        Err(unreceived) => unreceived,
    };
    let findings = match unreceived {
        Unreceived::KeyForm(findings) => findings,
        Unreceived::Unread(defect) => {
            let field = match &defect {
                DecodeDefect::Shape { path, .. } => path.clone().into(),
                _ => "".into(),
            };
            let message = defect.to_string().into();
            vec![Finding { rule: defect.code(), field, severity: rules::Severity::Error, message }]
        }
    };
    // Its identifier cannot be shown in plain text either: the line number shows which one it is.
    Checked { application_id: None, accepted: false, findings, line: raw.position }
}

fn shown(output: Output, checked: &[Checked]) -> anyhow::Result<String> {
    let mut text = String::new();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for one in checked {
        let id = one.application_id.as_deref().map_or_else(|| format!("(line {})", one.line), print::visible);
        match output {
            Output::Json => text.push_str(&(serde_json::to_string(one)? + "\n")),
            Output::Table => {
                text.push_str(&format!("{id} {}\n", if one.accepted { "accepted" } else { "REJECTED" }));
                for f in &one.findings {
                    let severity = severity(f.severity);
                    let field = if f.field.is_empty() { String::new() } else { format!(" {}", f.field) };
                    text.push_str(&format!("  {severity} {}{field}: {}\n", f.rule, f.message));
                }
            }
            Output::Csv => {
                for f in &one.findings {
                    let severity = severity(f.severity);
                    let accepted = one.accepted.to_string();
                    writer.write_record([&*inert(&id), &accepted, f.rule, &f.field, severity, &f.message])?;
                }
                if one.findings.is_empty() {
                    writer.write_record([&*inert(&id), "true", "", "", "", ""])?;
                }
            }
        }
    }
    let rows = writer.into_inner().map_err(|_| anyhow::anyhow!("the findings cannot be written as CSV"))?;
    Ok(text + &String::from_utf8_lossy(&rows))
}
