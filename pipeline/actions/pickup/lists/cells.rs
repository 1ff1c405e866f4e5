//! The lines of such a list as a file: written for a spreadsheet, and read after people and spreadsheets had it.
//!
//! Columns are found by their names, lines by their list and number: what is sorted or moved is read all the same. What
//! was changed is refused with its line and column, and nothing is guessed.

use std::collections::HashMap;

use cardline_core::domain::spreadsheet;
use cardline_core::domain::visible::inert;
use jiff::civil::Date;
use rust_xlsxwriter::XlsxError;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::rows::FileRow;
use super::workbook::{Special, workbook};
use super::{csv_rows, workbook_rows};
use crate::actions::imports::reference_file::RowFault;
use crate::hex::hex;

/// The columns of a list; the last four are for the point to fill in.
pub const COLUMNS: [&str; 12] = [
    "list",
    "no",
    "application_id",
    "holder",
    "number_ends",
    "box",
    "last_day",
    "control",
    "handed_over_on",
    "by",
    "shown",
    "remark",
];
/// Columns without which nothing can be recorded.
const NEEDED: [&str; 7] = ["list", "no", "application_id", "control", "handed_over_on", "by", "shown"];
/// Who took the card: our word, and that of the form.
const BY: [(&str, &str); 3] = [("holder", "本人"), ("agent", "代办人"), ("guardian", "监护人")];
/// What was shown: the word of our schemas for that document, and that of the form.
const SHOWN: [(&str, &str); 7] = [
    ("id_front", "身份证"),
    ("agent_id_front", "代办人身份证"),
    ("household_head_page", "户口簿"),
    ("household_holder_page", "户口簿本人页"),
    ("birth_certificate", "出生医学证明"),
    ("relation_proof", "关系证明"),
    ("holder_present", "本人到场"),
];

/// A card on a list. The name is masked but for its first sign, of the number the last four are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListLine {
    pub no: i64,
    pub application_id: String,
    pub holder: String,
    pub number_ends: String,
    #[serde(rename = "box")]
    pub box_number: String,
    pub last_day: String,
    pub control: String,
}

/// A card that was handed over, as its line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    pub no: i64,
    pub application_id: String,
    pub on: Date,
    pub by: &'static str,
    pub shown: Vec<&'static str>,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineSays {
    HandedOver(HandedOver),
    /// Nothing is filled in: the card still lies there.
    StillThere {
        no: i64,
        application_id: String,
    },
    Wrong(RowFault),
}

/// The control sum of a line: it shows a slip or a spreadsheet's change, and keeps no secret.
pub fn control(list: &str, no: i64, application_id: &str) -> String {
    format!("C{}", hex(&Sha256::digest(format!("{list}/{no}/{application_id}"))[..4]))
}

/// What a code on a sheet says of a card: its list and its line there, and nothing about whose it is.
pub fn card_token(list: &str, no: i64) -> String {
    format!("{list}-{no}")
}

/// The operation that made the list, and the line, of a code on a sheet.
pub fn listed(token: &str) -> Option<(&str, i64)> {
    let (list, no) = token.split_once('-')?;
    Some((operation_of(list)?, no.parse().ok()?))
}

/// The operation that made a list, by the list's name.
pub fn operation_of(list: &str) -> Option<&str> {
    let is_hex = |text: &&str| text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    list.strip_prefix('L').filter(is_hex)
}

/// The list as CSV, with the mark by which spreadsheets know UTF-8.
///
/// # Errors
/// Memory is short.
pub fn written(list: &str, lines: &[ListLine]) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
    file.write_record(COLUMNS)?;
    for line in lines {
        file.write_record(row(list, line))?;
    }
    file.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// The list as a workbook; who took a card is chosen from the words of the form.
///
/// # Errors
/// Memory is short.
pub fn written_as_workbook(list: &str, lines: &[ListLine]) -> Result<Vec<u8>, XlsxError> {
    let rows: Vec<Vec<String>> = lines.iter().map(|line| row(list, line).to_vec()).collect();
    let words = BY.map(|(_, form)| form);
    workbook(&COLUMNS, &rows, Special { choice: Some(("by", &words)), ..Special::default() })
}

fn row(list: &str, line: &ListLine) -> [String; COLUMNS.len()] {
    let empty = String::new;
    [
        list.into(),
        line.no.to_string(),
        line.application_id.clone(),
        inert(&line.holder).into_owned(),
        line.number_ends.clone(),
        inert(&line.box_number).into_owned(),
        line.last_day.clone(),
        line.control.clone(),
        empty(),
        empty(),
        empty(),
        empty(),
    ]
}

