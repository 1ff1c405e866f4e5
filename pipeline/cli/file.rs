//! `file inspect`: any partner file as a masked table, or everything that is wrong with it. `file validate` and
//! `file compare` have files of their own.

use std::path::PathBuf;

use cardline_core::file_formats::{FileFault, FileSpec, Parsed, masked, masked_table};
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::context::Context;
use super::exit::Exit;
use super::file_compare::{self, CompareArgs};
use super::file_read::{self, FAULT_HEADINGS, fault_rows};
use super::file_validate::{self, ValidateArgs};
use super::print::{self, Output};

#[derive(Subcommand)]
pub enum FileCommand {
    /// 查看 A partner's file as a table; what identifies a person is masked
    Inspect(InspectArgs),
    /// 校验 Everything that is wrong with a partner's file, by line, column and field; takes nothing in
    Validate(ValidateArgs),
    /// 核对 Whether the bytes of files are still those of their digests, here and at the partners
    Compare(CompareArgs),
}

#[derive(Args)]
#[command(after_help = "Partner and kind are read from the file's name where it is one of theirs.
Example: cardline file inspect result.txt --partner ICBC --kind account-result")]
pub struct InspectArgs {
    /// The file
    file: PathBuf,
    /// Code of the partner
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
    /// Kind of the file, such as account-result
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Rows shown in a table
    #[arg(long, value_name = "N", default_value_t = 20)]
    rows: usize,
}

/// Runs one of them.
pub async fn run(context: &Context, command: FileCommand) -> anyhow::Result<Exit> {
    match command {
        FileCommand::Inspect(args) => inspect(context, &args),
        FileCommand::Validate(args) => file_validate::run(context, &args),
        FileCommand::Compare(args) => file_compare::run(context, args).await,
    }
}

/// Parses a file and prints it masked; a file with faults is listed and fails.
fn inspect(context: &Context, args: &InspectArgs) -> anyhow::Result<Exit> {
    let bytes = file_read::open(&args.file)?;
    let profiles = file_read::profiles(context)?;
    let spec = file_read::recognise(&profiles, &args.file, args.partner.as_deref(), args.kind.as_deref())?;
    let records = file_read::records(spec, &args.file, bytes)?;
    let (faults, effect) = match spec.parse(&records) {
        Ok(parsed) if parsed.row_faults().is_empty() => {
            return shown(context.output, args, spec, &parsed).map(|()| Exit::Ok);
        }
        Ok(parsed) => (parsed.row_faults().to_vec(), "such rows would be cases, the others applied"),
        Err(faults) => (faults, "nothing of such a file would be applied"),
    };
    faulty(context.output, args, spec, &faults, effect).map(|()| Exit::Failed)
}

fn shown(output: Output, args: &InspectArgs, spec: &FileSpec, parsed: &Parsed) -> anyhow::Result<()> {
    let table = masked_table(spec, parsed);
    let control = parsed.control.iter().filter(|(_, value)| !value.is_empty());
    let control: Vec<(&String, String)> = control.map(|(f, value)| (f, masked(spec.kind, f, value))).collect();
    let headings: Vec<&str> = table.headings.iter().map(String::as_str).collect();
    match output {
        Output::Csv => print::csv(&headings, &table.rows),
        Output::Json => {
            let fields: Vec<&str> = spec.columns.iter().map(|column| column.field.as_str()).collect();
            let row = |row: &Vec<String>| -> Map<String, Value> {
                fields.iter().zip(row).map(|(field, cell)| ((*field).to_owned(), json!(cell))).collect()
            };
            let control: Map<String, Value> = control.into_iter().map(|(f, v)| (f.clone(), json!(v))).collect();
            let rows: Vec<_> = table.rows.iter().map(row).collect();
            print::json(&json!({
                "partner": spec.partner(), "kind": spec.kind.name(), "valid": true, "control": control,
                "count": rows.len(), "headings": table.headings, "rows": rows,
            }))
        }
        Output::Table => {
            let words: Vec<String> = control.iter().map(|(f, v)| format!("{f}={}", print::visible(v))).collect();
            print::line(&format!("{} of {}: {}\n", spec.kind.name(), spec.partner(), words.join(" ")))?;
            let first: Vec<_> = table.rows.iter().take(args.rows).cloned().collect();
            print::line(&print::table(&headings, &first))?;
            print::line(&format!("\n{} of {} rows shown", first.len(), table.rows.len()))
        }
    }
}

fn faulty(
    output: Output,
    args: &InspectArgs,
    spec: &FileSpec,
    faults: &[FileFault],
    effect: &str,
) -> anyhow::Result<()> {
    let rows = fault_rows(faults);
    let document = json!({"partner": spec.partner(), "kind": spec.kind.name(), "valid": false, "errors": faults});
    print::rows(output, FAULT_HEADINGS, &rows, &document)?;
    let name = args.file.display();
    print::complain(&format!("{name}: {} faults; {effect}", faults.len()));
    Ok(())
}
