//! Rules of the house that a machine can check, read from the sources as they lie there.

mod circles;
mod database;
mod documents;
mod layers;
mod lengths;
mod sources;
mod spread;
mod words;
