//! The lines of a list that came back, after people and spreadsheets had it.
//!
//! Columns are found by their names, lines by their list and number: whole lines that are sorted and columns that are
//! moved are read all the same. The control sum holds list, number and application of a line together; `holder` and
//! `number_ends` are held against the card (`judge.rs`); `box` and `last_day` are for people to read only. A cell that
//! cannot be read is refused with its line and column, and nothing is guessed.

use std::collections::HashMap;

use cardline_core::domain::spreadsheet;
use jiff::civil::Date;

use super::cells::{BY, control};
use super::day::day;
use super::rows::FileRow;
use super::{csv_rows, workbook_rows};
use crate::actions::imports::reference_file::RowFault;

/// Columns without which nothing can be recorded.
const NEEDED: [&str; 7] = ["list", "no", "application_id", "control", "handed_over_on", "by", "shown"];
/// Those by which a line names its card, and those that are filled in.
const NAMING: [&str; 4] = ["list", "no", "application_id", "control"];
const FILLED: [&str; 3] = ["handed_over_on", "by", "shown"];
/// Columns by which people at the desk match a card with who comes for it.
pub const MATCHED: [&str; 2] = ["holder", "number_ends"];
/// What was shown: the word of our schemas for that document, and that of the form.
const SHOWN: [(&str, &str); 9] = [
    ("id_front", "身份证"),
    ("agent_id_front", "代办人身份证"),
    ("agent_id_copy", "代办人身份证复印件"),
    ("authorisation", "委托书"),
    ("household_head_page", "户口簿"),
    ("household_holder_page", "户口簿本人页"),
    ("birth_certificate", "出生医学证明"),
    ("relation_proof", "关系证明"),
    ("holder_present", "本人到场"),
];

/// A card that was handed over, as its line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    pub no: i64,
    pub application_id: String,
    pub on: Date,
    pub by: &'static str,
    pub shown: Vec<&'static str>,
    /// The cells of [`MATCHED`]; empty where the file has none.
    pub matched: [String; 2],
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
    Wrong {
        /// Number and application id, where these and the control sum belong together.
        card: Option<(i64, String)>,
        fault: RowFault,
    },
}

/// Reads a list that came back, CSV or a workbook: the name of its list, and what each line says, with its place in
/// the file.
///
/// # Errors
/// The file cannot be read, lacks a column or has it twice, or has no line.
pub fn read(bytes: &[u8]) -> Result<(String, Vec<(usize, LineSays)>), RowFault> {
    // What kind of file it is, its content tells: names are changed.
    let is_workbook = workbook_rows::is_workbook(bytes);
    let rows = if is_workbook { workbook_rows::rows(bytes)? } else { csv_rows::rows(bytes)? };
    let mut rows = rows.into_iter().filter(|row| !row.is_empty());
    let header = rows.next().unwrap_or_default();
    let at = columns(&header)?;
    let (mut list, mut lines) = (String::new(), Vec::new());
    for row in rows {
        let line = Line { row: &row, at: &at };
        if list.is_empty() {
            list = line.cell("list").into();
        }
        lines.push((row.line, line.says(&list)));
    }
    if lines.is_empty() {
        return Err(fault(1, "", "no line below the columns; nothing was recorded"));
    }
    Ok((list, lines))
}

fn fault(line: usize, column: &str, message: &str) -> RowFault {
    RowFault { line, column: column.into(), message: message.into() }
}

/// Where the columns stand, by their names in small letters.
fn columns(header: &FileRow) -> Result<HashMap<String, usize>, RowFault> {
    let mut at = HashMap::new();
    for (place, name) in header.cells() {
        let Ok(name) = name else { continue };
        let name = name.trim().to_ascii_lowercase();
        let is_read = NEEDED.contains(&name.as_str()) || MATCHED.contains(&name.as_str());
        if is_read && at.contains_key(&name) {
            return Err(fault(header.line, &name, "the column stands there twice; export the list anew"));
        }
        at.insert(name, place);
    }
    let Some(missing) = NEEDED.iter().find(|column| !at.contains_key(**column)) else { return Ok(at) };
    let line = header.line.max(1);
    if header.cells().count() == 1 {
        let message = "has one cell only; save the list as CSV with commas between its cells, or as .xlsx";
        return Err(fault(line, "", message));
    }
    Err(fault(line, missing, "the column is missing; export the list anew and keep its first line"))
}

/// A row, its cells by the names of their columns.
struct Line<'l> {
    row: &'l FileRow,
    at: &'l HashMap<String, usize>,
}

