//! Lists and legacy cards that people bring.

pub mod changed_lines;
pub mod legacy_cards;
pub mod legacy_rows;
pub mod reference_change;
pub mod reference_file;
pub mod reference_import;
