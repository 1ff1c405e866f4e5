//! `file validate`: everything that is wrong with a partner's file, without taking it in.

use std::path::PathBuf;

use cardline::route::production::records::validate;
use cardline::step::StageError;
use clap::Args;

use super::context::Context;
use super::exit::Exit;
use super::file_read::{self, FAULT_HEADINGS, fault_rows};
use super::print::{self, Output};

#[derive(Args)]
#[command(after_help = "Partner and kind are read from the file's name where it is one of theirs.
Line 0 is the file as a whole, line 1 its control line; column 0 is the line as a whole.
Exit codes: 0 valid · 3 not valid
Example: cardline file validate result.txt --partner ICBC --kind account-result --output json")]
pub struct ValidateArgs {
    /// The file
    file: PathBuf,
    /// Code of the partner
    #[arg(long, value_name = "CODE")]
    partner: Option<String>,
    /// Kind of the file, such as account-result
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
}

/// Reads a file and prints what is wrong with it.
pub fn run(context: &Context, args: &ValidateArgs) -> anyhow::Result<Exit> {
    let file = file_read::open_any(&args.file)?;
    let profiles = file_read::profiles(context)?;
    let spec = file_read::recognise(&profiles, &args.file, args.partner.as_deref(), args.kind.as_deref())?;
    let name = args.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let found = validate(spec, name, file).map_err(|e| StageError::file(args.file.display(), e))?;
    if found.valid && context.output == Output::Table {
        print::line(&format!("{} of {}: valid, {} rows", found.kind, found.partner, found.rows))?;
        return Ok(Exit::Ok);
    }
    print::rows(context.output, FAULT_HEADINGS, &fault_rows(&found.errors), &found)?;
    if found.valid {
        return Ok(Exit::Ok);
    }
    print::complain(&format!("{}: {} faults; it was not taken in", args.file.display(), found.errors.len()));
    Ok(Exit::Rejected)
}
