//! Every limit: a name with its unit last, and the reason for the figure.

/// Connections per worker: one or two write, the others read pages and laws.
pub const DATABASE_CONNECTIONS: u32 = 4;
/// How long a writer waits for another one before it says so.
pub const DATABASE_BUSY_SECONDS: u64 = 30;
/// A statement of a worker that is not answered in this time will not be: the longest settles a batch of
/// 50,000 in some 20 seconds.
pub const DATABASE_ANSWER_SECONDS: u64 = 120;
/// A transaction in which nothing happens keeps its locks this long; no work is done in one, but another unit in hand may
/// be worked meanwhile.
pub const DATABASE_IDLE_SECONDS: u64 = 60;
/// How long a connection that was idle may take to say that it is alive.
pub const DATABASE_PING_SECONDS: u64 = 5;
/// How long a connection may take to be made: a server under load forks late, one behind a dead line never.
pub const DATABASE_CONNECT_SECONDS: u64 = 10;
/// A statement without an answer for so long is looked after: does the server work on it at all?
pub const DATABASE_LOOK_SECONDS: u64 = 10;
/// A transaction this old holds up the seals and the relay; the longest of ours is a full run of the books.
pub const OLD_TRANSACTION_SECONDS: i64 = 300;
/// Row versions this many transactions old mean that vacuum does not keep up; the server stops at 2,000 million.
pub const OLD_ROW_VERSIONS: i64 = 1_000_000_000;
/// How long a migration waits for a table that somebody uses: everybody else queues behind it meanwhile.
pub const SCHEMA_LOCK_SECONDS: u64 = 5;
/// Times a migration asks for such a table again before the start fails.
pub const SCHEMA_LOCK_TRIES: u32 = 12;
/// Rows handed over at once by SQLite's thread; the default of 50 costs three quarters of the speed.
pub const SQLITE_ROW_BUFFER_ROWS: usize = 1024;
/// Statements that a SQLite connection keeps parsed; a round asks some hundreds.
pub const SQLITE_STATEMENTS: usize = 1024;
/// Pages in the log beside a SQLite file (16 MiB) before they are written back. A page that is written again and again goes
/// back once.
pub const SQLITE_LOG_PAGES: usize = 4096;
/// SQLite binds at most 32,766 values a statement.
pub const SQLITE_BOUND_VALUES: usize = 16_000;
/// Most rows that SQLite takes with one statement. A whole piece is parsed once a connection; larger ones are seldom
/// whole, and smaller ones are more statements.
pub const SQLITE_ROWS_AT_ONCE: usize = 256;

/// Messages of one chunk of intake: the knee of the curve (longest transaction under a second).
pub const CHUNK_MESSAGES: usize = 5_000;
/// Bytes of one chunk of intake, so that memory does not depend on the size of messages.
pub const CHUNK_BYTES: usize = 6 * 1024 * 1024;
/// Messages of one chunk of a file: several are under way at once, and an intake stays below 300 MB.
pub const FILE_CHUNK_MESSAGES: usize = 2_000;
/// Bytes of one chunk of a file.
pub const FILE_CHUNK_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a file read at once; its lines are slices of them.
pub const FILE_BLOCK_BYTES: usize = 256 * 1024;
/// Chunks that wait between the reader and the writer: none, for one is being checked and one settled.
pub const CHUNKS_WAITING: usize = 0;

/// Units of a step that one worker has in hand where others may write beside it: one is settled by the database while
/// the next is worked. Each needs a batch's memory, and at most one connection.
pub const UNITS_IN_HAND: usize = 2;

/// A file is rendered anew so often because other workers took its numbers first: to cut its batch once more takes longer
/// than a few of them.
pub const RENUMBERED_MAX: u32 = 20;

