//! Envelopes against the programs that partners have, and against those who would break them.
//!
//! gpg 2.2 and openssl 3.0 are run by the command lines that partners are told.

#[cfg(test)]
mod gpg;
#[cfg(test)]
mod gpg_home;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod openssl;
#[cfg(test)]
pub mod setting;
