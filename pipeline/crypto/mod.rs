//! Crypto: keys, encrypted records, and the objects encrypted with them.

mod cipher;
mod compression;
pub mod envelope_key_files;
pub mod envelope_keys;
pub mod key_check;
pub mod key_error;
mod key_files;
pub mod key_store;
pub mod keys;
mod object_error;
mod object_folder;
mod object_service;
pub mod objects;
