//! The shipping manifest, an XML file of a bureau.

pub mod document;
pub mod elements;
pub mod reader;
pub mod rows;

#[cfg(test)]
mod reader_test;
