//! Crypto: keys, encrypted records, and the objects encrypted with them.

pub mod key_check;
pub mod keys;
pub mod objects;
