//! `generate`: synthetic applications for trying things out. Nobody in them exists.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use cardline::reference::tables::built_in_reference;
use cardline::step::StageError;
use cardline_core::domain::limits::MAX_MESSAGE_BYTES;
use cardline_world::generate::photos::DEFAULT_PHOTOS;
use cardline_world::generate::plan::{Plan, Rates};
use cardline_world::generate::profile::{MIXED, PROFILES, Profile};
use cardline_world::generate::writing::{Files, Stretch, Written, write, write_photos};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Subcommand};
use jiff::civil::{Date, Weekday, date};

use super::context::Context;
use super::exit::{Exit, Usage};
use super::print::{self, Output};
use super::replacing::Replacing;
use super::typed_values::day;

/// The day the world begins, for the demo and here.
const FIRST_DAY: Date = date(2026, 1, 5);
/// The regions the built-in reference data has points and outlets for.
const REGIONS: &str = "110101,110102,522634,622926";
/// An album of more photos takes minutes to draw and tens of gigabytes to keep.
const PHOTOS_MAX: i64 = 10_000;

#[derive(Subcommand)]
pub enum Generate {
    /// 申请 Approved applications as NDJSON, with what must be found in them and the cards they follow
    Applications(ApplicationsArgs),
}

const AFTER_HELP: &str = "\
The same arguments give the same bytes. Nobody in them exists.

Written beside FILE:
  FILE.expected.json  one JSON object. An application's id leads to the codes of all that must be found in it,
                      defects, warnings and notes; one without entry is accepted without a finding. A line that
                      is wrong as a message (--mishaps) stands as \"line N\", with `repeated` or the reason it is
                      held or quarantined for. Codes: `cardline rules list`.
  FILE.cards.csv      the opening stock: cards that replacements, exchanges, changes of bank and renewals follow.
                      Import it first, or intake rejects them as PREVIOUS-UNKNOWN.

Spoiled on purpose (each application in one way at most, so the three percentages are at most 100 together):
  --defects         one defect that a rule of the catalogue, or the reader, finds. `rules check` finds the same
  --ledger-defects  one defect that only the ledger finds, with the cards imported: a person with a card or with an
                    application under way; a previous card unknown, of another person, of another bank, of the bank it
                    is to change to, not lost, or no child's at renewal
  --photo-faults    a photo that is missing (PHOTO-MISSING), another one (PHOTO-DIGEST), a PDF (PHOTO-FORMAT), a
                    header without a picture (PHOTO-BROKEN). Intake accepts the application; the photo check finds it
  --mishaps         further lines after sound applications: repeats, conflicts, gaps, and what cannot be read

Photos: of 36, one has 3.9 megapixels and 8.7 MB, one 1.9, two 1.2 and seven 0.6 megapixels; the rest is 358 by 441.

Example:
  cardline generate applications --count 10000 --defects 5 --out a.ndjson --photos cardline-data/objects
  cardline import cards a.ndjson.cards.csv
  cardline intake --from a.ndjson";

#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub struct ApplicationsArgs {
    /// How many
    #[arg(long, value_name = "N")]
    count: u64,
    /// Everything is a function of it
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// What they are made of
    #[arg(long, value_name = "PROFILE", default_value = MIXED.name, value_parser = profiles())]
    profile: String,
    /// Issuing regions, of those with points and outlets
    #[arg(long, value_name = "R,R", default_value = REGIONS, value_delimiter = ',')]
    regions: Vec<String>,
    /// Out of a hundred, how many follow a card of the opening stock; 0 = first cards alone [default: by profile]
    #[arg(long, value_name = "PERCENT", value_parser = percent())]
    following: Option<u32>,
    /// Out of a hundred, how many carry one planted defect
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = percent())]
    defects: u32,
    /// Out of a hundred, how many carry one defect that only the ledger finds
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = percent())]
    ledger_defects: u32,
    /// Out of a hundred, how many have a photo that is missing, false or none
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = percent())]
    photo_faults: u32,
    /// Out of a hundred sound ones, how many are followed by a line that is wrong as a message
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = percent())]
    mishaps: u32,
    /// File to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Folder for the photos; the data folder's `objects` is where intake looks for them
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// How many distinct photos they share
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PHOTOS, value_parser = clap::value_parser!(u32).range(1..=PHOTOS_MAX))]
    photo_count: u32,
    /// First day of approval
    #[arg(long, value_name = "DATE", value_parser = day, default_value_t = FIRST_DAY)]
    from: Date,
    /// Days of approval, Monday to Friday, the applications are spread over [default: by profile]
    #[arg(long, value_name = "D", value_parser = clap::value_parser!(u16).range(1..=250))]
    days: Option<u16>,
}

fn profiles() -> PossibleValuesParser {
    PROFILES.iter().map(|profile| PossibleValue::new(profile.name).help(profile.about)).collect::<Vec<_>>().into()
}

