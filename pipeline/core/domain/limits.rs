//! Limits of what is read and checked, each with a name, its unit last, and a reason.

/// Longest message read from a topic: an application is some 3 KB, and a supporting document is
/// only named in it, so 1 MiB is far outside anything honest.
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// Deepest nesting of a message: an application is four deep, and additions stay far below 32.
/// The limit keeps every later reader (the canonical digest recurses) away from the stack's end.
pub const MAX_MESSAGE_DEPTH_LEVELS: usize = 32;

/// Longest name in GB18030 bytes: 30 in chip tag 09 and 20 in its continuation 4E.
pub const MAX_NAME_BYTES: usize = 50;

/// Longest detail of an address in GB18030 bytes (chip tag DF01EF06/23).
pub const MAX_ADDRESS_BYTES: usize = 80;

/// Most supporting documents of one application: there are 17 kinds, and a page may be sent twice.
pub const MAX_DOCUMENTS_COUNT: usize = 40;

/// Most unknown members named for one message: enough to see which release of a producer began.
pub const MAX_UNKNOWN_FIELDS_COUNT: usize = 16;

/// Most wrong cells reported of reference tables at once: enough to put a file right in one go, and a
/// file of another kind does not fill the memory.
pub const MAX_REFERENCE_FAULTS_COUNT: usize = 1_000;

/// Longest name of a user: it stands in every action and every table of them.
pub const MAX_USER_NAME_BYTES: usize = 32;
