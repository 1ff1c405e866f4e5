//! The daemon as it is operated: real processes, real signals, real outages.

mod alerts;
pub mod canaries;
mod daemon;
mod database_gone;
mod disk_full;
mod doctor;
mod forwarder;
mod metrics;
mod names;
mod objects;
mod one_document;
pub mod small_disk;
pub mod worker;
