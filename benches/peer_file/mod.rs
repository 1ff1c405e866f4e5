//! The peer's file as both sides accept it: its own rows, with what our message has and its lacks, the
//! outlets in the regions of the rows, and a policy that asks for the papers its rows bring. A bank of the peer has a
//! number, ours has a letter before it: the same rows stand in two files.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use cardline_core::domain::policy::Policy;
use cardline_core::domain::reference::{Reference, ReferenceText};
use cardline_core::domain::{card_number, outlet_code};

const BANKS: [&str; 6] = ["102", "103", "104", "105", "301", "403"];
/// The regions of the peer's rows, in its order.
const REGIONS: [&str; 31] = [
    "110101", "120103", "130102", "140105", "150102", "210102", "220102", "230102", "310101", "320102", "330102",
    "340103", "350102", "360102", "370102", "410102", "420102", "430102", "440103", "450102", "460105", "500103",
    "510104", "520102", "530102", "540102", "610102", "620102", "630102", "640104", "650102",
];
/// Outlets of one bank; their region goes by their place among them.
const OUTLETS: usize = 400;

/// Adds to every row what our message has and the peer's lacks; members keep their order. Returns the file of the same
/// rows with banks as we know them.
pub fn complete(file: &Path) -> PathBuf {
    let (whole, ours) = (file.with_extension("whole"), file.with_extension("ours"));
    let written = |file: &Path| BufWriter::new(File::create(file).expect("file"));
    let (mut for_peer, mut for_us) = (written(&whole), written(&ours));
    for (place, line) in BufReader::new(File::open(file).expect("file")).lines().enumerate() {
        let row = complete_row(&line.expect("line"), place);
        writeln!(for_peer, "{row}").expect("line");
        writeln!(for_us, "{}", row.replace("\"bank\":\"", "\"bank\":\"B")).expect("line");
    }
    for_peer.flush().expect("file");
    for_us.flush().expect("file");
    std::fs::rename(whole, file).expect("file");
    ours
}

fn complete_row(line: &str, place: usize) -> String {
    let mut row = line
        .replacen("{\"event_id\"", "{\"schema\":\"card.application.v1\",\"event_id\"", 1)
        .replacen(",\"kind\":", ",\"revision\":1,\"kind\":", 1)
        .replacen("\"online_self\"", "\"website\"", 1)
        .replacen("\"online_agent\"", "\"website\"", 1);
    row = with_default_photo(with_agent_sex(with_previous_card(with_paper_term(row), place)));
    for member in ["\"opening_outlet\":\"", "\"point\":\""] {
        let code = after(&row, member).and_then(|rest| rest.get(..12)).map(str::to_owned);
        if let Some((near, code)) = code.and_then(|code| Some((nearby(&code, place)?, code))) {
            row = row.replacen(&format!("{member}{code}"), &format!("{member}{near}"), 1);
        }
    }
    row
}

/// A resident ID of the year 2024, valid as long as one of its holder's age then is.
fn with_paper_term(row: String) -> String {
    let year = after(&row, "\"birth_date\":\"").and_then(|rest| rest.get(..4)?.parse::<u32>().ok());
    let until = match year.map(|year| 2023_u32.saturating_sub(year)) {
        Some(0..16) => "2029-05-06",
        Some(16..26) => "2034-05-06",
        Some(26..46) => "2044-05-06",
        _ => "long_term",
    };
    row.replacen("2019-05-06", "2024-05-06", 1).replacen("2039-05-06", until, 1)
}

/// The previous card by our number of nine characters, with the reason it is given up for.
fn with_previous_card(row: String, place: usize) -> String {
    let Some((before, card)) = row.split_once("\"previous_card\":{") else {
        return row;
    };
    let (Some(bank), Some((_, behind))) = (card.get(8..11), card.split_once('}')) else {
        return row;
    };
    let number = card_number::from_serial(place as u64).expect("few rows");
    let reason = if before.contains("\"kind\":\"replacement\"") { "damaged" } else { "quality" };
    format!(
        "{before}\"previous_card\":{{\"card_number\":\"{number}\",\"bank\":\"{bank}\",\"reason\":\"{reason}\"}}{behind}"
    )
}

/// An agent's sex, as the number tells it.
fn with_agent_sex(row: String) -> String {
    let Some((before, agent)) = row.split_once("\"agent\":{") else {
        return row;
    };
    let number = after(agent, "\"id_number\":\"").expect("an agent has a number");
    let sex = if number.as_bytes()[16] % 2 == 1 { "1" } else { "2" };
    let agent = agent.replacen("\"id_valid_to\":", &format!("\"sex\":\"{sex}\",\"id_valid_to\":"), 1);
    format!("{before}\"agent\":{{{agent}")
}

/// The default photo without an object: nobody uploaded one.
fn with_default_photo(row: String) -> String {
    let Some((before, object)) = row.split_once("\"source\":\"default\",") else {
        return row;
    };
    let bytes = after(object, "\"bytes\":").expect("a photo has a size");
    format!("{before}\"source\":\"default\",\"bytes\":{bytes}")
}

fn after<'t>(text: &'t str, mark: &str) -> Option<&'t str> {
    text.split_once(mark).map(|(_, rest)| rest)
}

/// The outlet of the same bank that lies in the region of the row at `place`; a code that is none of
/// the peer's outlets stays.
fn nearby(code: &str, place: usize) -> Option<String> {
    let bank = BANKS.into_iter().find(|bank| code.len() == 12 && code.starts_with(bank))?;
    let number: usize = code.get(7..11)?.parse().ok()?;
    let whole = number < OUTLETS && outlet(bank, number) == code;
    let region = place % REGIONS.len();
    whole.then(|| outlet(bank, number / REGIONS.len() % (OUTLETS / REGIONS.len()) * REGIONS.len() + region))
}

fn outlet(bank: &str, number: usize) -> String {
    let first = format!("{bank}{:04}{number:04}", 1000 + number % 20 * 10);
    (0..10).map(|digit| format!("{first}{digit}")).find(|code| outlet_code::is_valid(code)).expect("check digit")
}

/// The peer's banks, outlets and points as our reference data.
pub fn reference() -> Reference {
    let built_in = include_str!("../../fixtures/reference/regions.csv");
    let mut points = "code,name,region,kind\n".to_owned();
    let mut outlets = "code,bank,region,name\n".to_owned();
    let mut banks = "code,name_zh,prefixes,regions\n".to_owned();
    for region in REGIONS {
        points.push_str(&format!("{region}001001,point,{region},village\n"));
    }
    for bank in BANKS {
        banks.push_str(&format!("B{bank},bank,{bank},\n"));
        for number in 0..OUTLETS {
            let region = REGIONS[number % REGIONS.len()];
            outlets.push_str(&format!("{},B{bank},{region},outlet\n", outlet(bank, number)));
        }
    }
    let text = ReferenceText {
        regions: built_in,
        points: &points,
        banks: &banks,
        outlets: &outlets,
        studios: "code,name,region,address\n",
    };
    Reference::from_csv(&text).expect("reference")
}

/// The built-in policy, but that a website asks no agent for papers: the peer's rows have none.
pub fn policy() -> Policy {
    let built_in = include_str!("../../schemas/policy.toml");
    let asked = "required = [\"agent_id_front\", \"agent_id_back\"]";
    assert!(built_in.contains(asked), "the policy no longer asks an agent for papers in this form");
    Policy::load(&built_in.replace(asked, &asked.replace("required", "optional"))).expect("policy")
}
