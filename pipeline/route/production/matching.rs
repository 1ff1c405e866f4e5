//! The rows of a bureau's report, each matched with what was ordered. Pure.
//!
//! A card that was never ordered stops the whole delivery: it is an incident, not a slip. Whatever else is wrong
//! with a row is that card's case; the card stays on order until it is reported well, and one that shares its
//! identifier with another is stopped.

use std::collections::{BTreeMap, HashMap};

use cardline_core::domain::open_form::Form;
use cardline_core::domain::{card_identifier, card_number, identifier};
use cardline_core::file_formats::{FileFault, FileSpec, Parsed, ReadRow};
use jiff::civil::Date;

use crate::cases::desk::UnmatchedRow;
use crate::inbound::doubts::row_faults;
use crate::route::production::report_rows::{CardCase, GoodCard, MatchedReport, OrderedCard, SpoiledCard};
use crate::step::Worker;

/// Of a box or a carton whose number cannot stand in plain text.
pub(super) const NOT_A_NUMBER_OF_THINGS: &str =
    "1 to 64 letters, digits, hyphens, underscores, dots and colons, and no number of a person";

/// Why a row is not believed, and whether its card is stopped.
struct Doubt {
    field: &'static str,
    message: &'static str,
    stops: bool,
}

const fn doubt(field: &'static str, message: &'static str) -> Doubt {
    Doubt { field, message, stops: false }
}

