//! Writing generated applications as NDJSON, with what they need and what is to be expected beside them.
//!
//! Bounded memory: a few thousand applications at a time, whatever the count.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use cardline::actions::imports::legacy_cards::StockRow;
use cardline_core::domain::application::Kind;
use jiff::civil::Date;
use rayon::prelude::*;

use super::album::Album;
use super::applications::{Generated, Spoil, generate};
use super::classes::Class;
use super::messages::Wanted;
use super::mishaps::{self, Mishap};
use super::plan::{KindChoice, Plan};
use super::stock::opening_card;
use super::streams::{Purpose, Rng, chance, stream, weighted};

/// Applications made at a time: enough for all cores, some ten megabytes.
const CHUNK_APPLICATIONS: u64 = 4_096;

/// How many, approved when, and of which kinds.
#[derive(Clone, Debug)]
pub struct Stretch<'a> {
    /// Index of the first application.
    pub first: u64,
    pub count: u64,
    /// Days of approval; the applications are spread evenly over them, in order.
    pub days: &'a [Date],
    /// Out of a hundred, how many follow a card of the opening stock.
    pub following_percent: u32,
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    pub applications: u64,
    /// Applications with a planted defect or a faulty photo.
    pub with_defect: u64,
    /// Further lines that are wrong as messages.
    pub mishaps: u64,
    /// Cards of the opening stock.
    pub cards: u64,
    pub bytes: u64,
}

/// The files of a stretch.
pub struct Files<'w> {
    /// The messages, one a line.
    pub applications: &'w mut dyn Write,
    /// What is to be expected, as one JSON object.
    pub expected: &'w mut dyn Write,
    /// The opening stock, as `import cards` reads it.
    pub cards: &'w mut dyn Write,
}

/// The application of an index in a stretch, on its day and of its kind; `None` without a day or past the end.
#[must_use]
pub fn application_of(plan: &Plan, stretch: &Stretch<'_>, offset: u64) -> Option<Generated> {
    let (approved_on, second_of_day) = approval(plan, stretch, offset)?;
    let index = stretch.first + offset;
    let mut spoil = Spoil::of(plan, index);
    let mut choice = choice(plan, stretch, index);
    if matches!(spoil, Spoil::Ledger) && offset > 0 && is_second(plan, stretch, index) {
        (spoil, choice) = (Spoil::SecondOfPerson, KindChoice::FirstIssue);
    }
    let wanted = Wanted { second_of_day: Some(second_of_day), ..Wanted::new(index, approved_on, &choice) };
    Some(generate(plan, wanted, spoil))
}

/// Whether an application is to be a second one of the person before, who has a first card under way then.
fn is_second(plan: &Plan, stretch: &Stretch<'_>, index: u64) -> bool {
    let sound = matches!(Spoil::of(plan, index - 1), Spoil::Nothing);
    let first = choice(plan, stretch, index - 1) == KindChoice::FirstIssue;
    sound && first && chance(&mut stream(plan.seed, Purpose::Spoil, index | 1 << 63), 20)
}

/// Day and second of approval. The applications of a day follow each other through the profile's hours.
fn approval(plan: &Plan, stretch: &Stretch<'_>, offset: u64) -> Option<(Date, u32)> {
    if offset >= stretch.count {
        return None;
    }
    let thousandths = u128::from(offset) * stretch.days.len() as u128 * 1000 / u128::from(stretch.count);
    let day = stretch.days.get(usize::try_from(thousandths / 1000).ok()?)?;
    Some((*day, plan.profile().second_of_day(u32::try_from(thousandths % 1000).ok()?)))
}

/// Which kind the application of an index is. One that follows a card is of the person of its own index,
/// who therefore asks for no first card.
pub(crate) fn choice(plan: &Plan, stretch: &Stretch<'_>, index: u64) -> KindChoice {
    let mut rng = stream(plan.seed, Purpose::Following, index);
    if !chance(&mut rng, stretch.following_percent) {
        return KindChoice::FirstIssue;
    }
    let kind = match plan.people.class(index) {
        Class::Newborn => return KindChoice::FirstIssue,
        Class::TurnedSixteen => Kind::AdultRenewal,
        _ => weighted(&mut rng, plan.profile().kinds).unwrap_or(Kind::Exchange),
    };
    KindChoice::Following { kind, previous: opening_card(plan, index) }
}