/// A lease lapses after this when its worker is gone.
pub const LEASE_SECONDS: i64 = 60;
/// Times a lease is renewed, each for a third of its length: an hour, in which any unit of work ends.
pub const LEASE_RENEWALS_MAX: u32 = 180;
/// A step under way may go on so long once the worker is told to stop: under the 30 s after which
/// container platforms kill.
pub const STOP_SECONDS: u64 = 25;
/// No step is worth more than an hour of a machine that is to go down.
pub const STOP_SECONDS_RANGE: std::ops::RangeInclusive<u64> = 1..=3_600;
/// Below this the data folder counts as full: no work is begun that could not be finished. A package of
/// a batch with its photos and the database's log fit into it.
pub const DATA_FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;
/// The smallest question to the database that takes longer counts as no answer.
pub const DATABASE_HEALTH_SECONDS: u64 = 5;
/// A worker that waits for its database or disk looks again at least this often.
pub const OUTAGE_REST_SECONDS_MAX: u64 = 10;
/// A failing step rests at most this long.
pub const STEP_REST_SECONDS_MAX: u64 = 300;
/// How often cheap gauges are refreshed; a scrape shows what was found last.
pub const GAUGES_SECONDS: u64 = 5;
/// How often figures are read from the ledger.
pub const FIGURES_SECONDS: u64 = 60;
/// After a look that found nothing, the purge rests this long: its days are counted in days.
pub const PURGE_REST_SECONDS: u64 = 60;
/// People are told by the hour and warned by the day: a look every second would cost what waits, again and again.
pub const NOTICES_REST_SECONDS: u64 = 60;
pub const WARNINGS_REST_SECONDS: u64 = 600;
/// Seconds for which the end of windows rests when nothing is to be done: while a person is asked about many of them, each
/// look counts all that are open.
pub const WINDOW_ENDS_REST_SECONDS: u64 = 60;
/// How far work is is written so often: a page that follows it asks no oftener, and shorter work needs no row.
pub const PROGRESS_SECONDS: u64 = 1;
/// Work whose worker told nothing for so long may have lost it: as long as a lease, and longer than a transaction of
/// another worker holds up the row on SQLite.
pub const PROGRESS_SILENT_SECONDS: i64 = LEASE_SECONDS;
/// Work that is done waits so long for its last row to be written.
pub const PROGRESS_END_SECONDS: u64 = 5;
/// Days for which one may see what work there was: a week, with the day somebody asks.
pub const PROGRESS_DAYS: i64 = 8;
/// Rows of work shown at once: more are not under way at one time.
pub const PROGRESS_SHOWN: i64 = 100;
/// What somebody asked a worker for is refused when none took it for so long: "now" is over, and they look again.
pub const ERRAND_HOURS: i64 = 1;
/// Errands shown at once.
pub const ERRANDS_SHOWN: i64 = 100;
/// The key under which an errand is asked for is at most so long.
pub const ERRAND_KEY_BYTES_MAX: usize = 100;
/// A cut that another worker is at is asked for again after this, so many times, before the errand is refused.
pub const ERRAND_BUSY_PAUSE_MILLISECONDS: u64 = 250;
pub const ERRAND_BUSY_TRIES: u32 = 40;
/// Acts on a page of the audit: more than a screen, less than a second.
pub const AUDIT_ACTS_PER_PAGE: i64 = 100;
/// How often it is looked whether people are to be told of something.
pub const ALERT_SECONDS: u64 = 60;
/// One worker tells at a time; another one goes on after this.
pub const ALERT_LEASE_SECONDS: i64 = 60;
/// A receiver answers within this, or is asked again later.
pub const ALERT_ANSWER_SECONDS: u64 = 10;
/// Of a receiver's answer no more is read.
pub const ALERT_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// A receiver that fails is asked again after at most this.
pub const ALERT_REST_SECONDS_MAX: u64 = 3_600;
/// Alerts sent in one look: groups take some 20 messages a minute.
pub const ALERTS_AT_ONCE: i64 = 20;
/// After as many days it is no news any more, and is not sent.
pub const ALERT_TRIED_DAYS: i64 = 2;
/// Days for which one may see what was told.
pub const ALERT_KEPT_DAYS: i64 = 30;
/// What is set aside is told when it did not go by itself for so long, as `ops/alerts` does.
pub const ALERT_ASIDE_MINUTES: i64 = 15;
/// The laws are checked once a day, and some hours are left.
pub const ALERT_BOOKS_HOURS: i64 = 26;
/// Below this the data folder will soon be full.
pub const DATA_FREE_BYTES_LOW: u64 = 1024 * 1024 * 1024;
/// Log lines that wait for a slow reader; further ones are dropped and counted.
pub const LOG_LINES_WAITING: usize = 8_192;
/// Connections for metrics and health that are open at once; of more, the one that is silent longest ends.
pub const LISTEN_CONNECTIONS: usize = 16;
/// A request's head must be there within this: it is a line and some fields.
pub const LISTEN_HEADER_SECONDS: u64 = 2;
/// A request must be there and its answer taken within this.
pub const LISTEN_SECONDS: u64 = 10;
/// The hard cap of a batch (volumes of domain.md §2).
pub const BATCH_CARDS_MAX: i64 = 50_000;
/// A partner's marker is one line of a size and a digest.
pub const PARTNER_MARKER_BYTES_MAX: u64 = 4_096;
/// A file on a server without a marker is whole once nothing changed this long; slow writers write more often.
pub const UNCHANGED_SECONDS: i64 = 60;
/// A file that was changed longer ago than any two clocks are apart is whole without a second look.
pub const LONG_UNCHANGED_SECONDS: i64 = 3_600;
/// A partner's server is asked so often what lies there.
pub const FETCH_REST_SECONDS: u64 = 20;
/// Who is not let in by a server knocks again after this, and waits twice as long each time, up to the second: banks
/// lock a login after a few failures.
pub const KNOCK_REST_SECONDS: u64 = 60;
pub const KNOCK_REST_SECONDS_MAX: u64 = 3_600;
/// Days for which an old key stays beside a new one, at most: a partner that takes longer is asked why.
pub const KEY_OVERLAP_DAYS_MAX: i64 = 366;
/// Clocks of a partner and us further apart are told.
pub const CLOCK_APART_SECONDS: i64 = 120;
/// Pause between two rounds of who carries a partner's files.
pub const CARRIER_PAUSE_SECONDS: u64 = 1;

