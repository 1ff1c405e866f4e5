//! The console, asked over HTTP as a browser or a program asks it.

mod access;
mod acts;
mod api;
mod away;
mod client;
mod ended;
mod guests;
mod neighbours;
mod pages;
mod persons;
mod scope;
mod users;
mod windows;
