//! The pages of the console, as people meet them: in a browser.
//!
//! The tests here drive Debian's Chromium through its driver; `ops/test` installs both. They fail when it is missing.

mod bench;
mod browser;
mod demo;
mod walks;
mod week;
