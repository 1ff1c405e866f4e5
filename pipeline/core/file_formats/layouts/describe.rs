//! Any file as a table that may be looked at: what identifies a person is masked.
//!
//! Masking goes by field and not by content, so a value in the wrong column is the one thing it
//! cannot help; free text of a partner is therefore not shown either.

use super::file::FileSpec;
use super::kind::FileKind;
use super::parsed::Parsed;

/// A table to look at.
pub struct MaskedTable {
    /// The partner's headings.
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

const MASK: &str = "**";

/// A cell as it may be shown: names keep their first character, numbers their first 3 and last 2,
/// telephones their last 4, accounts and PANs their last 4 only.
#[must_use]
pub fn masked(kind: FileKind, field: &str, value: &str) -> String {
    match field {
        "name" | "guardian_name" | "employer_name" | "ssseef0609" => ends(value, 1, 0),
        "ssseef064e" | "text" | "township" | "village" => ends(value, 0, 0),
        "address" | "df01ef0623" => ends(value, 3, 0),
        "id_number" | "guardian_id_number" | "social_security_number" | "ssseef0608" => ends(value, 3, 2),
        "mobile" | "phone" | "guardian_mobile" | "df01ef0628" => ends(value, 3, 4),
        "account" | "pan" => ends(value, 0, 4),
        "reason" if kind == FileKind::ProductionReport => ends(value, 0, 0),
        "birth_date" | "ssseef060d" => ends(value, 4, 0),
        _ => value.to_owned(),
    }
}

/// The rows of a parsed file, masked.
#[must_use]
pub fn masked_table(spec: &FileSpec, parsed: &Parsed) -> MaskedTable {
    let columns = &spec.columns;
    let mask_row = |row: &Vec<String>| {
        let cells = columns.iter().zip(row);
        cells.map(|(column, cell)| masked(spec.kind, &column.field, cell)).collect()
    };
    MaskedTable {
        headings: columns.iter().map(|column| column.heading().to_owned()).collect(),
        rows: parsed.rows.iter().map(mask_row).collect(),
    }
}

/// The first and last characters around a mask; the mask alone when little else would be hidden.
fn ends(value: &str, first: usize, last: usize) -> String {
    let count = value.chars().count();
    if count == 0 {
        return String::new();
    }
    if count <= first + last {
        return MASK.to_owned();
    }
    let head: String = value.chars().take(first).collect();
    let tail: String = value.chars().skip(count - last).collect();
    format!("{head}{MASK}{tail}")
}

#[cfg(test)]
mod tests {
    use super::masked;
    use crate::file_formats::FileKind;

    #[test]
    fn what_identifies_a_person_is_masked() {
        for (field, value, shown) in [
            ("name", "测试样例", "测**"),
            ("name", "测", "**"),
            ("name", "", ""),
            ("id_number", "abcdefgh", "abc**gh"),
            ("mobile", "13800000000", "138**0000"),
            ("pan", "6200000", "**0000"),
            ("account", "77", "**"),
            ("address", "样例街道样例社区", "样例街**"),
            ("card_number", "A00000001", "A00000001"),
        ] {
            assert_eq!(masked(FileKind::AccountRequest, field, value), shown);
        }
    }
}
