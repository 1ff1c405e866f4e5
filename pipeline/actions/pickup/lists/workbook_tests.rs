//! Workbooks of ours, of people and of strangers, each made here.

use std::io::{Cursor, Write as _};
use std::process::Command;

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::SimpleFileOptions;

use super::cells::{COLUMNS, ListLine, control, written_as_workbook};
use super::reading::{LineSays, read};
use crate::limits::WORKBOOK_CELLS_MAX;

const LIST: &str = "L00112233445566778899aabbccddeeff";

fn lines() -> Vec<ListLine> {
    let line = |no: i64| {
        let application_id = format!("110101-20260105-00000{no:04}");
        ListLine {
            no,
            control: control(LIST, no, &application_id),
            application_id,
            holder: "王**".into(),
            number_ends: "0123".into(),
            box_number: "=B-1".into(),
            last_day: "2026-02-10".into(),
        }
    };
    vec![line(1), line(2)]
}

fn place(column: &str) -> u16 {
    COLUMNS.iter().position(|name| *name == column).unwrap() as u16
}

/// The list of two cards as a person has it who filled in its first line and then did something to the sheet.
fn edited(by: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (0u16..).zip(COLUMNS) {
        sheet.write_string(0, column, name).unwrap();
    }
    for (row, line) in (1u32..).zip(lines()) {
        let no = line.no.to_string();
        for (column, cell) in
            [("list", LIST), ("no", no.as_str()), ("application_id", &line.application_id), ("control", &line.control)]
        {
            sheet.write_string(row, place(column), cell).unwrap();
        }
    }
    for (column, cell) in [("handed_over_on", "2026-02-10"), ("by", "本人"), ("shown", "身份证")] {
        sheet.write_string(1, place(column), cell).unwrap();
    }
    by(sheet);
    book.save_to_buffer().unwrap()
}

/// The row and the column of what is wrong with the first line.
fn wrong(bytes: &[u8]) -> (usize, String, String) {
    match read(bytes).unwrap_or_else(|fault| panic!("{fault}")).1.remove(0).1 {
        LineSays::Wrong { fault, .. } => (fault.line, fault.column, fault.message),
        other => panic!("{other:?}"),
    }
}

fn refused(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn what_goes_out_comes_back_as_still_there() {
    let (list, read) = read(&written_as_workbook(LIST, &lines()).unwrap()).unwrap();
    assert_eq!(list, LIST);
    let still: Vec<_> = read.iter().map(|(line, said)| (*line, matches!(said, LineSays::StillThere { .. }))).collect();
    assert_eq!(still, [(2, true), (3, true)]);
}

#[test]
fn another_program_reads_text_in_every_cell() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.xlsx");
    std::fs::write(&path, written_as_workbook(LIST, &lines()).unwrap()).unwrap();
    let part = |name: &str| {
        let out = Command::new("unzip").arg("-p").arg(&path).arg(name).output().expect("unzip is not installed");
        assert!(out.status.success(), "{name}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    let cells: Vec<&str> = sheet.split("<c ").skip(1).collect();
    assert_eq!(cells.len(), 3 * COLUMNS.len());
    // A cell without a value is one to be filled in; its style says that it is text.
    let filled: Vec<_> = cells.iter().filter(|cell| cell.contains("<v>")).collect();
    assert!(filled.len() == COLUMNS.len() + 2 * 8 && filled.iter().all(|cell| cell.contains("t=\"s\"")), "{sheet}");
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("ySplit=\"1\""), "{sheet}");
    assert!(sheet.contains("本人,代办人,监护人"), "{sheet}");
    let strings = part("xl/sharedStrings.xml");
    for text in ["110101-20260105-000000002", "'=B-1", "王**", ">0123<", &control(LIST, 1, "110101-20260105-000000001")]
    {
        assert!(strings.contains(text), "{text}: {strings}");
    }
    assert!(part("xl/styles.xml").contains("numFmtId=\"49\""), "cells are text by the spreadsheet's own format");
}

#[test]
fn what_was_filled_in_sorted_and_moved_is_read() {
    let (_, said) = read(&edited(|_| {})).unwrap();
    assert!(matches!(&said[0].1, LineSays::HandedOver(handed) if handed.by == "holder"), "{said:?}");
    // A row above, a column before, the lines turned round, a number where text stood, an empty second sheet.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in (1u16..).zip(COLUMNS.iter().rev()) {
        sheet.write_string(2, column, *name).unwrap();
        for (row, line) in [(3, &lines()[1]), (5, &lines()[0])] {
            match *name {
                "list" => sheet.write_string(row, column, LIST).map(|_| ()),
                "no" => sheet.write_number(row, column, line.no as f64).map(|_| ()),
                "application_id" => sheet.write_string(row, column, &line.application_id).map(|_| ()),
                "control" => sheet.write_string(row, column, &line.control).map(|_| ()),
                _ => Ok(()),
            }
            .unwrap();
        }
    }
    book.add_worksheet();
    let (_, said) = read(&book.save_to_buffer().unwrap()).unwrap();
    let still: Vec<_> = said.iter().map(|(line, said)| (*line, matches!(said, LineSays::StillThere { .. }))).collect();
    assert_eq!(still, [(4, true), (6, true)], "{said:?}");
}

