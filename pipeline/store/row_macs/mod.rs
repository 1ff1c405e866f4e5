//! A keyed digest in each row that says who somebody is, what was decided, or what was sent: whoever changes the
//! row by SQL has not the key, so the books name it.
//!
//! What is covered is one list, [`catalog`]. A writer covers its rows in the transaction that writes them:
//! with the row itself where the program holds all of it ([`RowKey::mac`]), else by reading back what a statement
//! wrote ([`Tx::cover`](super::Tx::cover)). Where a thing stands changes with every move and is not covered here:
//! the history says it, and it is chained.

pub mod catalog;
pub mod counts;
mod cover;
mod key;
pub mod older;
pub mod there_again;

pub use cover::{Fields, StoredMac};
pub use key::{BindRecord, Field, RowKey, RowMac};
