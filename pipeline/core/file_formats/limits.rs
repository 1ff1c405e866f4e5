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

/// Working days the oldest card waits for others, at most: a quarter of a year.
pub const AGE_MOST_WORKING_DAYS: u32 = 60;

/// Working days until an answer is late, at most: a year.
pub const ANSWER_MOST_WORKING_DAYS: u32 = 250;

/// Cards a bureau makes on one day, at most: a hundred full batches.
pub const CAPACITY_MOST_CARDS: u32 = 100 * BATCH_MOST_CARDS;

/// Bytes of one column, at most: an address has 80, a remark a few hundred.
pub const COLUMN_MOST_BYTES: u32 = 4_000;

/// Version of a profile, at most.
pub const VERSION_MOST: u32 = 9_999;

/// Hours a file may lie without its marker, at most: ten days is longer than any holiday of a partner's IT.
pub const UNFINISHED_MOST_HOURS: u32 = 240;

/// Seconds a partner's server may take for an answer: less is no patience with a line that is busy, more holds its
/// other files back.
pub const TIMEOUT_LEAST_SECONDS: u32 = 5;
pub const TIMEOUT_MOST_SECONDS: u32 = 600;

/// The working calendar that is loaded; a partner's own closed days are added to it.
pub const CALENDAR: &str = "china";
