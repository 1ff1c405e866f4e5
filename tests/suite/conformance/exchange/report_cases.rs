//! A row of a bureau's report that cannot be believed is a case; the other cards are made.

use std::collections::BTreeMap;

use cardline::args;
use cardline::route::production::{Cut, Manifests, Reports};
use cardline::route::send::Send;
use cardline::time::instant;
use cardline_core::file_formats::FileKind;
use cardline_world::play::day;

use super::partner_files::{Asked, largest_request};
use crate::conformance::arrivals::number;
use crate::conformance::people::attacks::plain_text::{PLANTED, told};
use crate::databases::{Database, on_both_engines};
use crate::plays::{Play, broken};
use crate::steps::drain;

on_both_engines!(a_card_that_is_reported_wrong_costs_no_other,);

const KIND: FileKind = FileKind::ProductionReport;
/// Accounts are open on the evening before this day.
const OPENED: u32 = 5;

async fn place_of(play: &Play, card: &str) -> String {
    let mut tx = play.worker.ledger.read().await.unwrap();
    let sql = "SELECT place, '' FROM card WHERE card_number = $1";
    tx.row::<(String, String)>(sql, args![card]).await.unwrap().unwrap().0
}

/// The cards of each point, by their place in the request.
fn by_point(asked: &Asked) -> BTreeMap<String, Vec<usize>> {
    let mut points: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, point) in asked.values("delivery_point").into_iter().enumerate() {
        points.entry(point).or_default().push(n);
    }
    points
}

async fn a_card_that_is_reported_wrong_costs_no_other(database: Database) {
    let engine = database.engine;
    let mut play = Play::new(database, 5, 240, OPENED).await;
    for n in 0..OPENED {
        play.day(n).await;
    }
    let evening = instant(day(11), 17, 30);
    drain(&Cut::STEP, &play.worker, evening).await.unwrap();
    drain(&Send, &play.worker, evening).await.unwrap();
    let asked = largest_request(&play, "BUREAU", FileKind::Personalization).await;
    let spec = asked.answers(&play, KIND);
    let (regions, points, numbers) =
        (asked.values("region"), asked.values("delivery_point"), asked.values("card_number"));
    let identifier = |n: usize| format!("{}D156000005{:016X}", regions[n], 0xABCD_0000 + n);
    let mut rows = asked.arranged(spec, |n, field| match field {
        "outcome" => Some("good".into()),
        "card_identifier" => Some(identifier(n)),
        "atr" => Some(format!("00{n:024X}")),
        "box" | "carton" => Some(format!("TB{}", points[n])),
        "box_position" => Some((n + 1).to_string()),
        _ => None,
    });
    let of_points = by_point(&asked);
    let crowded = of_points.values().max_by_key(|cards| cards.len()).unwrap();
    assert!(numbers.len() >= 12 && crowded.len() >= 2, "{} cards, {} at one point", numbers.len(), crowded.len());
    let elsewhere: Vec<usize> = (0..numbers.len()).filter(|n| points[*n] != points[crowded[0]]).collect();
    let column = |field: &str| spec.column(field).unwrap();
    // Every card here is one that is reported wrong in its own way.
    let [odd, spoiled, false_one, first, second, twice, garbled, nowhere, telling] = elsewhere[..9] else {
        panic!("{} cards at other points", elsewhere.len())
    };
    rows[odd][column("box")] = format!("TB{}", points[crowded[0]]);
    rows[spoiled][column("outcome")] = "1".into();
    // Whom it was for is nobody's business, nor the number of a box.
    rows[spoiled][column("failed_stage")] = PLANTED[0].chars().take(20).collect();
    rows[spoiled][column("reason")] = PLANTED[1].into();
    rows[telling][column("box")] = format!("id{}", PLANTED[1]);
    rows[false_one][column("card_identifier")] = "999999D156000005000000000000000A".into();
    rows[second][column("card_identifier")] = identifier(first);
    rows[garbled][column("card_number")] = format!("{}?", &numbers[garbled][..8]);
    rows[nowhere][column("box_position")] = "x".into();
    let again = rows[twice].clone();
    rows.push(again);
    let unknown = crowded[0];
    rows[unknown][column("outcome")] = "7".into();
    asked.place(&play, KIND, &rows).await;
    let now = instant(day(12), 8, 0);
    drain(&Reports::STEP, &play.worker, now).await.unwrap();

    for n in [first, second, twice] {
        assert_eq!(place_of(&play, &numbers[n]).await, "held", "card {n}");
    }
    let on_order = [odd, spoiled, false_one, garbled, nowhere, unknown, telling];
    for n in on_order {
        assert_eq!(place_of(&play, &numbers[n]).await, "in_production", "card {n}");
    }
    let made: Vec<usize> =
        (0..numbers.len()).filter(|n| ![first, second, twice].contains(n) && !on_order.contains(n)).collect();
    assert!(!made.is_empty());
    for n in &made {
        assert_eq!(place_of(&play, &numbers[*n]).await, "produced", "card {n}");
    }
    let ledger = &play.worker.ledger;
    let opened =
        "SELECT count(*) FROM desk_case k JOIN file f ON f.id = k.file WHERE f.kind = 'production-report' AND f.at = ";
    let opened = format!("{opened}{} AND k.state = 'open'", now.as_microsecond());
    assert_eq!(
        number(ledger, &opened).await,
        9,
        "odd, false, first, second, twice, nowhere, unknown, telling and the garbled row"
    );

    assert_eq!(number(ledger, "SELECT count(*) FROM spoilage WHERE stage = '' AND reason = ''").await, 1);
    assert_eq!(told(ledger, engine).await, Vec::<String>::new());

    // What was wrong is reported again, in another box; a box reported before takes no more.
    let mut mended: Vec<Vec<String>> = Vec::new();
    for (n, number) in [(false_one, "TBAGAIN"), (nowhere, "")] {
        let mut row = rows[n].clone();
        row[column("card_identifier")] = identifier(n);
        row[column("box_position")] = "1".into();
        row[column("box")] = if number.is_empty() { format!("TB{}", points[made[0]]) } else { number.into() };
        mended.push(row);
    }
    asked.place(&play, KIND, &mended).await;
    drain(&Reports::STEP, &play.worker, now).await.unwrap();
    assert_eq!(place_of(&play, &numbers[false_one]).await, "produced");
    assert_eq!(place_of(&play, &numbers[nowhere]).await, "in_production");

    // More cards than ordered stop the whole delivery.
    let mut more = rows[garbled].clone();
    more[column("card_number")] = cardline_core::domain::card_number::from_serial(99_999_999).unwrap();
    let mut good = rows[garbled].clone();
    good[column("card_number")] = numbers[garbled].clone();
    asked.place(&play, KIND, &[good, more]).await;
    drain(&Reports::STEP, &play.worker, now).await.unwrap();
    assert_eq!(place_of(&play, &numbers[garbled]).await, "in_production");
    assert_eq!(
        number(ledger, "SELECT count(*) FROM file WHERE kind = 'production-report' AND state = 'held'").await,
        1
    );

    manifest(&play, &asked, &made, &numbers).await;
    let laws = ledger.books(instant(day(12), 9, 0), true, None).await.unwrap();
    // The play stood still for a week, so days have passed; everything else holds.
    let others: Vec<String> =
        broken(&laws).into_iter().filter(|law| !law.starts_with("law 10") && !law.starts_with("law 8")).collect();
    assert_eq!(others, Vec::<String>::new());
    play.end().await;
}

