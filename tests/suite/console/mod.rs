//! The console, asked over HTTP as a browser or a program asks it.

mod access;
mod acts;
mod api;
mod away;
mod client;
mod guests;
mod pages;
mod persons;
mod scope;
