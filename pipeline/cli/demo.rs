//! `demo`: plays the whole route in a folder of its own.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use cardline::config::Config;
use cardline::store::Ledger;
use cardline::time::instant;
use cardline_world::report::{self, DemoPlan};
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;

use super::context::Context;
use super::demo_table;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::progress::Progress;
use super::serve;

/// Says that a folder was made by a demo, so that the next one may recreate it.
const MARKER: &str = "demo.marker";
/// How every SQLite file begins.
const SQLITE_MAGIC: &[u8] = b"SQLite format 3\0";
const MARKER_TEXT: &str = "Made by `cardline demo`, which deletes this folder and makes it anew.\n";

#[derive(Args)]
#[command(after_help = "Everything is synthetic, and a function of the seed and the other arguments.
The database is a file in the folder unless --database is given; the configured one is never touched.
Example: cardline demo --cards 2000 --days 60")]
pub struct DemoArgs {
    /// Applications
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    cards: u64,
    /// Virtual days, from 2026-01-05 on
    #[arg(long, value_name = "D", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=730))]
    days: u32,
    /// Everything is a function of it
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Folder for everything; that of an earlier demo is deleted first
    #[arg(long, value_name = "DIR", default_value = "./cardline-data/demo")]
    dir: PathBuf,
    /// Ends when the demo has ended, without serving the console over it; so it does with another --output than table
    #[arg(long)]
    no_serve: bool,
}

/// Plays and prints the balance. Fails when a law or the mirror does not hold.
pub async fn run(context: &Context, args: DemoArgs) -> anyhow::Result<Exit> {
    if context.config.data.source == "flag" {
        return Err(Usage("a demo keeps everything in the folder of --dir; give --dir DIR for --data".into()).into());
    }
    let dir = std::path::absolute(&args.dir)?;
    if dir.to_str().is_none() {
        return Err(Usage("the path of --dir is not UTF-8; give another one".into()).into());
    }
    // Only the flag: an environment that names the real database must not get synthetic cards.
    let database = &context.config.database;
    let database = (database.source == "flag").then(|| database.value.clone());
    if let Some(address) = &database {
        refuse_occupied(address, &dir).await?;
    }
    refuse_databases_of_others(&args.dir).await?;
    make_anew(&args.dir)?;
    let config = Config::in_folder(&dir, database.clone());
    let ledger = Ledger::open(&config.database.value).await?;
    ledger.begin_demo().await?;
    let plan = DemoPlan { cards: args.cards, days: args.days, seed: args.seed, dir, database };
    let mut progress = Progress::new();
    let mut in_hand = 0;
    let mut heard = |p: &report::Progress| {
        // Counted every few days only.
        in_hand = in_hand.max(p.in_hand);
        let words = format!("days, {}, {} accepted, {in_hand} in hand", p.date, p.accepted);
        progress.show(u64::from(p.day), u64::from(p.days), &words);
    };
    let report = cardline_world::demo(&plan, &mut heard).await;
    progress.finish();
    let report = report?;
    // As a daemon does all the time: the pages show tallies, not counts.
    ledger.carry_tally().await?;
    ledger.count_figures(last_evening(&report.last_day)?).await?;
    ledger.end_demo().await?;
    ledger.close().await;
    let broken: Vec<String> = report.books.iter().filter(|law| !law.holds).map(|law| law.law.to_string()).collect();
    match context.output {
        Output::Json => print::json(&report)?,
        Output::Csv => demo_table::csv(&report)?,
        Output::Table => print::line(&demo_table::text(&plan, &report))?,
    }
    if !broken.is_empty() {
        print::complain(&format!("cardline: laws that do not hold: {}", broken.join(", ")));
    }
    if !report.mirror.holds {
        print::complain("cardline: our books differ from the world's; see the mirror's differences");
    }
    let holds = broken.is_empty() && report.mirror.holds;
    if args.no_serve || context.output != Output::Table || !holds {
        return Ok(Exit::of(holds));
    }
    serve::serve_demo(config, last_evening(&report.last_day)?).await
}

/// Where the clock of a demo stops.
fn last_evening(last_day: &str) -> anyhow::Result<Timestamp> {
    let last: Date = last_day.parse().context("the last day of the demo")?;
    Ok(instant(last, 18, 0))
}

