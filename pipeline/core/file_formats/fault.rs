//! What can be wrong with a partner file or a row, with stable codes.
//!
//! A fault names the place and what to do. It never carries the cell's value, so it may be
//! logged, shown and sent to the partner; a character is named only by its code point.

use std::fmt;

use serde::{Serialize, Serializer};

use super::limits::FAULTS_MOST_COUNT;

/// The kinds of fault. A code is never reused for another meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FaultCode {
    /// No bytes at all.
    FileEmpty,
    /// A byte order mark of UTF-16 in front.
    FileByteOrderMark,
    /// Bytes that are not of the declared charset.
    FileCharset,
    /// Lines end in CRLF where LF is agreed.
    FileLineEnd,
    /// The last line has no line feed: the file is cut off.
    FileTruncated,
    /// The control line is missing or cannot be read.
    FileControl,
    /// The control line's count is not the number of rows.
    FileCount,
    /// The control line names another kind of file.
    FileKind,
    /// The control line names another partner.
    FilePartner,
    /// In no envelope that can be opened and believed.
    FileEnvelope,
    /// More faults than are listed.
    FileMoreFaults,
    /// The number of columns differs from the layout.
    RowColumns,
    /// The delimiter at the end of the line is missing.
    RowTrailer,
    /// The line is not as many bytes long as the layout says.
    RowLength,
    /// A required cell is empty.
    FieldRequired,
    /// More bytes than the column holds.
    FieldLength,
    /// A character the charset cannot write, or bytes it cannot read.
    FieldCharset,
    /// The delimiter, a line break or a NUL inside a cell.
    FieldDelimiter,
    /// Another control character inside a cell.
    FieldControl,
    /// A space at the edge of a cell: padding would swallow it, or did write it.
    FieldSpace,
    /// Not of the column's class (digits, date, …).
    FieldClass,
    /// Not the constant the layout fixes.
    FieldConstant,
    /// A code the profile's table does not know.
    FieldCode,
    /// Not what was asked: another row, another person, another day.
    FieldMatch,
    /// Not well-formed XML.
    XmlSyntax,
    /// A document type declaration, refused whatever it says.
    XmlDoctype,
    /// An encoding declared that differs from the profile.
    XmlEncoding,
    /// An element or text that does not belong there.
    XmlElement,
    /// An attribute missing, unknown or malformed.
    XmlAttribute,
    /// Totals or counts that disagree with the content.
    XmlTotals,
    /// Positions in a box with a hole or out of order.
    XmlPosition,
    /// A card, box or carton listed twice.
    XmlRepeat,
}

impl FaultCode {
    /// Every code, for the reference table and its test.
    pub const ALL: [Self; 32] = [
        Self::FileEmpty,
        Self::FileByteOrderMark,
        Self::FileCharset,
        Self::FileLineEnd,
        Self::FileTruncated,
        Self::FileControl,
        Self::FileCount,
        Self::FileKind,
        Self::FilePartner,
        Self::FileEnvelope,
        Self::FileMoreFaults,
        Self::RowColumns,
        Self::RowTrailer,
        Self::RowLength,
        Self::FieldRequired,
        Self::FieldLength,
        Self::FieldCharset,
        Self::FieldDelimiter,
        Self::FieldControl,
        Self::FieldSpace,
        Self::FieldClass,
        Self::FieldConstant,
        Self::FieldCode,
        Self::FieldMatch,
        Self::XmlSyntax,
        Self::XmlDoctype,
        Self::XmlEncoding,
        Self::XmlElement,
        Self::XmlAttribute,
        Self::XmlTotals,
        Self::XmlPosition,
        Self::XmlRepeat,
    ];