/// A strange name in a partner's folder is shown up to this length: more than any agreed one has.
pub const STRAY_NAME_BYTES_MAX: usize = 120;
/// Files of one partner and kind listed at once; the rest is listed when these are done.
pub const PARTNER_FILES_PER_LOOK: usize = 1_000;
/// A partner's file larger than this is refused before it is read: 50,000 rows of 1 KiB, twice over.
pub const PARTNER_FILE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Rows of one file that are about nothing we asked and have a case of their own; nobody reads more.
pub const ROW_CASES_MAX: usize = 100;
/// So often a bank may say of one card that it cannot tell; the last time a person looks.
pub const UNCLEAR_ANSWERS_MAX: i64 = 3;
/// So often a bank may say of one account that it is not closed yet; the last time a person looks.
pub const NOT_YET_CLOSED_MAX: i64 = 6;
/// An uploaded photo is at most 8.75 MB (s3), read as 1,048,576 bytes each as the rule PHOTO-BYTES does.
pub const PHOTO_BYTES_MAX: usize = 9_175_040;
/// Pixels on one side of a photo; a JPEG of 8.75 MB in the right aspect stays far below.
pub const PHOTO_SIDE_PIXELS_MAX: u32 = 8_192;
/// Memory one photo may take to decode: 24 million pixels at 3 bytes. A JPEG of 8.75 MB at 3 bits a
/// pixel has as many; a progressive one, whose coefficients are all kept, may have 8 million.
pub const PHOTO_DECODED_BYTES_MAX: u64 = 72_000_000;
/// Scans of one photo: encoders write 10 to 14, and each costs a walk over the whole picture.
pub const PHOTO_SCANS_MAX: u32 = 20;
/// Print rendition (practice): 14–40 KB.
pub const PRINT_PHOTO_BYTES_MIN: usize = 14 * 1024;
/// See [`PRINT_PHOTO_BYTES_MIN`].
pub const PRINT_PHOTO_BYTES_MAX: usize = 40 * 1024;
/// Chip rendition (EF08, practice).
pub const CHIP_PHOTO_BYTES_MAX: usize = 4_096;
/// Times the driver tries a unit of work again after a passing fault.
pub const PASSING_FAULT_TRIES: u32 = 5;
/// The longest wait before the second try; it doubles with each, and is drawn at random below that.
pub const PASSING_FAULT_WAIT_MILLIS: u64 = 20;
/// How long intake waits for a broker that says nothing.
pub const BROKER_SILENCE_SECONDS: u64 = 10;
/// How long a service of objects may take to answer, and to send what it answered, seconds.
pub const OBJECT_ANSWER_SECONDS: u64 = 20;
/// How long it may take to accept a connection, seconds.
pub const OBJECT_CONNECT_SECONDS: u64 = 5;
/// How often a request to it is made again; afterwards the step is, later.
pub const OBJECT_TRIES: usize = 3;
/// How long one of the broker's addresses may take to accept a connection.
pub const BROKER_CONNECT_SECONDS: u64 = 3;
/// Messages a producer may have under way before it waits: the mock broker keeps 5 MiB a partition.
pub const PRODUCER_WINDOW_MESSAGES: usize = 2_000;