/// Reads a list that came back, CSV or a workbook: the name of its list, and what each line says, with its place in
/// the file.
///
/// # Errors
/// The file cannot be read, lacks a column or has it twice, or has no line.
pub fn read(bytes: &[u8]) -> Result<(String, Vec<(usize, LineSays)>), RowFault> {
    let fault = |line, column: &str, message: &str| RowFault { line, column: column.into(), message: message.into() };
    // What kind of file it is, its content tells: names are changed.
    let is_workbook = workbook_rows::is_workbook(bytes);
    let rows = if is_workbook { workbook_rows::rows(bytes)? } else { csv_rows::rows(bytes)? };
    let mut rows = rows.into_iter().filter(|row| !row.is_empty());
    let header = rows.next().unwrap_or_default();
    let mut at = HashMap::new();
    for (place, name) in header.cells() {
        let Ok(name) = name else { continue };
        if at.insert(name.trim().to_owned(), place).is_some() && NEEDED.contains(&name.trim()) {
            return Err(fault(header.line, name, "the column stands there twice; export the list anew"));
        }
    }
    if let Some(missing) = NEEDED.iter().find(|column| !at.contains_key(**column)) {
        let message = "the column is missing; export the list anew and keep its first line";
        return Err(fault(header.line.max(1), missing, message));
    }
    let (mut list, mut lines) = (String::new(), Vec::new());
    for row in rows {
        let cell = |column: &str| at.get(column).map_or("", |place| row.text(*place));
        if list.is_empty() {
            list = cell("list").into();
        }
        let says = match unread(&row, &at) {
            Some(wrong) => LineSays::Wrong(wrong),
            None => said(row.line, &list, cell).unwrap_or_else(LineSays::Wrong),
        };
        lines.push((row.line, says));
    }
    if lines.is_empty() {
        return Err(fault(1, "", "no line below the columns; nothing was recorded"));
    }
    Ok((list, lines))
}

/// The first cell of a row that is needed and is not taken as text.
fn unread(row: &FileRow, at: &HashMap<String, usize>) -> Option<RowFault> {
    NEEDED.iter().find_map(|column| {
        let message = row.fault(*at.get(*column)?)?;
        Some(RowFault { line: row.line, column: (*column).into(), message: message.into() })
    })
}

fn said<'c>(line: usize, list: &str, cell: impl Fn(&str) -> &'c str) -> Result<LineSays, RowFault> {
    let wrong = |column: &str, message: String| RowFault { line, column: column.into(), message };
    for column in ["list", "no", "application_id", "control"] {
        if let Some(damage) = spreadsheet::damage(cell(column)) {
            return Err(wrong(column, format!("is {damage}: {}", spreadsheet::CURE)));
        }
    }
    if cell("list") != list {
        return Err(wrong("list", "is another list than that of the first line; give one file for each".into()));
    }
    let no: i64 = cell("no").parse().map_err(|_| wrong("no", "is no number of a line".into()))?;
    let application_id = cell("application_id").to_owned();
    if control(list, no, &application_id) != cell("control") {
        let message = "list, number, application and control sum do not belong together: the line was changed; export the list anew";
        return Err(wrong("control", message.into()));
    }
    let (on, by, shown) = (cell("handed_over_on"), cell("by"), cell("shown"));
    if on.is_empty() && by.is_empty() && shown.is_empty() {
        return Ok(LineSays::StillThere { no, application_id });
    }
    let on = day(on).ok_or_else(|| {
        wrong("handed_over_on", "is no day with its year first, as 2026-02-10; it is not guessed".into())
    })?;
    let by = word(&BY, by).ok_or_else(|| wrong("by", format!("is none of {}", words(&BY))))?;
    let mut kinds = Vec::new();
    for kind in shown.split([';', '；', '、', ',', '，']).map(str::trim).filter(|kind| !kind.is_empty()) {
        kinds.push(
            word(&SHOWN, kind).ok_or_else(|| wrong("shown", format!("has another word than {}", words(&SHOWN))))?,
        );
    }
    match by {
        _ if kinds.is_empty() => Err(wrong("shown", format!("say what was shown: {}", words(&SHOWN)))),
        "agent" if !kinds.contains(&"agent_id_front") => {
            Err(wrong("shown", "an agent shows the own identity card: agent_id_front".into()))
        }
        "guardian" if !kinds.iter().any(|kind| kind.starts_with("household")) => {
            Err(wrong("shown", "a guardian shows the household book: household_head_page".into()))
        }
        _ => Ok(LineSays::HandedOver(HandedOver { no, application_id, on, by, shown: kinds })),
    }
}