impl Line<'_> {
    fn cell(&self, column: &str) -> &str {
        self.at.get(column).map_or("", |place| self.row.text(*place))
    }

    fn wrong(&self, column: &str, message: impl Into<String>) -> RowFault {
        RowFault { line: self.row.line, column: column.into(), message: message.into() }
    }

    /// The first of these cells that is not taken as text.
    fn unread(&self, columns: &[&str]) -> Result<(), RowFault> {
        let fault = |column: &&str| Some(self.wrong(column, self.row.fault(*self.at.get(*column)?)?));
        columns.iter().find_map(fault).map_or(Ok(()), Err)
    }

    fn says(&self, list: &str) -> LineSays {
        match self.card(list) {
            Err(fault) => LineSays::Wrong { card: None, fault },
            Ok((no, application_id)) => self
                .handed_over(no, &application_id)
                .unwrap_or_else(|fault| LineSays::Wrong { card: Some((no, application_id)), fault }),
        }
    }

    /// The card it names, by its number and application id.
    fn card(&self, list: &str) -> Result<(i64, String), RowFault> {
        self.unread(&NAMING)?;
        for column in NAMING {
            if let Some(damage) = spreadsheet::damage(self.cell(column)) {
                return Err(self.wrong(column, format!("is {damage}: {}", spreadsheet::CURE)));
            }
        }
        if self.cell("list") != list {
            return Err(self.wrong("list", "is another list than that of the first line; give one file for each"));
        }
        let no: i64 = self.cell("no").parse().map_err(|_| self.wrong("no", "is no number of a line"))?;
        let application_id = self.cell("application_id").to_owned();
        if control(list, no, &application_id) != self.cell("control") {
            let message = "list, number, application and control sum do not belong together: the line was changed; export the list anew";
            return Err(self.wrong("control", message));
        }
        Ok((no, application_id))
    }

    /// What is filled in.
    fn handed_over(&self, no: i64, application_id: &str) -> Result<LineSays, RowFault> {
        self.unread(&FILLED)?;
        let [on, by, shown] = FILLED.map(|column| self.cell(column));
        if on.is_empty() && by.is_empty() && shown.is_empty() {
            return Ok(LineSays::StillThere { no, application_id: application_id.into() });
        }
        self.unread(&MATCHED)?;
        if self.row.is_longer {
            let message = "the line has more cells than the first one; write several papers as 身份证、户口簿, with no comma between";
            return Err(self.wrong("", message));
        }
        let on = day(on).ok_or_else(|| {
            self.wrong(
                "handed_over_on",
                "is no day with its year first, as 2026-02-10, 2026年2月10日 or 20260210; it is not guessed",
            )
        })?;
        let by = word(&BY, by).ok_or_else(|| self.wrong("by", format!("is none of {}", words(&BY))))?;
        let shown = self.papers(by, shown)?;
        let matched = MATCHED.map(|column| self.cell(column).to_owned());
        Ok(LineSays::HandedOver(HandedOver { no, application_id: application_id.into(), on, by, shown, matched }))
    }

    /// The papers that were shown, which who took the card needs.
    fn papers(&self, by: &str, shown: &str) -> Result<Vec<&'static str>, RowFault> {
        let mut kinds = Vec::new();
        for kind in shown.split([';', '；', '、', ',', '，']).map(str::trim).filter(|kind| !kind.is_empty()) {
            let known = word(&SHOWN, kind);
            kinds.push(known.ok_or_else(|| self.wrong("shown", format!("has another word than {}", words(&SHOWN))))?);
        }
        match by {
            _ if kinds.is_empty() => Err(self.wrong("shown", format!("say what was shown: {}", words(&SHOWN)))),
            "agent" if !kinds.contains(&"agent_id_front") => {
                Err(self.wrong("shown", "an agent shows the own identity card: agent_id_front"))
            }
            "guardian" if !kinds.iter().any(|kind| kind.starts_with("household")) => {
                Err(self.wrong("shown", "a guardian shows the household book: household_head_page"))
            }
            _ => Ok(kinds),
        }
    }
}

fn word(known: &[(&'static str, &str)], text: &str) -> Option<&'static str> {
    known.iter().find(|(ours, form)| *ours == text || *form == text).map(|(ours, _)| *ours)
}

fn words(known: &[(&str, &str)]) -> String {
    known.iter().map(|(ours, form)| format!("{ours} ({form})")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use cardline_core::domain::gb18030;
    use cardline_core::domain::open_form::Form;
    use jiff::civil::date;

    use super::super::cells::{COLUMNS, ListLine, written};
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
        let LineSays::Wrong { fault, .. } = said else { panic!("{said:?}") };
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
    fn a_line_is_filled_in_and_names_its_card_where_a_cell_is_wrong() {
        let LineSays::HandedOver(handed) = filled("2026年2月10日,本人,身份证,") else { panic!() };
        assert_eq!((handed.on, handed.by, handed.shown), (date(2026, 2, 10), "holder", vec!["id_front"]));
        assert_eq!(handed.matched, ["王**", "012X"]);
        for on in ["10/2/2026", "2-30", ""] {
            let LineSays::Wrong { card, fault } = filled(&format!("{on},holder,,")) else { panic!("{on}") };
            assert_eq!((fault.line, fault.column.as_str()), (2, "handed_over_on"), "{on}");
            assert_eq!(card, Some((1, "110101-20260105-000000001".into())));
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
        // Separated as other spreadsheets do, with a header in capitals.
        for sign in [";", "\t"] {
            let other = whole.replace(',', sign).replacen(&COLUMNS.join(sign), &COLUMNS.join(sign).to_uppercase(), 1);
            assert_eq!(read(other.as_bytes()).unwrap(), read(whole.as_bytes()).unwrap());
        }
        // A paper that spills into the next cell is not passed over.
        let LineSays::Wrong { card: Some(_), fault } = filled("2026-02-10,agent,agent_id_front,id_front,") else {
            panic!()
        };
        assert!(fault.message.contains("more cells"), "{fault}");
        let windows = whole.replace('\n', "\r\n");
        assert_eq!(read(windows.as_bytes()).unwrap(), read(whole.as_bytes()).unwrap());
        for (broken, column) in [
            (whole.replacen("control", "sum", 1), "control"),
            (whole.replacen("remark", "by", 1), "by"),
            (COLUMNS.join(","), ""),
            (String::new(), "list"),
            (whole.replace(',', "|"), ""),
            (whole.replacen("remark", "holder", 1), "holder"),
            (whole.replacen(",,,,", ",,,,\"road closed", 1), ""),
        ] {
            assert_eq!(read(broken.as_bytes()).unwrap_err().column, column, "{broken}");
        }
        let two = whole.replacen(&format!("{LIST},2,"), "Lffff,2,", 1);
        let (_, of_two) = read(two.as_bytes()).unwrap();
        assert!(matches!(&of_two[1].1, LineSays::Wrong { fault, card: None } if fault.column == "list"), "{of_two:?}");
    }
}