/// Rows that come one by one are looked at so many at a time: a task that always has the next row at hand would keep
/// every other one waiting for its answers, for most of a second.
pub const ROWS_AT_A_STRETCH: usize = 500;

/// Rows of history read at once while sealing, so that memory does not depend on how many there are.
pub const SEAL_MOVES_PER_PAGE: i64 = 10_000;
/// Cards whose history is replayed at once: some 40,000 rows, which the database sorts in memory.
pub const REPLAYED_CARDS_PER_PAGE: usize = 5_000;
/// Offending rows a law reports; one is enough to fail it.
pub const LAW_OFFENDERS_SHOWN: i64 = 20;
/// Distinct photos looked at in one unit of work: a few seconds of work under a lease of 60.
pub const PHOTOS_PER_CLAIM: i64 = 128;
/// Bytes of the photos of one unit, so that memory does not depend on how large they are.
pub const PHOTO_CLAIM_BYTES: usize = 32 * 1024 * 1024;
/// Photos under way from the object store at once: hides its latency, and adds their size to a unit's.
pub const PHOTOS_FETCHED_AT_ONCE: usize = 4;
/// Renditions under way to the object store at once.
pub const RENDITIONS_KEPT_AT_ONCE: usize = 8;
/// Renditions of a package are read beside each other: each waits for a disk or a service, and is some 40 KB.
pub const RENDITIONS_READ_AT_ONCE: usize = 8;
/// Memory the photos decoded at one time may take together, whatever the number of cores: two of the largest.
pub const PHOTOS_DECODED_BYTES: u64 = 2 * PHOTO_DECODED_BYTES_MAX;
/// When a photo that is not there is asked for again: an upload can lag behind its message, by a night at
/// most. After the last time its cards go to a person.
pub const PHOTO_ASKED_AGAIN_AFTER_MINUTES: &[i64] = &[10, 60, 24 * 60];
/// Dead letters published in one unit of work.
pub const DEAD_LETTERS_PER_CLAIM: i64 = 1_000;
/// Messages that waited for an earlier revision, listed at once.
pub const GAPS_PER_LOOK: i64 = 1_000;
/// So many cards more than a carton was packed with are a slip of the pen, no delivery.
pub const CARDS_OVER_MAX: i64 = 1_000;
/// Working days until an answer is late, of a partner whose profile does not say.
pub const ANSWER_WORKING_DAYS: u32 = 5;
/// Working days that a card's queue is given beside the days its batches may wait: to be cut and sent.
pub const QUEUE_WORKING_DAYS_MORE: u32 = 2;
/// Shipments whose windows one settle opens.
pub const WINDOWS_PER_CLAIM: i64 = 200;
/// Notices looked at together.
pub const NOTICES_AT_ONCE: i64 = 2_000;
/// So many working days before its window ends a person is told once more (domain: 7, 3 and 1).
pub const WARNED_WORKING_DAYS: [u32; 3] = [7, 3, 1];
/// Overdue cards settled in one transaction of some seconds.
pub const OVERDUE_AT_ONCE: i64 = 2_000;
/// Shipments whose windows a person moves in one act: one transaction of some seconds.
pub const WINDOWS_PER_ACT: i64 = 2_000;
/// Cards that one act hands on from a point to another: one transaction of some seconds.
pub const REASSIGNED_CARDS: i64 = 20_000;
/// An event is not believed that says it happened later than this: a clock that runs ahead is, a wrong year is not.
pub const EVENT_AHEAD: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Cards of one list for a point that one person makes alone (the contract of the distribution).
pub const LIST_CARDS: i64 = 500;
/// Bytes of a workbook that comes back: a list of 500 cards has some 40 KB.
pub const WORKBOOK_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Bytes of its parts together when they are unpacked; those of a list are some 300 KB.
pub const WORKBOOK_UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Its parts: spreadsheets write some 15.
pub const WORKBOOK_PARTS_MAX: usize = 256;
/// Its cells: eight times those of a full list.
pub const WORKBOOK_CELLS_MAX: usize = 50_000;
/// Bytes of one of its cells; names of places are far shorter.
pub const WORKBOOK_CELL_BYTES_MAX: usize = 500;
/// Days ahead that a notice may name as the last one: a year, so that a mistyped year is noticed.
pub const WINDOW_DAYS_AHEAD: i64 = 366;
/// Cards that go over to another region's queue in one settle, each with a row of history.
pub const FOLLOWED_PER_SETTLE: i64 = 10_000;
/// A reference table larger than this is none: all regions there ever were are 400 KB.
pub const TABLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Wrong rows of a table named one by one; beyond that they are only counted.
pub const WRONG_ROWS_SHOWN: usize = 100;
/// Changed lines of an import shown in a table; JSON and CSV show all.
pub const CHANGED_LINES_SHOWN: usize = 40;

