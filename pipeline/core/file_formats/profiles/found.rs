//! What is wrong with a profile, as it is found.

use std::fmt;

use crate::file_formats::layouts::kind::FileKind;

/// One thing wrong with a profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileDefect {
    pub code: &'static str,
    /// 1-based line of the TOML file, where it is known.
    pub line: Option<usize>,
    pub kind: Option<FileKind>,
    /// Our name of the column.
    pub column: Option<String>,
    pub message: String,
}

/// Why a profile was not loaded: every defect there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileFault {
    pub file: String,
    pub defects: Vec<ProfileDefect>,
}

impl std::error::Error for ProfileFault {}

impl fmt::Display for ProfileFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, defect) in self.defects.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            formatter.write_str(&self.file)?;
            if let Some(line) = defect.line {
                write!(formatter, ":{line}")?;
            }
            if let Some(kind) = defect.kind {
                write!(formatter, ", file {}", kind.name())?;
            }
            if let Some(column) = &defect.column {
                write!(formatter, ", column {column}")?;
            }
            write!(formatter, ": {}: {}", defect.code, defect.message)?;
        }
        Ok(())
    }
}

/// The defects found so far, and the lint that is running.
pub(crate) struct Found {
    pub(crate) code: &'static str,
    pub(crate) defects: Vec<ProfileDefect>,
}

impl Found {
    /// A defect of the profile as a whole.
    pub fn whole(&mut self, message: impl Into<String>) {
        self.push(None, None, message);
    }

    /// A defect of one file.
    pub fn file(&mut self, kind: FileKind, message: impl Into<String>) {
        self.push(Some(kind), None, message);
    }

    /// A defect of one column.
    pub fn column(&mut self, kind: FileKind, column: &str, message: impl Into<String>) {
        self.push(Some(kind), Some(column.to_owned()), message);
    }

    fn push(&mut self, kind: Option<FileKind>, column: Option<String>, message: impl Into<String>) {
        self.defects.push(ProfileDefect { code: self.code, line: None, kind, column, message: message.into() });
    }
}
