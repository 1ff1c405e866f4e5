//! Whole files, in and out: what is refused, what costs one row only.

use std::collections::BTreeMap;

use crate::file_formats::{FaultCode, FileKind, FileSpec, LineEnd, Parsed, sample};

fn file(kind: FileKind) -> FileSpec {
    sample::profile().file(kind).unwrap().clone()
}

fn codes(parsed: Result<Parsed, Vec<crate::file_formats::FileFault>>) -> Vec<(usize, FaultCode)> {
    let faults = parsed.err().unwrap_or_default();
    faults.iter().map(|fault| (fault.line, fault.code)).collect()
}

/// What is wrong with the rows of a file whose frame is sound: lines, columns and codes.
fn of_rows(spec: &FileSpec, bytes: &[u8]) -> Vec<(usize, usize, FaultCode)> {
    let Ok(parsed) = spec.parse(bytes) else { panic!("the frame is sound") };
    parsed.row_faults().iter().map(|fault| (fault.line, fault.column, fault.code)).collect()
}

fn gb18030(text: &str) -> Vec<u8> {
    crate::domain::gb18030::encode(text).unwrap()
}

const CONTROL: &str = "account-result|TEST|110101|b1|1|1|2|\n";

#[test]
fn every_fault_of_a_file_is_collected() {
    let text = format!(
        "{CONTROL}1|t1|测试|99||0000|62||\n2|t2|测试|00||00|62|\n3||x|00||00||测试测试测试测试测试测试测|a|\n\n"
    );
    let found = codes(file(FileKind::AccountResult).parse(&gb18030(&text)));
    let expected = [
        (1, FaultCode::FileCount),
        (2, FaultCode::FieldCode),
        (3, FaultCode::RowColumns),
        (4, FaultCode::RowColumns),
        (5, FaultCode::RowTrailer),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_cell_that_is_wrong_costs_its_row_and_no_other() {
    let spec = file(FileKind::AccountResult);
    let cells = ["测\u{FFFD}|00", "测试\u{3000}|00", " 测试|00", "测试|99", "测试|00 ", "测试|00"];
    let rows: Vec<String> =
        cells.iter().enumerate().map(|(n, cell)| format!("{}|t{n}|{cell}||0000|62||\n", n + 1)).collect();
    let text = format!("{}{}", CONTROL.replace("|2|", "|6|"), rows.concat());
    let found = of_rows(&spec, &gb18030(&text));
    let expected = [
        (2, 3, FaultCode::FieldCharset),
        (3, 3, FaultCode::FieldSpace),
        (4, 3, FaultCode::FieldSpace),
        (5, 4, FaultCode::FieldCode),
        (6, 4, FaultCode::FieldCode),
        (6, 4, FaultCode::FieldSpace),
    ];
    assert_eq!(found, expected);
    let parsed = spec.parse(&gb18030(&text)).ok().unwrap();
    let names: Vec<_> = parsed.read(&spec).map(|row| (row.line, row.value("name"), row.is_wrong("id_type"))).collect();
    assert_eq!(names[0], (2, None, false));
    assert_eq!(names[3], (5, Some("测试".into()), true));
    assert_eq!(names[5], (7, Some("测试".into()), false));
}

#[test]
fn a_byte_order_mark_in_front_is_skipped() {
    let spec = file(FileKind::AccountResult);
    let bytes = gb18030(&format!("{CONTROL}1|t1|测试|00||0000|62||\n2|t2|样例|00||0000|62||\n"));
    for mark in [&b"\xEF\xBB\xBF"[..], b"\x84\x31\x95\x33"] {
        assert!(of_rows(&spec, &[mark, &bytes[..]].concat()).is_empty());
    }
    assert_eq!(codes(spec.parse(b"\xEF\xBB\xBF")), [(0, FaultCode::FileEmpty)]);
}

#[test]
fn crlf_is_named_once_or_allowed() {
    let mut spec = file(FileKind::AccountResult);
    let text = format!("{CONTROL}1|t1|测试|00||0000|62||\n2|t2|样例|00||0000|62||\n");
    let windows = gb18030(&text.replace('\n', "\r\n"));
    assert_eq!(codes(spec.parse(&windows)), [(1, FaultCode::FileLineEnd)]);
    let mixed = gb18030(&text.replacen("62||\n", "62||\r\n", 1));
    assert_eq!(codes(spec.parse(&mixed)), [(2, FaultCode::FileLineEnd)]);
    spec.line_end = LineEnd::Any;
    for bytes in [&windows, &mixed, &gb18030(&text)] {
        assert!(of_rows(&spec, bytes).is_empty());
    }
    for length in 0..windows.len() {
        assert!(spec.parse(&windows[..length]).is_err(), "{length}");
    }
}

#[test]
fn a_control_line_of_another_file_is_refused() {
    let text = "recycling-result|ABCD|110101|b1|1|1|0|\n";
    let found = codes(file(FileKind::AccountResult).parse(text.as_bytes()));
    assert_eq!(found, [(1, FaultCode::FileKind), (1, FaultCode::FilePartner)]);
    let found = codes(file(FileKind::AccountResult).parse(b"a|b|\n"));
    assert_eq!(found, [(1, FaultCode::FileControl)]);
    let found = codes(file(FileKind::AccountResult).parse(b""));
    assert_eq!(found, [(0, FaultCode::FileEmpty)]);
}

#[test]
fn utf8_is_refused_and_bad_bytes_are_their_row_s() {
    let spec = file(FileKind::AccountResult);
    let row = "1|t1|测试样例|00||0000|62||\n2|t2|测试样例|00||0000|62||\n";
    let found = codes(spec.parse(format!("{CONTROL}{row}").as_bytes()));
    assert_eq!(found, [(0, FaultCode::FileCharset)]);
    let mut bytes = crate::domain::gb18030::encode(&format!("{CONTROL}{row}")).unwrap();
    let at = CONTROL.len() + 5;
    bytes[at] = 0xFF;
    assert_eq!(of_rows(&spec, &bytes), [(2, 3, FaultCode::FieldCharset)]);
    // A character that ends in the delimiter beside the bad byte leaves no cells to tell apart.
    bytes.splice(at..=at, [0xFF, 0x96, 0x7C]);
    assert_eq!(codes(spec.parse(&bytes)), [(2, FaultCode::FileCharset)]);
}

#[test]
fn the_faults_listed_are_bounded() {
    let text = format!("{CONTROL}{}", "|\n".repeat(5_000));
    let found = codes(file(FileKind::AccountResult).parse(text.as_bytes()));
    assert_eq!(found.len(), 1_001);
    assert_eq!(found.last().unwrap().1, FaultCode::FileMoreFaults);
}

#[test]
fn a_bad_row_is_refused_before_it_is_written() {
    let spec = file(FileKind::AccountResult);
    let mut row = vec![String::new(); spec.columns.len()];
    assert_eq!(spec.check_row(&row[1..]).err().unwrap().code, FaultCode::RowColumns);
    let fault = spec.check_row(&row).err().unwrap();
    assert_eq!((fault.column, fault.code), (1, FaultCode::FieldRequired));
    row[0] = "1".into();
    let rendered = spec.render(&BTreeMap::new(), &[row], &mut Vec::new());
    assert!(rendered.is_err());
}