fn percent() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(0..=100)
}

/// Writes the applications, what is to be expected of them, the cards they follow, and the photos.
pub fn run(context: &Context, command: Generate) -> anyhow::Result<Exit> {
    let Generate::Applications(args) = command;
    let profile = PROFILES.iter().find(|profile| profile.name == args.profile).copied().unwrap_or(&MIXED);
    let plan = plan(&args, profile)?;
    let days: Vec<Date> = weekdays(args.from).take(usize::from(args.days.unwrap_or(profile.days))).collect();
    let following_percent = args.following.unwrap_or(profile.following_percent);
    let stretch = Stretch { first: 1, count: args.count, days: &days, following_percent };
    let [expected_path, cards_path] = [beside(&args.out, "expected.json"), beside(&args.out, "cards.csv")];
    refuse_what_is_not_ours(&args.out, [&expected_path, &cards_path])?;
    let mut out = Replacing::open(&args.out)?;
    let mut expected = Replacing::open(&expected_path)?;
    let mut cards = Replacing::open(&cards_path)?;
    let files = Files { applications: &mut out.writer, expected: &mut expected.writer, cards: &mut cards.writer };
    let written = write(files, &plan, &stretch).map_err(|e| StageError::file(args.out.display(), e))?;
    if let Some(folder) = &args.photos {
        write_photos(folder, &plan.album, args.photo_faults > 0).map_err(|e| StageError::file(folder.display(), e))?;
    }
    out.place()?;
    expected.place()?;
    cards.place()?;
    told(context, &args, &written)?;
    Ok(Exit::Ok)
}

/// An earlier run's three files are replaced, and nothing else.
fn refuse_what_is_not_ours(out: &Path, beside: [&PathBuf; 2]) -> anyhow::Result<()> {
    let first = || {
        let mut line = String::new();
        BufReader::new(File::open(out).ok()?.take(MAX_MESSAGE_BYTES as u64)).read_line(&mut line).ok()?;
        serde_json::from_str::<serde_json::Value>(&line).ok()
    };
    let is_ours =
        || beside.iter().all(|path| path.exists()) && first().is_some_and(|m| m["schema"] == "card.application.v1");
    let there = [out, beside[0], beside[1]].into_iter().find(|path| path.symlink_metadata().is_ok());
    match there {
        Some(path) if !is_ours() => {
            anyhow::bail!("{} is there and was not written here; give another --out, or remove it", path.display())
        }
        _ => Ok(()),
    }
}

fn plan(args: &ApplicationsArgs, profile: &'static Profile) -> anyhow::Result<Plan> {
    let rates = Rates {
        defects: args.defects,
        ledger_defects: args.ledger_defects,
        photo_faults: args.photo_faults,
        mishaps: args.mishaps,
    };
    if rates.defects + rates.ledger_defects + rates.photo_faults > 100 {
        let all = "--defects, --ledger-defects and --photo-faults are more than 100 together; give less";
        return Err(Usage(all.into()).into());
    }
    let plan = Plan::of(profile, args.seed, rates, &args.regions, args.from, &built_in_reference()?, args.photo_count)?;
    let most = plan.people.applicants().saturating_sub(1);
    if args.count > most {
        anyhow::bail!("these regions have identity numbers for {most} applications; give a smaller --count");
    }
    Ok(plan)
}

/// The day itself, then Mondays to Fridays.
fn weekdays(from: Date) -> impl Iterator<Item = Date> {
    let later = std::iter::successors(from.tomorrow().ok(), |day| day.tomorrow().ok());
    let works = |day: &Date| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
    std::iter::once(from).chain(later.filter(works))
}

fn told(context: &Context, args: &ApplicationsArgs, written: &Written) -> anyhow::Result<()> {
    let Written { applications, with_defect, mishaps, cards, bytes } = *written;
    let [expected_path, cards_path] = [beside(&args.out, "expected.json"), beside(&args.out, "cards.csv")];
    if context.output == Output::Table {
        print::line(&format!(
            "{applications} applications, {with_defect} of them spoiled on purpose, {mishaps} further lines, {bytes} bytes in {}",
            args.out.display()
        ))?;
        print::line(&format!("what must be found in them is in {}", expected_path.display()))?;
        if cards > 0 {
            print::line(&format!(
                "{cards} cards they follow; import them first: cardline import cards {}",
                cards_path.display()
            ))?;
        }
        return Ok(());
    }
    let row = [applications, with_defect, mishaps, cards, bytes].map(|n| n.to_string()).to_vec();
    let document = serde_json::json!({
        "applications": applications, "with_defect": with_defect, "mishaps": mishaps, "cards": cards, "bytes": bytes,
        "out": args.out, "expected": expected_path, "opening_stock": cards_path,
    });
    print::rows(context.output, &["applications", "with_defect", "mishaps", "cards", "bytes"], &[row], &document)
}

fn beside(out: &Path, ending: &str) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
