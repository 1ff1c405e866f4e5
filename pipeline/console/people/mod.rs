//! Who asks: logging in and out, sessions, first links, the guests of a demo.

pub mod first;
pub mod first_link;
pub mod guests;
pub mod idle;
pub mod interrupted;
pub mod login;
pub mod next;
pub mod session;
