//! Recycling: closing and destruction, asked of the bank in the order the documents demand (s2):
//! the social function is cancelled, then the account is closed, then the card is destroyed.

pub mod answer_rows;
pub mod answers;
pub mod cut;
pub mod cut_rows;
pub mod matching;

pub use answers::Answers;
pub use cut::{Cut, StockHolder};
