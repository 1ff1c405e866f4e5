//! Writing generated applications as NDJSON, with the list of what was planted beside it.
//!
//! Bounded memory: one application at a time, whatever the count.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use cardline_core::domain::application::Kind;
use cardline_core::domain::card_number;
use jiff::civil::Date;

use super::applications::{Generated, KindChoice, Plan, Previous, application};
use super::classes::Class;
use super::photos::Album;
use super::streams::{Purpose, chance, percent, pick, stream};

/// Serials of opening-stock cards begin here, far above any the ledger draws.
const STOCK_SERIAL_START: u64 = 36_u64.pow(7) * 35;

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
    pub with_defect: u64,
    pub bytes: u64,
}

/// The application of an index in a stretch, on its day and of its kind; `None` without a day or past the end.
#[must_use]
pub fn application_of(plan: &Plan, stretch: &Stretch<'_>, offset: u64) -> Option<Generated> {
    let day = day_of(stretch, offset)?;
    let index = stretch.first + offset;
    Some(application(plan, index, day, &choice(plan, stretch, index)))
}

fn day_of(stretch: &Stretch<'_>, offset: u64) -> Option<Date> {
    if offset >= stretch.count {
        return None;
    }
    let number = u128::from(offset) * stretch.days.len() as u128 / u128::from(stretch.count);
    stretch.days.get(usize::try_from(number).ok()?).copied()
}

/// Which kind the application of an index is. One that follows a card is of the person of its own index,
/// who therefore asks for no first card.
pub(in crate::world) fn choice(plan: &Plan, stretch: &Stretch<'_>, index: u64) -> KindChoice {
    let mut rng = stream(plan.seed, Purpose::Following, index);
    if !chance(&mut rng, stretch.following_percent) {
        return KindChoice::FirstIssue;
    }
    let kind = match (plan.people.class(index), percent(&mut rng)) {
        (Class::Newborn, _) => return KindChoice::FirstIssue,
        (Class::TurnedSixteen, _) => Kind::AdultRenewal,
        (_, 0..50) => Kind::Replacement,
        (_, 50..85) => Kind::Exchange,
        _ => Kind::BankChange,
    };
    KindChoice::Following { kind, previous: opening_card(plan, index) }
}

/// The card a person of the opening stock has: a pure function of the person, for the caller's import.
#[must_use]
pub fn opening_card(plan: &Plan, person_index: u64) -> Previous {
    let mut rng = stream(plan.seed, Purpose::Following, person_index | 1 << 63);
    let place = plan.people.places().get(plan.people.person(person_index).place);
    let bank =
        place.and_then(|place| pick(&mut rng, &place.outlets)).map(|outlet| outlet.bank.clone()).unwrap_or_default();
    let card_number = card_number::from_serial(STOCK_SERIAL_START + person_index).unwrap_or_default();
    Previous { card_number, bank, person_index }
}

/// The opening-stock cards a stretch refers to, one at a time and in its order.
pub fn opening_stock<'a>(plan: &'a Plan, stretch: &'a Stretch<'a>) -> impl Iterator<Item = Previous> + 'a {
    (stretch.first..stretch.first + stretch.count).filter_map(move |index| match choice(plan, stretch, index) {
        KindChoice::FirstIssue => None,
        KindChoice::Following { previous, .. } => Some(previous),
    })
}

/// Writes a stretch of applications, one JSON a line, and to `expected` the object
/// `application_id` → planted rule codes of those with a defect.
///
/// # Errors
/// When one of the two cannot be written.
pub fn write_ndjson(
    out: &mut dyn Write,
    expected: &mut dyn Write,
    plan: &Plan,
    stretch: &Stretch<'_>,
) -> io::Result<Written> {
    let mut written = Written::default();
    expected.write_all(b"{")?;
    for offset in 0..stretch.count {
        let Some(generated) = application_of(plan, stretch, offset) else {
            break;
        };
        out.write_all(generated.json.as_bytes())?;
        out.write_all(b"\n")?;
        written.applications += 1;
        written.bytes += generated.json.len() as u64 + 1;
        if !generated.planted.is_empty() {
            write_planted(expected, &generated, written.with_defect == 0)?;
            written.with_defect += 1;
        }
    }
    expected.write_all(b"\n}\n")?;
    out.flush()?;
    expected.flush()?;
    Ok(written)
}

/// One line of the `.expected.json` object; the codes are sorted.
fn write_planted(expected: &mut dyn Write, generated: &Generated, is_first: bool) -> io::Result<()> {
    let mut codes = generated.planted.clone();
    codes.sort_unstable();
    let separator = if is_first { "\n" } else { ",\n" };
    let line = serde_json::to_string(&BTreeMap::from([(&generated.application_id, codes)]))?;
    let inner = line.trim_start_matches('{').trim_end_matches('}');
    write!(expected, "{separator}{inner}")
}

/// Writes every photo of an album below a folder, under its object key.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_photos(folder: &Path, album: &Album) -> io::Result<()> {
    for (key, file) in album.files() {
        let path = folder.join(key);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::write(path, file)?;
    }
    Ok(())
}
