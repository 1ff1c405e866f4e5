//! Accounts: batches cut, the bank's answers applied.

pub mod answer_rows;
pub mod answers;
mod as_sent;
pub mod asked;
pub mod cut;
pub mod cut_rows;
pub mod matching;

pub use answers::Answers;
pub use cut::Cut;
pub use matching::AccountNumbers;
