//! Accounts: photos checked, batches cut, the bank's answers applied.

mod answers;
mod cut;
mod matching;
mod photos;

pub use answers::Answers;
pub use cut::{Cut, claim, request};
pub use matching::AccountNumbers;
pub use photos::{
    DEFAULT_PHOTO, Declared, FoundFault, PHOTO_FAULTS, PhotoFault, PhotoFaultText, Photos, Rendered, check_and_render,
    photo_token, shown_size,
};