/// A manifest of all boxes, one with a card too many, one with a hole, one nobody knows, while the bureau cannot
/// be told: the others are shipped.
async fn manifest(play: &Play, asked: &Asked, made: &[usize], numbers: &[String]) {
    let points = asked.values("delivery_point");
    let mut boxes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for n in made {
        boxes.entry(&points[*n]).or_default().push(&numbers[*n]);
    }
    assert!(boxes.len() >= 3, "{} boxes", boxes.len());
    let [wrong, holed] = [0, 1].map(|n| *boxes.keys().nth(n).unwrap());
    let (mut text, mut cards) = (String::new(), 0);
    let unknown = [("T9", "TB9", wrong, vec!["A00000001"])];
    let known = boxes.iter().map(|(point, numbers)| {
        let mut numbers = numbers.clone();
        numbers.extend((*point == wrong).then_some("A00000002"));
        (format!("T{point}"), format!("TB{point}"), *point, numbers)
    });
    let all: Vec<(String, String, &str, Vec<&str>)> =
        known.chain(unknown.map(|(t, b, p, n)| (t.to_owned(), b.to_owned(), p, n))).collect();
    for (tracking, number, point, numbers) in &all {
        let count = numbers.len();
        cards += count;
        text.push_str(&format!("<carton number=\"C{tracking}\" tracking=\"{tracking}\" seal=\"S{tracking}\">\n"));
        text.push_str(&format!(
            "<box number=\"{number}\" point=\"{point}\" from=\"1\" to=\"{count}\" count=\"{count}\">\n"
        ));
        for (at, card) in numbers.iter().enumerate() {
            let position = at + 1 + usize::from(number == &format!("TB{holed}") && at + 1 == count);
            text.push_str(&format!("<card number=\"{card}\" position=\"{position}\"/>\n"));
        }
        text.push_str("</box>\n</carton>\n");
    }
    let ledger = &play.worker.ledger;
    let kind = FileKind::ShippingManifest;
    let sequence = ledger.next_sequence("BUREAU", kind.name(), "in").await.unwrap();
    let batch = &asked.parsed.control["batch"];
    // A byte order mark in front is skipped, and CRLF is a line end like any other in XML.
    let document = format!(
        "\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<shippingManifest bureau=\"BUREAU\" batch=\"{batch}\" sequence=\"{sequence}\" \
         date=\"{}\">\n{text}<totals cartons=\"{1}\" boxes=\"{1}\" cards=\"{cards}\"/>\n</shippingManifest>\n",
        day(12),
        all.len(),
    )
    .replace('\n', "\r\n");
    asked.place_bytes(play, kind, sequence, document.as_bytes());
    let to = play.worker.partners.get("BUREAU").unwrap().to();
    let aside = to.with_extension("aside");
    std::fs::rename(&to, &aside).unwrap();
    drain(&Manifests::STEP, &play.worker, instant(day(12), 8, 30)).await.unwrap();
    std::fs::rename(&aside, &to).unwrap();
    for n in made {
        let expected = if [wrong, holed].contains(&points[*n].as_str()) { "produced" } else { "in_transit" };
        assert_eq!(place_of(play, &numbers[*n]).await, expected);
    }
    let sql = "SELECT count(*) FROM desk_case k JOIN file f ON f.id = k.file
        WHERE f.kind = 'shipping-manifest' AND f.state = 'applied' AND k.reason LIKE ";
    assert_eq!(number(ledger, &format!("{sql}'line %'")).await, 3);
    assert_eq!(number(ledger, &format!("{sql}'%tell the partner'")).await, 1);
}
