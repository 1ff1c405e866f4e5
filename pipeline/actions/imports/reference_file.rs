//! A file of reference data: its bytes, its rows in our columns, and everything that is wrong with their
//! shape. What the cells mean is checked with the tables they go into (`reference_import`).

use std::path::Path;

use cardline_core::domain::limits::MAX_REFERENCE_FAULTS_COUNT;
use cardline_core::domain::reference::Table;
use cardline_core::domain::{gb18030, spreadsheet};

use crate::crypto::objects::sha256;
use crate::limits::TABLE_BYTES_MAX;
use crate::step::StageError;

/// A published list of villages and communities.
const COMMITTEES: &[&str] =
    &["code", "name", "street_code", "street_name", "district_code", "district_name", "committee_kind"];
/// Cells that a spreadsheet would take for a formula begin with one of these.
const FORMULA: &[char] = &['=', '+', '-', '@'];

/// A cell, a row or a file that is not as described.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct RowFault {
    /// Line of the file, from 1 with the header; 0 for the whole file.
    pub line: usize,
    /// Empty where it is the whole line.
    pub column: String,
    pub message: String,
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.line, self.column.as_str()) {
            (0, _) => write!(f, "{}", self.message),
            (line, "") => write!(f, "line {line}: {}", self.message),
            (line, column) => write!(f, "line {line}, column {column}: {}", self.message),
        }
    }
}

/// One row in our columns, the optional ones with it (empty where the file has none).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileRow {
    pub line: usize,
    pub cells: Vec<String>,
}

impl FileRow {
    /// The first cell: the code, or the date.
    pub fn code(&self) -> &str {
        self.cells.first().map_or("", String::as_str)
    }
}

/// A file with the header of its table.
pub struct TableFile {
    pub table: Table,
    /// The rows of the right shape.
    pub rows: Vec<FileRow>,
    /// What is wrong with the others; nothing of the file is applied then.
    pub faults: Vec<RowFault>,
    /// Places of the optional columns it lacks; it says nothing about them.
    pub lacks: Vec<usize>,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// The bytes of a file. A folder, a link, a device, an empty file or a far too large one is an error
/// that says so.
pub fn bytes(path: &Path) -> Result<Vec<u8>, StageError> {
    let shown = path.display();
    let about = std::fs::symlink_metadata(path).map_err(|e| StageError::file(shown, e))?;
    let told = |what: &str| Err(StageError::Shape(format!("{} {what}", path.display())));
    if about.is_symlink() {
        return told("is a link; give the file it leads to");
    }
    if !about.is_file() {
        return told("is not a file; give a CSV file");
    }
    if about.len() > TABLE_BYTES_MAX {
        return told(&format!("is larger than {TABLE_BYTES_MAX} bytes; split it"));
    }
    let bytes = std::fs::read(path).map_err(|e| StageError::file(path.display(), e))?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return told("is empty; nothing was imported");
    }
    Ok(bytes)
}

/// The bytes as text, without a byte-order mark.
pub fn text(bytes: &[u8]) -> Result<&str, RowFault> {
    let fault = |message: String| RowFault { line: 0, column: String::new(), message };
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) => {
            Err(fault("is UTF-16; save it as UTF-8".into()))
        }
        Err(_) if gb18030::decode(bytes).is_ok() => Err(fault("is GBK (GB18030), not UTF-8; save it as UTF-8".into())),
        Err(error) => Err(fault(format!("is not UTF-8 from byte {} on", error.valid_up_to()))),
    }
}

/// Reads the rows of a file of one table; reading ends after [`MAX_REFERENCE_FAULTS_COUNT`] wrong ones.
///
/// # Errors
/// The file is not UTF-8, has other columns, or no row.
pub fn rows(table: Table, bytes: &[u8]) -> Result<TableFile, RowFault> {
    let text = text(bytes)?;
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map(|(_, line)| cells(line).unwrap_or_default()).unwrap_or_default();
    let layout = Layout::of(table, &header)?;
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (at, line) in lines {
        if faults.len() >= MAX_REFERENCE_FAULTS_COUNT {
            break;
        }
        match layout.row(at + 1, line) {
            Ok(row) => rows.push(row),
            Err(wrong) => faults.extend(wrong),
        }
    }
    if rows.is_empty() && faults.is_empty() {
        let message = "only a header; nothing was imported".into();
        return Err(RowFault { line: 1, column: String::new(), message });
    }
    Ok(TableFile { table, rows, faults, lacks: layout.lacks(), sha256: sha256(bytes) })
}

/// Where our columns stand in a file.
struct Layout {
    table: Table,
    header: Vec<String>,
    committees: bool,
}

