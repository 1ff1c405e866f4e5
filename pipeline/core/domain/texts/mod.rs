//! Texts: charsets, names, canonical JSON and its digest.

pub mod canonical;
pub mod compatibility_ideograph;
pub mod digest;
pub mod gb18030;
pub mod name;
pub mod open_form;
pub mod personal_text;
pub mod scan;
pub mod spreadsheet;
pub mod text;
pub mod toml_fault;
pub mod visible;
