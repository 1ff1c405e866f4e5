//! The console: pages for the three people who live with the system, and an API for their programs.
//!
//! The way of a request: `serving` takes it in, `routes` says who may ask it, `people` says who asks, a file in
//! `pages` or `api` answers it over the functions the command line stands on, and `frame` dresses the answer.
//!
//! Invariants: what lies outside a viewer's scope is answered like what is absent; a page that changes something is
//! a POST with the session's token from a page of ours; a page works without a script; nothing here holds SQL.

mod answer;
mod api;
mod asked;
mod carried;
mod console;
mod cookies;
mod frame;
mod lang;
mod pages;
mod pairs;
mod people;
mod refused;
pub mod routes;
mod serving;
mod upload;
mod viewer;

pub use console::{Clock, Console};
pub use pages::pickup::sheet;
pub use people::guests::Guest;
pub use serving::listening::{Listening, listen};