/// Matches a report; its second part is what the bureau is told of rows that are cases.
///
/// # Errors
/// Cards that were never ordered.
pub(crate) fn match_report(
    worker: &Worker,
    spec: &FileSpec,
    parsed: &Parsed,
    ordered: &[OrderedCard],
    today: Date,
) -> Result<(MatchedReport, Vec<FileFault>), Vec<FileFault>> {
    let by_number: HashMap<&str, &OrderedCard> = ordered.iter().map(|card| (card.card_number.as_str(), card)).collect();
    let mut report = MatchedReport::default();
    let (mut more, mut faults) = (Vec::new(), Vec::new());
    let mut of_card: BTreeMap<&str, (&OrderedCard, Vec<ReadRow<'_>>)> = BTreeMap::new();
    for row in parsed.read(spec) {
        let number = row.value("card_number").filter(|number| card_number::is_valid(number));
        let Some(number) = number else {
            let message = "this is no card number: correct it";
            faults.push(row.fault("card_number", message));
            report.unmatched.push(UnmatchedRow { line: row.line, message });
            continue;
        };
        match by_number.get(number.as_str()) {
            Some(card) => of_card.entry(&card.card_number).or_insert_with(|| (card, Vec::new())).1.push(row),
            None => more.push(row.fault(
                "card_number",
                "this card was not ordered in this batch: more cards than ordered stop the delivery",
            )),
        }
    }
    if !more.is_empty() {
        return Err(more);
    }
    let shared = Shared::of(&of_card);
    let case_on =
        |card: &OrderedCard| worker.working_days_after(today, worker.policy.of(&card.region, today).case_working_days);
    for (card, rows) in of_card.values() {
        let case = |reason, stops| CardCase { application: card.application, reason, case_on: case_on(card), stops };
        let judged = judge(card, rows, &shared);
        match judged {
            Says::Good(good) => report.good.push(good),
            Says::Spoiled(stage, reason) => {
                let attempt = card.spoiled + 1;
                let remake = attempt <= worker.policy.of(&card.region, today).remakes;
                let (application, case_on) = (card.application, case_on(card));
                report.spoiled.push(SpoiledCard { application, attempt, stage, reason, remake, case_on });
            }
            Says::Same => {}
            Says::Otherwise => {
                report.cases.push(case("the bureau reported this card twice, differently", false));
            }
            Says::Doubtful(doubt) => {
                faults.extend(rows.iter().map(|row| row.fault(doubt.field, doubt.message)));
                report.cases.push(case(doubt.message, doubt.stops));
            }
        }
    }
    for (number, point) in shared.boxes {
        if report.good.iter().any(|good| good.box_number == number) {
            report.boxes.push((number, point));
        }
    }
    Ok((report, row_faults(parsed, faults)))
}

/// What the rows of a report say together: identifiers that stand more than once, and the point of each box.
struct Shared {
    identifiers: HashMap<String, usize>,
    /// The point of most of a box's cards.
    boxes: BTreeMap<String, String>,
}

impl Shared {
    fn of(of_card: &BTreeMap<&str, (&OrderedCard, Vec<ReadRow<'_>>)>) -> Shared {
        let mut identifiers: HashMap<String, usize> = HashMap::new();
        let mut points: BTreeMap<String, BTreeMap<&str, usize>> = BTreeMap::new();
        for (card, rows) in of_card.values() {
            for row in rows.iter().filter(|row| row.value("outcome").as_deref() == Some("good")) {
                *identifiers.entry(row.value("card_identifier").unwrap_or_default()).or_default() += 1;
                let cards = points.entry(row.value("box").unwrap_or_default()).or_default();
                *cards.entry(&card.point).or_default() += 1;
            }
        }
        let most = |cards: BTreeMap<&str, usize>| {
            cards.into_iter().max_by_key(|(_, count)| *count).map_or_else(String::new, |(point, _)| point.to_owned())
        };
        Shared { identifiers, boxes: points.into_iter().map(|(number, cards)| (number, most(cards))).collect() }
    }
}

/// What a report says of one card.
enum Says {
    Good(GoodCard),
    /// Where it failed, and why.
    Spoiled(String, String),
    /// What was reported before.
    Same,
    /// Something else than was reported before.
    Otherwise,
    Doubtful(Doubt),
}

fn judge(card: &OrderedCard, rows: &[ReadRow<'_>], shared: &Shared) -> Says {
    let [row] = rows else {
        let message = "this card stands twice in one report";
        return Says::Doubtful(Doubt { stops: true, ..doubt("card_number", message) });
    };
    let cell = |field: &str| row.value(field).unwrap_or_default();
    let good = match cell("outcome").as_str() {
        "good" => true,
        "spoiled" => false,
        _ => return Says::Doubtful(doubt("outcome", "neither good nor spoiled: agree on the code")),
    };
    let identifier = cell("card_identifier");
    match &card.identifier {
        Some(before) if good && *before == identifier => return Says::Same,
        Some(_) => return Says::Otherwise,
        None if card.failed => return Says::Otherwise,
        None => {}
    }
    if !good {
        let words = |text: String| Form::Words.of(&text).unwrap_or_default().to_owned();
        return Says::Spoiled(words(cell("failed_stage")), words(cell("reason")));
    }
    match wrong(card, row, &identifier, shared) {
        Some(doubt) => Says::Doubtful(doubt),
        None => Says::Good(GoodCard {
            application: card.application,
            identifier,
            atr: cell("atr"),
            box_number: cell("box"),
            position: cell("box_position").parse().unwrap_or(0),
        }),
    }
}

/// What is wrong with a card that is said to be good.
fn wrong(card: &OrderedCard, row: &ReadRow<'_>, identifier: &str, shared: &Shared) -> Option<Doubt> {
    let cell = |field: &str| row.value(field).unwrap_or_default();
    if card_identifier::region(identifier) != Some(card.region.as_str()) {
        return Some(doubt("card_identifier", "not a card identifier of the issuing region"));
    }
    if shared.identifiers.get(identifier).is_some_and(|cards| *cards > 1) {
        return Some(Doubt { stops: true, ..doubt("card_identifier", "one identifier for two cards") });
    }
    if !card_identifier::is_valid_atr(&cell("atr")) {
        return Some(doubt("atr", "not the history bytes of an answer to reset"));
    }
    if cell("box").is_empty() || row.is_wrong("box_position") {
        return Some(doubt("box", "a good card lies in a box at a position: name both"));
    }
    if identifier::judge(&cell("box")).is_err() {
        return Some(doubt("box", NOT_A_NUMBER_OF_THINGS));
    }
    if shared.boxes.get(&cell("box")) != Some(&card.point) {
        return Some(doubt("box", "this box holds cards for another point"));
    }
    None
}
