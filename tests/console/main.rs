//! The pages of the console, as people meet them: in a browser.
//!
//! The tests here drive Debian's Chromium through its driver; `ops/test` installs both. They fail when it is missing.

mod bench;
mod browser;
mod demo;
mod first_day;
#[path = "../suite/wire/gateway.rs"]
mod gateway;
mod pages;
#[path = "../suite/wire/server.rs"]
mod server;
mod walks;
mod week;