    /// The stable code, as partners and scripts see it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::FileEmpty => "FILE-EMPTY",
            Self::FileByteOrderMark => "FILE-BOM",
            Self::FileCharset => "FILE-CHARSET",
            Self::FileLineEnd => "FILE-LINE-END",
            Self::FileTruncated => "FILE-TRUNCATED",
            Self::FileControl => "FILE-CONTROL",
            Self::FileCount => "FILE-COUNT",
            Self::FileKind => "FILE-KIND",
            Self::FilePartner => "FILE-PARTNER",
            Self::FileEnvelope => "FILE-ENVELOPE",
            Self::FileMoreFaults => "FILE-MORE-FAULTS",
            Self::RowColumns => "ROW-COLUMNS",
            Self::RowTrailer => "ROW-TRAILER",
            Self::RowLength => "ROW-LENGTH",
            Self::FieldRequired => "FIELD-REQUIRED",
            Self::FieldLength => "FIELD-LENGTH",
            Self::FieldCharset => "FIELD-CHARSET",
            Self::FieldDelimiter => "FIELD-DELIMITER",
            Self::FieldControl => "FIELD-CONTROL",
            Self::FieldSpace => "FIELD-SPACE",
            Self::FieldClass => "FIELD-CLASS",
            Self::FieldConstant => "FIELD-CONSTANT",
            Self::FieldCode => "FIELD-CODE",
            Self::FieldMatch => "FIELD-MATCH",
            Self::XmlSyntax => "XML-SYNTAX",
            Self::XmlDoctype => "XML-DOCTYPE",
            Self::XmlEncoding => "XML-ENCODING",
            Self::XmlElement => "XML-ELEMENT",
            Self::XmlAttribute => "XML-ATTRIBUTE",
            Self::XmlTotals => "XML-TOTALS",
            Self::XmlPosition => "XML-POSITION",
            Self::XmlRepeat => "XML-REPEAT",
        }
    }
}

impl Serialize for FaultCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl fmt::Display for FaultCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// One fault of a received file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("line {line}, column {column} ({field}): {code}: {message}")]
pub struct FileFault {
    /// 1 is the control line; 0 the file as a whole.
    pub line: usize,
    /// 1-based; 0 the line as a whole.
    pub column: usize,
    /// Our name of the column; empty for the line as a whole.
    pub field: String,
    pub code: FaultCode,
    /// What is wrong and what to do; never the value.
    pub message: String,
}

impl FileFault {
    /// A fault of the file as a whole.
    pub(super) fn whole(code: FaultCode, message: impl Into<String>) -> Self {
        Self::line(0, code, message)
    }

    /// Says that there are more faults than are listed.
    pub(super) fn more() -> Self {
        Self::whole(FaultCode::FileMoreFaults, format!("only the first {FAULTS_MOST_COUNT} faults are listed"))
    }

    /// A fault of one line as a whole.
    pub(super) fn line(line: usize, code: FaultCode, message: impl Into<String>) -> Self {
        Self { line, column: 0, field: String::new(), code, message: message.into() }
    }
}

/// One fault of a row we were about to write: the row goes to a person, the others go on.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("column {column} ({field}): {code}: {message}")]
pub struct RowFault {
    /// 1-based; 0 the row as a whole.
    pub column: usize,
    /// Our name of the column.
    pub field: String,
    pub code: FaultCode,
    /// What is wrong and what to do; never the value.
    pub message: String,
}

impl RowFault {
    /// The same fault with the line it was found on.
    pub(super) fn at(self, line: usize) -> FileFault {
        FileFault { line, column: self.column, field: self.field, code: self.code, message: self.message }
    }
}

/// Why a file was not rendered. Nothing that was written may be used.
#[derive(Debug, thiserror::Error)]
pub enum RenderFault {
    /// Row (1-based) breaks the layout; `check_row` finds these beforehand.
    #[error("row {row}, {fault}")]
    Row { row: usize, fault: RowFault },
    /// A value of the control line breaks the layout or was not given.
    #[error("control line, {0}")]
    Control(RowFault),
    /// The count handed in is not the number of rows.
    #[error("the control line's count differs from the {rows} rows: leave it to the renderer")]
    Count { rows: usize },
    /// The rows do not form a manifest.
    #[error("manifest, {0}")]
    Manifest(FileFault),
    #[error("the output could not be written")]
    Write(#[from] std::io::Error),
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::FaultCode;

    #[test]
    fn fault_codes_are_unique() {
        let codes: BTreeSet<_> = FaultCode::ALL.iter().map(|code| code.code()).collect();
        assert_eq!(codes.len(), FaultCode::ALL.len());
    }
}
