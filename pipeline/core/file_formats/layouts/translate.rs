//! Our values to a row of the partner's, and back: columns, codes and dates are the profile's.

use super::codes::Answer;
use super::column::{Class, expand_date};
use super::file::FileSpec;
use crate::file_formats::fault::{FaultCode, RowFault};

impl FileSpec {
    /// A row in the layout's order, from our values by field; a field we have nothing for is empty.
    ///
    /// # Errors
    /// A value no code is agreed for. Other checks are `check_row`'s.
    pub fn arrange(&self, mut value: impl FnMut(&str) -> Option<String>) -> Result<Vec<String>, RowFault> {
        let mut row = Vec::with_capacity(self.columns.len());
        for (index, column) in self.columns.iter().enumerate() {
            let ours = value(&column.field).unwrap_or_default();
            let coded = match column.codes.as_deref() {
                Some(table) if !ours.is_empty() => {
                    let theirs = self.codes().theirs(table, &ours);
                    theirs.map(str::to_owned).ok_or_else(|| RowFault {
                        column: index + 1,
                        field: column.field.clone(),
                        code: FaultCode::FieldCode,
                        message: format!("a value the profile's table {table} does not map"),
                    })?
                }
                _ => ours,
            };
            row.push(if column.class == Class::Date8 { compact_date(coded) } else { coded });
        }
        Ok(row)
    }

    /// Our value of a field of a row; `None` when the layout lacks it or the code is unknown.
    #[must_use]
    pub fn value(&self, row: &[String], field: &str) -> Option<String> {
        let place = self.column(field)?;
        let (column, cell) = (self.columns.get(place)?, row.get(place)?);
        if let Some(table) = column.codes.as_deref().filter(|_| !cell.is_empty()) {
            let ours = self.codes().ours(table, cell)?;
            if ours != cell {
                return Some(ours.to_owned());
            }
        }
        if column.class == Class::Date8
            && let Some(expanded) = expand_date(cell)
        {
            return Some(expanded);
        }
        Some(cell.clone())
    }

    /// What the answer code of a result row means.
    #[must_use]
    pub fn answer(&self, row: &[String]) -> Option<&Answer> {
        let place = self.column("code")?;
        let table = self.columns.get(place)?.codes.as_deref()?;
        self.codes().answers(table)?.get(row.get(place)?)
    }
}

/// `2026-01-05` as `20260105`; anything else as it is, for the check to find.
fn compact_date(date: String) -> String {
    if Class::Date.admits(&date) { date.replace('-', "") } else { date }
}

#[cfg(test)]
mod tests {
    use crate::file_formats::{AnswerClass, FaultCode, FileKind, sample};

    #[test]
    fn values_go_through_codes_and_dates_both_ways() {
        let profile = sample::profile();
        let file = profile.file(FileKind::AccountRequest).unwrap();
        let ours = |field: &str| match field {
            "id_type" => Some("household_book".to_owned()),
            "id_valid_to" => Some("long_term".to_owned()),
            "birth_date" => Some("2018-11-20".to_owned()),
            _ => None,
        };
        let row = file.arrange(ours).unwrap();
        let cell = |field: &str| row[file.column(field).unwrap()].as_str();
        assert_eq!(cell("id_type"), "01");
        assert_eq!(cell("id_valid_to"), "99991231");
        assert_eq!(cell("birth_date"), "20181120");
        for field in ["id_type", "id_valid_to", "birth_date", "name"] {
            assert_eq!(file.value(&row, field).unwrap_or_default(), ours(field).unwrap_or_default());
        }
        assert_eq!(file.value(&row, "pan"), None);
        let fault = file.arrange(|_| Some("other".into())).err().unwrap();
        assert_eq!((fault.field.as_str(), fault.code), ("id_type", FaultCode::FieldCode));
    }

    #[test]
    fn an_answer_is_looked_up_by_the_code_of_the_row() {
        let profile = sample::profile();
        let file = profile.file(FileKind::AccountResult).unwrap();
        let row = file.arrange(|field| (field == "code").then(|| "timeout".into())).unwrap();
        let answer = file.answer(&row).unwrap();
        assert_eq!((answer.reason.as_str(), answer.class), ("timeout", AnswerClass::Unknown));
    }
}