impl Layout {
    fn of(table: Table, header: &[String]) -> Result<Layout, RowFault> {
        let header: Vec<String> = header.to_vec();
        let committees = table == Table::Points && header == COMMITTEES;
        let more = header.get(table.columns().len()..).unwrap_or_default();
        // The shared table of regions also says where each line comes from.
        let known = |column: &String| {
            let is_ours = table.optional().contains(&column.as_str());
            let is_once = more.iter().filter(|other| *other == column).count() == 1;
            is_once && (is_ours || (table == Table::Regions && column == "source"))
        };
        let ours = header.iter().zip(table.columns()).filter(|(given, ours)| given == ours).count();
        if !committees && (ours < table.columns().len() || !more.iter().all(known)) {
            let optional = match table.optional() {
                [] => String::new(),
                columns => format!(" and, if need be, {}", columns.join(",")),
            };
            let message = format!("expected the columns {}{optional}", table.columns().join(","));
            return Err(RowFault { line: 1, column: String::new(), message });
        }
        Ok(Layout { table, header, committees })
    }

    /// Where an optional column stands in the file.
    fn optional(&self, column: &str) -> Option<usize> {
        match self.committees {
            true => COMMITTEES.iter().position(|name| column == "street" && *name == "street_name"),
            false => self.header.iter().position(|name| name == column),
        }
    }

    fn lacks(&self) -> Vec<usize> {
        let lacking = self.table.optional().iter().filter(|column| self.optional(column).is_none());
        lacking.filter_map(|column| self.table.place(column)).collect()
    }

    fn row(&self, line: usize, text: &str) -> Result<FileRow, Vec<RowFault>> {
        let fault = |column: &str, message: &str| RowFault { line, column: column.into(), message: message.into() };
        let Some(cells) = cells(text) else {
            return Err(vec![fault("", "a quotation mark that is not closed, or one in the middle of a cell")]);
        };
        if cells.len() != self.header.len() {
            return Err(vec![fault("", &format!("{} columns, expected {}", cells.len(), self.header.len()))]);
        }
        let mut faults: Vec<RowFault> = Vec::new();
        for (cell, column) in cells.iter().zip(&self.header) {
            if cell.chars().any(char::is_control) {
                faults.push(fault(column, "a control character; take it out"));
            } else if cell.starts_with(FORMULA) {
                faults.push(fault(column, "begins like a formula of a spreadsheet; take the sign out"));
            } else if let Some(damage) = spreadsheet::damage(cell) {
                faults.push(fault(column, &format!("{damage}; {}", spreadsheet::CURE)));
            } else if cell.trim() != cell {
                faults.push(fault(column, "begins or ends with a space"));
            }
        }
        let committee = self.committees.then(|| point(&cells));
        if let Some(None) = committee {
            faults.push(fault("committee_kind", "expected villagers or residents, or like either"));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut ours = committee.flatten().unwrap_or_else(|| cells[..self.table.columns().len()].to_vec());
        for column in self.table.optional() {
            ours.push(self.optional(column).and_then(|place| cells.get(place)).cloned().unwrap_or_default());
        }
        Ok(FileRow { line, cells: ours })
    }
}

/// A committee of a published list as one of our points.
fn point(cells: &[String]) -> Option<Vec<String>> {
    let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
    let kind = match cell(6).as_str() {
        "villagers" | "like-villagers" => "village",
        "residents" | "like-residents" => "community",
        _ => return None,
    };
    Some(vec![cell(0), cell(1), cell(4), kind.into()])
}

/// The cells of one line of RFC 4180; `None` when its quotation marks do not close.
pub fn cells(line: &str) -> Option<Vec<String>> {
    let (mut cells, mut rest) = (Vec::new(), line);
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (cell, after) = unquoted(quoted)?;
            cells.push(cell);
            match after.strip_prefix(',') {
                Some(next) => rest = next,
                None if after.is_empty() => return Some(cells),
                None => return None,
            }
        } else {
            let (cell, next) = rest.split_once(',').map_or((rest, None), |(cell, next)| (cell, Some(next)));
            cells.push(cell.to_owned());
            match next {
                Some(next) => rest = next,
                None => return Some(cells),
            }
        }
    }
}

/// What stands up to the closing quotation mark, and what follows it.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let (mut cell, mut rest) = (String::new(), text);
    loop {
        let at = rest.find('"')?;
        cell.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                cell.push('"');
                rest = next;
            }
            None => return Some((cell, rest)),
        }
    }
}

