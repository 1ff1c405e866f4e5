//! Partner files: what a bank or a bureau sends and receives, as data.
//!
//! A partner is one TOML file ([`Profile`]); each of its files is a [`FileSpec`], which renders
//! rows to bytes and parses bytes to rows. The same rows always give the same bytes, and parsing
//! what was rendered gives the rows back.
//!
//! Invariants: a file whose frame is wrong is not parsed at all, and a cell that is wrong costs its row and no
//! other; every fault is collected, with its line, column, field and a stable code; no fault text carries a
//! cell's value; no input panics.
//!
//! Not here: sequence numbers and digests (the ledger's), seals and transports (exchange), the
//! tar around a personalization file, and what an answer does to a card (stages).

mod charset;
mod chip_name;
mod codes;
mod column;
mod control;
mod delimited;
mod describe;
mod fault;
mod file;
mod file_name;
mod fixed;
mod kind;
mod limits;
mod lines;
mod lint;
mod lint_codes;
mod lint_files;
mod manifest;
mod manifest_elements;
mod manifest_reader;
mod manifest_rows;
mod marker;
mod parsed;
mod profile;
mod ranges;
mod timetable;
mod translate;

#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod lint_test;
#[cfg(test)]
mod manifest_test;
#[cfg(test)]
mod property_test;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod timetable_test;

pub use charset::Charset;
pub use chip_name::split_name;
pub use codes::{Answer, AnswerClass, CodeTable, Codes, TABLES};
pub use column::{Class, Column};
pub use describe::{MaskedTable, masked, masked_table};
pub use fault::{FaultCode, FileFault, RenderFault, RowFault};
pub use file::{Direction, FileSpec, Layout, LineEnd, Rendered};
pub use file_name::{NameFault, NameParts};
pub use kind::FileKind;
pub use lint::{LINTS, Lint, ProfileDefect, ProfileFault};
pub use manifest::{Carton, Manifest, ManifestCard, ShippedBox};
pub use marker::{Marker, marker, parse_marker};
pub use parsed::{Parsed, ReadRow};
pub use profile::{Batching, Environment, Mode, PartnerKind, Profile};
pub use timetable::{Because, Timetable, Until, Waiting};
