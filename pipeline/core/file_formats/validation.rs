//! Everything that is wrong with one file, as whoever made it is told.

use serde::Serialize;

use super::fault::{FaultCode, FileFault};
use super::layouts::file::FileSpec;
use super::layouts::parsed::Parsed;

/// What was found in a file, and whether it could be taken in as it is.
#[derive(Serialize)]
pub struct Validation {
    pub valid: bool,
    pub partner: String,
    pub kind: &'static str,
    /// The rows that could be told apart; none where the frame is wrong.
    pub rows: usize,
    pub errors: Vec<FileFault>,
}

impl FileSpec {
    /// Reads the records of a file and lists what is wrong with them. A name that is one of this file's is
    /// compared with what the file says of itself.
    #[must_use]
    pub fn validate(&self, name: &str, records: &[u8]) -> Validation {
        match self.parse(records) {
            Ok(parsed) => {
                let mut errors: Vec<FileFault> = self.name_fault(name, &parsed).into_iter().collect();
                errors.extend_from_slice(parsed.row_faults());
                Validation { rows: parsed.rows.len(), ..self.found(errors) }
            }
            Err(faults) => self.found(faults),
        }
    }

    /// A file of which nothing could be read, and why.
    #[must_use]
    pub fn unreadable(&self, code: FaultCode, message: &str) -> Validation {
        self.found(vec![FileFault::whole(code, message)])
    }

    fn found(&self, errors: Vec<FileFault>) -> Validation {
        let (partner, kind) = (self.partner().to_owned(), self.kind.name());
        Validation { valid: errors.is_empty(), partner, kind, rows: 0, errors }
    }

    fn name_fault(&self, name: &str, parsed: &Parsed) -> Option<FileFault> {
        let named = self.recognise(name)?.sequence;
        let said = parsed.control.get("sequence")?.parse::<u64>().ok();
        (said != Some(named)).then(|| FileFault {
            column: self.control.iter().position(|column| column.field == "sequence").map_or(0, |place| place + 1),
            field: "sequence".into(),
            ..FileFault::line(1, FaultCode::FileControl, "the number in the file is not the one in its name")
        })
    }
}