/// A database that has a row of anybody's is left alone. What lies in the folder is asked about next.
async fn refuse_occupied(address: &str, dir: &Path) -> anyhow::Result<()> {
    if let Some(file) = Ledger::file(address) {
        let file = std::path::absolute(file)?;
        if !file.exists() || file.starts_with(dir) {
            return Ok(());
        }
    }
    let database = Ledger::unmigrated(address).await?;
    let occupied = database.occupied_table().await?;
    database.close().await;
    match occupied {
        None => Ok(()),
        Some(table) => Err(Usage(format!(
            "the database given with --database is not empty: `{table}` has rows. The demo only plays in a database of \
             its own; give it an empty one"
        ))
        .into()),
    }
}

/// What lies in the folder goes with it, so every database in it must be empty, or have been filled by a demo alone.
async fn refuse_databases_of_others(dir: &Path) -> anyhow::Result<()> {
    // Another folder is refused as it is.
    if !dir.join(MARKER).exists() {
        return Ok(());
    }
    for file in databases(dir).with_context(|| format!("demo folder {}", dir.display()))? {
        let database = Ledger::unmigrated(&format!("sqlite:{}", file.display())).await?;
        let others = !database.is_a_demos().await? && database.occupied_table().await?.is_some();
        database.close().await;
        if others {
            return Err(Usage(format!(
                "{} has rows that no demo made, and the demo would delete it; give another --dir, or remove the folder \
                 yourself",
                file.display()
            ))
            .into());
        }
    }
    Ok(())
}

/// The SQLite files in a folder and below it, by how they begin.
fn databases(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => continue,
            entries => entries?,
        };
        for entry in entries {
            let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && begins_as_sqlite(&path)? {
                found.push(path);
            }
        }
    }
    Ok(found)
}

fn begins_as_sqlite(path: &Path) -> std::io::Result<bool> {
    let mut begin = Vec::new();
    std::fs::File::open(path)?.take(SQLITE_MAGIC.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == SQLITE_MAGIC)
}

/// Recreates the folder, if nothing but an earlier demo is in it.
fn make_anew(dir: &Path) -> anyhow::Result<()> {
    let named = || format!("demo folder {}", dir.display());
    match std::fs::symlink_metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(named),
        Ok(about) if !about.is_dir() => {
            return Err(Usage(format!("{} is a file or a link; give another --dir", dir.display())).into());
        }
        Ok(_) => {
            let is_empty = std::fs::read_dir(dir).with_context(named)?.next().is_none();
            let marker = std::fs::symlink_metadata(dir.join(MARKER)).is_ok_and(|about| about.is_file());
            if !is_empty && !marker {
                let dir = dir.display();
                return Err(Usage(format!("{dir} is not empty and no demo made it; give another --dir")).into());
            }
            for entry in std::fs::read_dir(dir).with_context(named)? {
                remove(&entry.with_context(named)?).with_context(named)?;
            }
        }
    }
    std::fs::create_dir_all(dir).with_context(named)?;
    std::fs::write(dir.join(MARKER), MARKER_TEXT).with_context(named)
}

/// The marker goes with the rest: a removal cut short is seen as what it is only while it stands,
/// so it is left to the write that follows.
fn remove(entry: &std::fs::DirEntry) -> std::io::Result<()> {
    if entry.file_name() == MARKER {
        return Ok(());
    }
    if entry.file_type()?.is_dir() { std::fs::remove_dir_all(entry.path()) } else { std::fs::remove_file(entry.path()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_someone_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("thesis.txt"), "x").unwrap();
        assert!(make_anew(folder.path()).unwrap_err().is::<Usage>());
        assert!(folder.path().join("thesis.txt").exists());
    }

    #[test]
    fn a_folder_of_an_earlier_demo_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("demo");
        make_anew(&dir).unwrap();
        std::fs::create_dir_all(dir.join("keys")).unwrap();
        std::fs::write(dir.join("cardline.db"), "x").unwrap();
        make_anew(&dir).unwrap();
        let left: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, [MARKER]);
    }
}
