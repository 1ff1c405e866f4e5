//! The limits of partner files, each with its reason.

/// Faults listed of one file, in count: a file in the wrong layout has one a cell, and nobody
/// reads more than a page of them.
pub const FAULTS_MOST_COUNT: usize = 1_000;

/// Cards in one batch, in count: the field's hard cap.
pub const BATCH_MOST_CARDS: u32 = 50_000;

/// Digits of a sequence number in a file name: more than a century of daily files needs.
pub const SEQUENCE_MOST_DIGITS: usize = 12;

/// Name on the chip (EF06 tag 09), in bytes of GB18030.
pub const CHIP_NAME_BYTES: usize = 30;