fn word(known: &[(&'static str, &str)], text: &str) -> Option<&'static str> {
    known.iter().find(|(ours, form)| *ours == text || *form == text).map(|(ours, _)| *ours)
}

fn words(known: &[(&str, &str)]) -> String {
    known.iter().map(|(ours, form)| format!("{ours} ({form})")).collect::<Vec<_>>().join(", ")
}

/// A day written with its year first, as people and spreadsheets do; in another order it could be two days.
fn day(text: &str) -> Option<Date> {
    let text = text.trim_end_matches('日').replace(['/', '.', '年', '月'], "-");
    let mut parts = text.split('-');
    let (year, month, of_month) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, of_month.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::gb18030;
    use cardline_core::domain::open_form::Form;
    use jiff::civil::date;

    use super::*;

    const LIST: &str = "L00112233445566778899aabbccddeeff";

    fn lines() -> Vec<ListLine> {
        let line = |no: i64| {
            let application_id = format!("110101-20260105-00000{no:04}");
            ListLine {
                no,
                control: control(LIST, no, &application_id),
                application_id,
                holder: "王**".into(),
                number_ends: "012X".into(),
                box_number: "B-1".into(),
                last_day: "2026-02-10".into(),
            }
        };
        vec![line(1), line(2)]
    }

    /// The file as text, without its mark.
    fn file() -> String {
        String::from_utf8(written(LIST, &lines()).unwrap()).unwrap().trim_start_matches('\u{feff}').to_owned()
    }

    /// What the first line says when its last four cells are these.
    fn filled(cells: &str) -> LineSays {
        let first = file().lines().nth(1).unwrap().replace(",,,,", &format!(",{cells}"));
        let header = COLUMNS.join(",");
        read(format!("{header}\n{first}\n").as_bytes()).unwrap().1.remove(0).1
    }

    fn column(said: &LineSays) -> &str {
        let LineSays::Wrong(fault) = said else { panic!("{said:?}") };
        assert!(fault.line == 2 && !fault.message.is_empty(), "{fault}");
        &fault.column
    }

    #[test]
    fn what_goes_out_comes_back_as_still_there() {
        let (list, read) = read(&written(LIST, &lines()).unwrap()).unwrap();
        assert_eq!(list, LIST);
        let still: Vec<_> =
            read.iter().map(|(line, said)| (*line, matches!(said, LineSays::StillThere { .. }))).collect();
        assert_eq!(still, [(2, true), (3, true)]);
    }

    #[test]
    fn a_day_is_read_with_its_year_first_and_never_guessed() {
        for on in ["2026-02-10", "2026/2/10", "2026.2.10", "2026年2月10日"] {
            let LineSays::HandedOver(handed) = filled(&format!("{on},本人,身份证,")) else { panic!("{on}") };
            assert_eq!((handed.on, handed.by, handed.shown), (date(2026, 2, 10), "holder", vec!["id_front"]));
        }
        for on in ["10/2/2026", "2/10/26", "46063", "2026-2", "2026-02-30", "4.6063E+04", ""] {
            assert_eq!(column(&filled(&format!("{on},holder,,"))), "handed_over_on", "{on}");
        }
    }

    #[test]
    fn who_took_it_shows_what_the_rules_ask_for() {
        assert!(matches!(filled("2026-02-10,agent,agent_id_front;id_front,"), LineSays::HandedOver(_)));
        for (ours, _) in SHOWN {
            assert_eq!(Form::Word.of(ours), Some(ours), "an event would not keep {ours}");
        }
        assert!(matches!(filled("2026-02-10,监护人,户口簿、出生医学证明,"), LineSays::HandedOver(_)));
        assert_eq!(column(&filled("2026-02-10,agent,id_front,")), "shown");
        assert_eq!(column(&filled("2026-02-10,guardian,,")), "shown");
        assert_eq!(column(&filled("2026-02-10,holder,,")), "shown");
        assert_eq!(column(&filled("2026-02-10,neighbour,id_front,")), "by");
        assert_eq!(column(&filled("2026-02-10,holder,passport of another,")), "shown");
    }

    #[test]
    fn what_a_spreadsheet_did_is_told_by_line_and_column() {
        let whole = file();
        let said = |text: &str| read(text.as_bytes()).unwrap().1.remove(0).1;
        assert_eq!(column(&said(&whole.replacen("110101-20260105-000000001", "1.10101E+17", 1))), "application_id");
        assert_eq!(
            column(&said(&whole.replacen("110101-20260105-000000001", "110101-20260105-000000002", 1))),
            "control"
        );
        assert_eq!(column(&said(&whole.replacen(&format!("{LIST},1,"), &format!("{LIST},one,"), 1))), "no");
        // Sorted, with a column moved and one more, it is read all the same.
        let turned: Vec<String> =
            whole.lines().map(|line| format!("x,{}", line.split(',').rev().collect::<Vec<_>>().join(","))).collect();
        let (_, read_again) = read([turned[0].as_str(), &turned[2], &turned[1]].join("\n").as_bytes()).unwrap();
        assert!(read_again.iter().all(|(_, said)| matches!(said, LineSays::StillThere { .. })), "{read_again:?}");
        assert!(read(&gb18030::encode(&whole).unwrap()).is_ok());
        let windows = whole.replace('\n', "\r\n");
        assert_eq!(read(windows.as_bytes()).unwrap(), read(whole.as_bytes()).unwrap());
        for (broken, column) in [
            (whole.replacen("control", "sum", 1), "control"),
            (whole.replacen("remark", "by", 1), "by"),
            (COLUMNS.join(","), ""),
            (String::new(), "list"),
            (whole.replacen(",,,,", ",,,,\"road closed", 1), ""),
        ] {
            assert_eq!(read(broken.as_bytes()).unwrap_err().column, column, "{broken}");
        }
        let two = whole.replacen(&format!("{LIST},2,"), "Lffff,2,", 1);
        let (_, of_two) = read(two.as_bytes()).unwrap();
        assert!(matches!(&of_two[1].1, LineSays::Wrong(fault) if fault.column == "list"), "{of_two:?}");
    }
}
