//! `generate`: synthetic applications for trying things out. Nobody in them exists.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Span;
use jiff::civil::{Date, date};

use super::context::Context;
use super::outcome::Outcome;
use super::print::{self, Output};
use crate::stages::{StageError, built_in_reference};
use crate::world::generate::applications::Plan;
use crate::world::generate::photos::DEFAULT_PHOTOS;
use crate::world::generate::writing::{Stretch, Written, write_ndjson, write_photos};

/// The day the world begins, for the demo and here.
const FIRST_DAY: Date = date(2026, 1, 5);
/// The regions the built-in reference data has points and outlets for.
const REGIONS: [&str; 4] = ["110101", "110102", "522634", "622926"];

#[derive(Subcommand)]
pub enum Generate {
    /// 申请 Approved applications as NDJSON, and FILE.expected.json with the planted defects
    Applications(ApplicationsArgs),
}

#[derive(Args)]
#[command(after_help = "The same arguments give the same bytes.
Example: cardline generate applications --count 10000 --seed 1 --defects 5 --out applications.ndjson \\
             --photos cardline-data/objects")]
pub struct ApplicationsArgs {
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
    /// Everything is a function of it
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Out of a hundred, how many carry one planted defect
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    defects: u32,
    /// File to write; the planted defects go to FILE.expected.json
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder for the photos; the data folder's `objects` is where intake looks for them
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// First day of approval
    #[arg(long, value_name = "DATE", default_value_t = FIRST_DAY)]
    from: Date,
    /// Days of approval the applications are spread over
    #[arg(long, value_name = "D", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=365))]
    days: u16,
}

/// Writes the applications, the list of what was planted, and the photos.
pub fn run(context: &Context, command: Generate) -> anyhow::Result<Outcome> {
    let Generate::Applications(args) = command;
    let expected_path = beside(&args.out);
    let mut out = Replacing::open(&args.out)?;
    let mut expected = Replacing::open(&expected_path)?;
    let regions = REGIONS.map(str::to_owned);
    let plan = Plan::new(args.seed, args.defects, &regions, args.from, &built_in_reference()?, DEFAULT_PHOTOS)?;
    let days: Vec<Date> = (0..args.days).map(|n| args.from.saturating_add(Span::new().days(i64::from(n)))).collect();
    let stretch = Stretch { first: 1, count: args.count, days: &days, following_percent: 0 };
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |e| StageError::file(path, e)
    };
    let written = write_ndjson(&mut out.writer, &mut expected.writer, &plan, &stretch).map_err(failed(&args.out))?;
    out.place()?;
    expected.place()?;
    if let Some(folder) = &args.photos {
        write_photos(folder, &plan.album).map_err(failed(folder))?;
    }
    told(context, &args, &written)?;
    Ok(Outcome::Ok)
}

fn told(context: &Context, args: &ApplicationsArgs, written: &Written) -> anyhow::Result<()> {
    if context.output == Output::Table {
        print::line(&format!(
            "{} applications, {} of them with a planted defect, {} bytes in {}",
            written.applications,
            written.with_defect,
            written.bytes,
            args.out.display()
        ))?;
        return print::line(&format!("the planted defects are listed in {}", beside(&args.out).display()));
    }
    let row = [written.applications, written.with_defect, written.bytes].map(|n| n.to_string()).to_vec();
    let document = serde_json::json!({
        "applications": written.applications, "with_defect": written.with_defect, "bytes": written.bytes,
        "out": args.out, "expected": beside(&args.out),
    });
    print::rows(context.output, &["applications", "with_defect", "bytes"], &[row], &document)
}

fn beside(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".expected.json");
    name.into()
}

/// A file written beside its place and put there whole; a link or a folder is never replaced.
struct Replacing {
    path: PathBuf,
    writer: BufWriter<tempfile::NamedTempFile>,
}

impl Replacing {
    fn open(path: &Path) -> anyhow::Result<Replacing> {
        if let Ok(about) = std::fs::symlink_metadata(path)
            && !about.is_file()
        {
            anyhow::bail!("{} is there and is no regular file; give another name", path.display());
        }
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let part = tempfile::Builder::new().prefix(".cardline").tempfile_in(folder);
        let part = part.map_err(|e| StageError::file(folder.display(), e))?;
        Ok(Replacing { path: path.into(), writer: BufWriter::with_capacity(1 << 20, part) })
    }

    fn place(mut self) -> anyhow::Result<File> {
        use std::os::unix::fs::PermissionsExt;
        let failed = |e| StageError::file(self.path.display(), e);
        self.writer.flush().map_err(failed)?;
        let part = self.writer.into_inner().map_err(|e| failed(e.into_error()))?;
        // Made for its owner only; what is in it is synthetic.
        part.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(failed)?;
        Ok(part.persist(&self.path).map_err(|e| failed(e.error))?)
    }
}
