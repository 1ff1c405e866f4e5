//! Rules of the code base that a machine can check, read from the sources.

mod circles;
mod database;
mod documents;
mod layers;
mod lengths;
mod sources;
mod spread;
mod words;