/// A line as the ledger keeps it: empty optional cells at its end are left out.
pub fn line(table: Table, cells: &[String]) -> String {
    let quoted = |cell: &String| {
        if cell.contains([',', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let filled = cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
    let kept = filled.max(table.columns().len()).min(cells.len());
    cells.iter().take(kept).map(quoted).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(table: Table, bytes: &[u8]) -> Vec<String> {
        let faults = rows(table, bytes).map_or_else(|fault| vec![fault], |file| file.faults);
        faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_row_of_the_wrong_shape_is_told() {
        let text =
            "code,name,region,kind\n\n1,=甲,110101,community\n2,乙\n3,\"丙,110101,village\n4, 丁,110101,village\n";
        assert_eq!(
            told(Table::Points, text.as_bytes()),
            [
                "line 3, column name: begins like a formula of a spreadsheet; take the sign out",
                "line 4: 2 columns, expected 4",
                "line 5: a quotation mark that is not closed, or one in the middle of a cell",
                "line 6, column name: begins or ends with a space",
            ]
        );
        let powers = "code,name,region,kind\n1.1010E+11,甲,110101,community\n";
        assert_eq!(
            told(Table::Points, powers.as_bytes()),
            [
                "line 2, column code: a power of ten; a spreadsheet changed it: export the list anew, with this column as text"
            ]
        );
        let bells = "code,name,region,kind\n1,a\u{7}b,110101,community\n";
        assert_eq!(told(Table::Points, bells.as_bytes()), ["line 2, column name: a control character; take it out"]);
    }

    #[test]
    fn optional_columns_stand_in_any_order_and_committees_tell_their_street() {
        let text = "code,name,region,kind,phone,capacity\n1,甲,110101,village,010-55001234,40\n2,乙,110101,village,,\n";
        let file = rows(Table::Points, text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
        let lines: Vec<_> = file.rows.iter().map(|row| line(Table::Points, &row.cells)).collect();
        assert_eq!(lines, ["1,甲,110101,village,,,,40,010-55001234", "2,乙,110101,village"]);
        assert_eq!(file.lacks, [4, 5, 6, 9]);
        let committees =
            format!("{}\n110101001001,甲,110101001,东华门街道,110101,东城区,residents\n", COMMITTEES.join(","));
        let file = rows(Table::Points, committees.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(line(Table::Points, &file.rows[0].cells), "110101001001,甲,110101,community,,东华门街道");
        assert_eq!(file.lacks, [4, 6, 7, 8, 9]);
        assert!(
            told(Table::Points, b"code,name,region,kind,phone,phone\n1,a,110101,village,,\n")[0]
                .contains("expected the columns")
        );
    }

    #[test]
    fn another_charset_is_named() {
        let text = "code,name,region,kind\n1,东城区,110101,community\n";
        let gbk = gb18030::encode(text).unwrap();
        assert_eq!(told(Table::Points, &gbk), ["is GBK (GB18030), not UTF-8; save it as UTF-8"]);
        let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(told(Table::Points, &wide), ["is UTF-16; save it as UTF-8"]);
        assert!(told(Table::Points, b"code\xff\xff\xff")[0].starts_with("is not UTF-8 from byte 4"));
    }

    #[test]
    fn a_byte_order_mark_and_line_ends_of_windows_are_taken() {
        let file = rows(Table::Points, "\u{feff}code,name,region,kind\r\n1,甲,110101,village\r\n".as_bytes());
        let rows = file.map(|file| file.rows);
        let wanted = FileRow {
            line: 2,
            cells: ["1", "甲", "110101", "village", "", "", "", "", "", ""].map(str::to_owned).to_vec(),
        };
        assert_eq!(rows, Ok(vec![wanted]));
    }

    #[test]
    fn columns_beyond_ours_are_only_those_described() {
        let shared = "code,name,level,valid_from,valid_to,current,source\n110101,东城区,district,,,true,C\n";
        let file = rows(Table::Regions, shared.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(line(Table::Regions, &file.rows[0].cells), "110101,东城区,district,,,true");
        let other = "code,name,region,kind,colour\n";
        assert_eq!(
            told(Table::Points, other.as_bytes()),
            [
                "line 1: expected the columns code,name,region,kind and, if need be, closed_on,street,hours,capacity,phone,address"
            ]
        );
        assert!(told(Table::Points, b"code,name,region,kind\n")[0].contains("only a header"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(given in prop::collection::vec("[a-z,\" ]{0,6}", 10)) {
            let text = line(Table::Points, &given);
            let mut read = cells(&text).unwrap();
            read.resize(10, String::new());
            prop_assert_eq!(read, given);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let whole = [b"code,name,region,kind\n".as_slice(), &bytes].concat();
            let _ = rows(Table::Points, &whole);
        }
    }
}