/// The opening-stock cards a stretch refers to, one at a time and in its order.
pub fn opening_stock<'a>(plan: &'a Plan, stretch: &'a Stretch<'a>) -> impl Iterator<Item = StockRow> + 'a {
    (0..stretch.count).filter_map(move |offset| application_of(plan, stretch, offset)?.card)
}

/// The application of an offset, and the message that goes wrong after it.
fn with_mishap(plan: &Plan, stretch: &Stretch<'_>, offset: u64) -> Option<(Generated, Option<&'static Mishap>)> {
    let generated = application_of(plan, stretch, offset)?;
    let mut rng: Rng = stream(plan.seed, Purpose::Mishap, stretch.first + offset);
    let goes_wrong = !generated.spoiled && chance(&mut rng, plan.rates.mishaps);
    Some((generated, if goes_wrong { mishaps::draw(&mut rng) } else { None }))
}

/// Writes a stretch of applications.
///
/// `expected` is one JSON object. An application's id leads to the codes of what must be found in it; one
/// without entry is accepted without a finding. A further line that is wrong as a message stands as
/// `line N` (counted from 1) with what becomes of it: `repeated`, or the reason it is held for.
///
/// # Errors
/// When one of the files cannot be written.
pub fn write(files: Files<'_>, plan: &Plan, stretch: &Stretch<'_>) -> io::Result<Written> {
    let mut written = Written::default();
    let mut cards = csv::WriterBuilder::new().has_headers(false).from_writer(files.cards);
    cards.write_record(StockRow::COLUMNS)?;
    let mut expected = Expected { out: files.expected, separator: "{\n" };
    let (mut offset, mut line) = (0, 0u64);
    while offset < stretch.count {
        let next = stretch.count.min(offset + CHUNK_APPLICATIONS);
        let chunk: Vec<_> =
            (offset..next).into_par_iter().filter_map(|offset| with_mishap(plan, stretch, offset)).collect();
        for (generated, mishap) in chunk {
            let mut put = |bytes: &[u8]| {
                line += 1;
                written.bytes += bytes.len() as u64 + 1;
                files.applications.write_all(bytes)?;
                files.applications.write_all(b"\n")
            };
            put(generated.json.as_bytes())?;
            written.applications += 1;
            written.with_defect += u64::from(generated.spoiled);
            if !generated.expected.is_empty() {
                expected.entry(&generated.application_id, &generated.expected)?;
            }
            if let Some(card) = &generated.card {
                cards.serialize(card)?;
                written.cards += 1;
            }
            if let Some(mishap) = mishap {
                put(&mishap.message(&generated))?;
                written.mishaps += 1;
                expected.entry(&format!("line {line}"), &[mishap.reason])?;
            }
        }
        offset = next;
    }
    expected.end()?;
    cards.flush()?;
    files.applications.flush()?;
    Ok(written)
}

/// The object of what is to be expected, one entry a line.
struct Expected<'w> {
    out: &'w mut dyn Write,
    separator: &'static str,
}

impl Expected<'_> {
    fn entry(&mut self, key: &str, codes: &[&str]) -> io::Result<()> {
        let line = serde_json::to_string(&BTreeMap::from([(key, codes)]))?;
        let inner = line.trim_start_matches('{').trim_end_matches('}');
        write!(self.out, "{}{inner}", self.separator)?;
        self.separator = ",\n";
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        self.out.write_all(if self.separator == "{\n" { b"{\n}\n" } else { b"\n}\n" })?;
        self.out.flush()
    }
}

/// Writes every photo of an album below a folder, under its object key; with the faulty ones, if wanted.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_photos(folder: &Path, album: &Album, faulty: bool) -> io::Result<u64> {
    let faulty = album.faulty_files().take(if faulty { usize::MAX } else { 0 });
    let mut written = 0;
    for (key, file) in album.files().chain(faulty) {
        let path = folder.join(key);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, file)?;
        written += 1;
    }
    Ok(written)
}