/// Natural days by which a person looks at a refused, conflicting or unreadable message: a week.
pub const QUARANTINE_DAYS: i32 = 7;
/// Messages of the quarantine taken in again by one transaction; each is opened, checked and encrypted again.
/// An export by hand holds no more.
pub const RETRY_MESSAGES: i64 = 1_000;
/// Ids of an operation read at once while its digest is made.
pub const OPERATION_IDS_PER_PAGE: i64 = 10_000;
/// Corrected messages of one file; a larger repair is a matter for the sender.
pub const REPAIR_MESSAGES_MAX: usize = 100_000;
/// Bytes of such a file: it is held in memory, because messages are repaired in their own order.
pub const REPAIR_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Items of a list shown of a masked message: more than any honest one has.
pub const MASKED_LIST_ITEMS: usize = 40;
/// Runs of characters shown of one masked value; a name or an address has fewer.
pub const MASKED_RUNS: usize = 12;
/// The same for a whole message that is no JSON: enough to see where it broke off.
pub const MASKED_TEXT_RUNS: usize = 60;

/// Memory argon2id takes for one password, KiB: 19 MiB, as OWASP asks for together with two passes.
pub const VERIFIER_MEMORY_KIB: u32 = 19 * 1024;
/// Passes of argon2id over that memory: about 30 ms on one core.
pub const VERIFIER_PASSES: u32 = 2;
/// Lanes of argon2id: a login has one core.
pub const VERIFIER_LANES: u32 = 1;
/// Salt of a verifier, bytes: what the PHC format recommends.
pub const VERIFIER_SALT_BYTES: usize = 16;
/// Shortest password, characters: a sentence is easier to keep than a riddle.
pub const PASSWORD_CHARACTERS_MIN: usize = 12;
/// Longest password, bytes: nobody types more, and a hash of a whole file is no login.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// Passwords tried in a row before the next one waits.
pub const LOGIN_TRIES: i64 = 5;
/// The same for all places together where a user is not known, so that one place alone does not use them up.
pub const LOGIN_TRIES_OF_STRANGERS: i64 = 50;
/// The longest wait between two tries where a user is known: short, because whoever tries there shares a desk.
pub const LOGIN_WAIT_KNOWN_SECONDS: i64 = 60;
/// The longest wait between two tries elsewhere: guessing becomes pointless.
pub const LOGIN_WAIT_SECONDS: i64 = 15 * 60;
/// Wrong tries are forgotten after as long without one.
pub const LOGIN_FORGET_HOURS: i64 = 24;
/// Days a user stays known at the place of a login: a holiday and an illness.
pub const LOGIN_KNOWN_DAYS: i64 = 90;
/// Names that nobody has share this many rows of waits, so that a flood of names fills no table.
pub const LOGIN_SHADOWS: i64 = 256;
/// A login waits at most so long for its turn before it is refused.
pub const LOGIN_PATIENCE_SECONDS: i64 = 60;
/// A login that waits asks again at least so often.
pub const LOGIN_ASKS_AGAIN_MILLISECONDS: u64 = 250;
/// Passwords of logins that one process hashes at once: 19 MiB and a core each.
pub const LOGIN_HASHES_AT_ONCE: usize = 2;
/// How many days a program's token works, unless it is said otherwise, and at most: a year, so that none is forgotten.
pub const TOKEN_DAYS: u32 = 30;
pub const TOKEN_DAYS_MAX: u32 = 366;
/// Seconds between two notes that a token was used, so that a request seldom writes.
pub const TOKEN_USE_NOTED_SECONDS: i64 = 3_600;
/// How long a login lasts: a working day.
pub const SESSION_HOURS: i64 = 10;
/// Messages one person opens alone on a day, and messages they discard alone: a morning at the telephone. The
/// configuration may ask for less, never for more.
pub const ALONE_A_DAY: u64 = 20;
/// Days an approval waits for its second person and for its use: over a weekend.
pub const APPROVAL_DAYS: i32 = 4;
/// Numbers of one stream that two persons may pass over at once: more means a partner that restarted its numbers.
pub const SKIPPED_NUMBERS_MAX: i64 = 100;