#[test]
fn what_a_spreadsheet_made_of_a_cell_is_told_by_row_and_column() {
    let number = edited(|sheet| drop(sheet.write_number(1, place("application_id"), 1.10101e17)));
    assert!(
        matches!(&wrong(&number), (2, column, why) if column == "application_id" && why.contains("fifteen digits"))
    );
    let powers = edited(|sheet| drop(sheet.write_string(1, place("application_id"), "1.10101E+17")));
    assert!(matches!(&wrong(&powers), (2, column, why) if column == "application_id" && why.contains("power of ten")));
    let day = ExcelDateTime::from_ymd(2026, 10, 2).unwrap();
    let as_day = Format::new().set_num_format("yyyy-mm-dd");
    let day = edited(|sheet| drop(sheet.write_datetime_with_format(1, place("handed_over_on"), &day, &as_day)));
    assert!(matches!(&wrong(&day), (2, column, why) if column == "handed_over_on" && why.contains("date cell")));
    let serial = edited(|sheet| drop(sheet.write_number(1, place("handed_over_on"), 46063)));
    assert_eq!(wrong(&serial).1, "handed_over_on");
    let formula = edited(|sheet| drop(sheet.write_formula(1, place("by"), Formula::new("=D2").set_result("本人"))));
    assert!(matches!(&wrong(&formula), (2, column, why) if column == "by" && why.contains("formula")));
    let truth = edited(|sheet| drop(sheet.write_boolean(1, place("shown"), true)));
    assert_eq!(wrong(&truth).1, "shown");
    let long = edited(|sheet| drop(sheet.write_string(1, place("control"), "C".repeat(501))));
    assert_eq!(wrong(&long).1, "control");
    let merged = edited(|sheet| {
        let (by, shown) = (place("by"), place("shown"));
        drop(sheet.merge_range(1, by, 2, shown, "本人", &Format::new()));
    });
    assert!(matches!(&wrong(&merged), (2, column, why) if column == "by" && why.contains("merged")));
    let (_, both) = read(&merged).unwrap();
    assert!(matches!(&both[1].1, LineSays::Wrong { fault, .. } if fault.line == 3 && fault.column == "by"), "{both:?}");
    // What stands in no column that is needed changes nothing.
    let remark = edited(|sheet| drop(sheet.write_formula(1, place("remark"), "=NOW()")));
    assert!(matches!(read(&remark).unwrap().1[0].1, LineSays::HandedOver(_)));
}

#[test]
fn a_workbook_that_is_no_list_is_refused() {
    let gone = edited(|sheet| drop(sheet.write_string(0, place("control"), "sum")));
    assert_eq!(
        refused(&gone),
        "line 1, column control: the column is missing; export the list anew and keep its first line"
    );
    let twice = edited(|sheet| drop(sheet.write_string(0, place("remark"), "by")));
    assert!(refused(&twice).contains("column by: the column stands there twice"));
    let mut book = Workbook::new();
    for _ in 0..2 {
        book.add_worksheet().write_string(0, 0, "list").unwrap();
    }
    assert!(refused(&book.save_to_buffer().unwrap()).contains("has cells on sheet 2 too"));
    assert!(refused(&Workbook::new().save_to_buffer().unwrap()).contains("column list: the column is missing"));
    let far = edited(|sheet| {
        (0..=WORKBOOK_CELLS_MAX as u32).for_each(|row| drop(sheet.write_string(row + 2, 0, LIST)));
    });
    assert!(refused(&far).contains("larger than any list"));
    // The last cell of a sheet costs no more than another.
    let corner = edited(|sheet| drop(sheet.write_string(1_048_575, 16_383, "x")));
    assert_eq!(read(&corner).unwrap().1.len(), 3);
}

/// A zip of one part, of so many zeros.
fn zeros(count: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("xl/workbook.xml", SimpleFileOptions::default()).unwrap();
    zip.write_all(&vec![0; count]).unwrap();
    zip.finish().unwrap().into_inner()
}

#[test]
fn what_a_stranger_made_is_refused_before_it_is_unpacked() {
    let bomb = zeros(100_000_000);
    assert!(bomb.len() < 200_000 && refused(&bomb).contains("larger than any list"), "{}", bomb.len());
    // One that says of itself that it is small.
    let mut lying = bomb.clone();
    let size = 100_000_000u32.to_le_bytes();
    while let Some(at) = lying.windows(4).position(|four| four == size) {
        lying[at..at + 4].copy_from_slice(&1_000u32.to_le_bytes());
    }
    assert!(!refused(&lying).is_empty());
    assert!(refused(&[b"PK\x03\x04".as_slice(), &[0; 5_000_000]].concat()).contains("larger than any list"));
    assert!(refused(&zeros(10)).contains("no workbook of Excel"));
    assert!(refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more").contains("without a password"));
    let whole = edited(|_| {});
    for cut in (4..whole.len()).step_by(97) {
        assert!(refused(&whole[..cut]).contains("cut off"), "{cut}");
    }
}

proptest! {
    #[test]
    fn a_workbook_with_changed_bytes_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)
    ) {
        let mut bytes = edited(|_| {});
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = read(&bytes);
    }

    /// The same below the checksums of the zip, which find a changed byte at once.
    #[test]
    fn a_sheet_with_changed_signs_is_read_or_refused(at in any::<prop::sample::Index>(), with in "[<>/\"a-z0-9=& ]{0,3}") {
        let mut archive = zip::ZipArchive::new(Cursor::new(edited(|_| {}))).unwrap();
        let mut changed = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for part in 0..archive.len() {
            let mut part = archive.by_index(part).unwrap();
            let name = part.name().unwrap().into_owned();
            let mut text = std::io::read_to_string(&mut part).unwrap();
            if ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/_rels/workbook.xml.rels"].contains(&name.as_str()) {
                let place = at.index(text.len());
                let place = (place..=text.len()).find(|place| text.is_char_boundary(*place)).unwrap();
                let end = (place + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(place);
                text.replace_range(place..end, &with);
            }
            changed.start_file(name, SimpleFileOptions::default()).unwrap();
            changed.write_all(text.as_bytes()).unwrap();
        }
        let _ = read(&changed.finish().unwrap().into_inner());
    }
}
