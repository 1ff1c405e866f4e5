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
//! Not here: sequence numbers and digests (the ledger's), envelopes and transports (exchange), the
//! tar around a personalization file, and what an answer does to a card (stages).

mod charset;
mod chip_name;
mod fault;
mod layouts;
mod limits;
mod manifest;
mod marker;
mod profiles;
mod validation;

#[cfg(test)]
mod golden_test;
#[cfg(test)]
mod property_test;
#[cfg(test)]
mod sample;

pub use charset::Charset;
pub use chip_name::split_name;
pub use fault::{FaultCode, FileFault, RenderFault, RowFault};
pub use layouts::codes::{Answer, AnswerClass, CodeTable, Codes, TABLES};
pub use layouts::column::{Class, Column};
pub use layouts::describe::{MaskedTable, masked, masked_table};
pub use layouts::file::{FileSpec, Layout, LineEnd, Rendered};
pub use layouts::file_name::{NameFault, NameParts};
pub use layouts::kind::{Direction, FileKind, PartnerKind};
pub use layouts::masked_bytes::masked_bytes;
pub use layouts::parsed::{Parsed, ReadRow};
pub use manifest::document::{Carton, Manifest, ManifestCard, ShippedBox};
pub use marker::{Marker, marker, parse_marker};
pub use profiles::found::{ProfileDefect, ProfileFault};
pub use profiles::lint::{LINTS, Lint};
pub use profiles::profile::{Batching, Environment, Mode, Profile};
pub use profiles::timetable::{Because, Timetable, Until, Waiting};
pub use profiles::wire::{EnvelopeKind, Envelopes, Secret, SftpServer, Wire};
pub use validation::Validation;