/// So long nothing may move without a question: a weekend with its bridge day.
pub const CLOCK_QUIET_DAYS: i64 = 3;
/// A clock may go back by so much without a question: that of another worker, or one that was put right.
pub const CLOCK_BACK_HOURS: i64 = 24;
/// Two clocks this near each other confirm each other.
pub const CLOCKS_APART_HOURS: i64 = 1;
/// A share of fewer deadlines says nothing.
pub const DEADLINES_COUNTED_MIN: i64 = 20;

/// Connections a console holds at once; the one that has been silent longest makes room for one more.
pub const CONSOLE_CONNECTIONS: usize = 1_024;
/// Seconds within which the head of a request must be there.
pub const CONSOLE_HEADER_SECONDS: u64 = 10;
/// Seconds within which the body of a request must be there.
pub const CONSOLE_BODY_SECONDS: u64 = 30;
/// Seconds within which a page is answered; what takes longer is asked of a worker.
pub const CONSOLE_ANSWER_SECONDS: u64 = 60;
/// Bytes of a form.
pub const CONSOLE_FORM_BYTES: usize = 256 * 1024;
/// Bytes of a file that is uploaded to be checked.
pub const CONSOLE_UPLOAD_BYTES: usize = 64 * 1024 * 1024;
/// Requests that one place may make at once; behind a proxy a whole office is one place.
pub const CONSOLE_ASKS_AT_ONCE: f64 = 1_000.0;
/// Requests a second that one place may make for long.
pub const CONSOLE_ASKS_A_SECOND: f64 = 200.0;
/// Places whose shares are known at once.
pub const CONSOLE_PLACES: usize = 10_000;
/// Rows of a page of a list.
pub const CONSOLE_ROWS: i64 = 100;
/// People who follow at once what is under way; the others load the page again.
pub const CONSOLE_FOLLOWERS: usize = 256;
/// Seconds after which a follower asks again, and is asked who it is.
pub const CONSOLE_EVENTS_SECONDS: u64 = 300;
/// Seconds between two looks at what is under way.
pub const CONSOLE_EVENTS_EVERY_SECONDS: u64 = 1;
/// Minutes after which a session of the console ends in which nobody clicked.
pub const CONSOLE_IDLE_MINUTES: u64 = 30;

/// Seconds after which figures for charts and pages are counted anew: a count reads the cards of two days, and those
/// that are under way or wait.
pub const DAY_FIGURES_SECONDS: i64 = 300;
/// Seconds for which a count of what waits is shown; where no worker counts, what is asked for is counted.
pub const DAY_FIGURES_FRESH_SECONDS: i64 = 900;
/// Cards up to which a list of what waits, is due or late is counted when it is asked for: a third of a second. Where more
/// waited at the last count, the list shows that count.
pub const LISTED_NOW_CARDS: i64 = 20_000;
/// Days for which such figures are kept: a quarter of a year.
pub const DAY_FIGURES_DAYS: i32 = 92;
