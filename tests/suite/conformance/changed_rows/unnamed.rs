//! What no law names when it is changed by SQL, each with the reason why it may be so. A name `table.*` stands for
//! every column of a table that no law names.

/// Columns.
pub const COLUMNS: &[(&str, &str)] = &[
    ("alert.*", "what people are told of other tables, and whether; told twice it is seen twice"),
    (
        "api_token.*",
        "one that was added, exchanged or changed by SQL is not accepted: it bears a keyed digest of its token, user and end",
    ),
    (
        "application.account_row",
        "an answer names the application of its row; one that answers for another row is contradicted and held",
    ),
    ("application.live", "which card of a person is live follows from its states, which the history says"),
    ("application.open", "whether an application is open follows from its state, which the history says"),
    (
        "application.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "application.owner",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "application.promise_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "application.paused_days",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "application.returned_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    ("application.reason", "words for people; the history has its own"),
    (
        "batch.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "batch.owner",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "batch.to_produce",
        "how many still wait for production: counted anew by the next cut, which asks the cards themselves",
    ),
    ("counter.*", "a number handed out again is refused: numbers of files, batches and cards are unique"),
    ("day_figure.*", "for charts only, and counted anew every few minutes"),
    (
        "doomed.*",
        "what an erasure has still to remove: its files are purged when their days are over; of an object nothing is known any more",
    ),
    ("dead_letter.*", "what is still to be told to the senders; the messages themselves are covered"),
    (
        "desk_case.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "desk_case.owner",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "file.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "file.owner",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    ("file.reason", "words for people; the history has its own"),
    ("errand.worker", "who took it, for who waits; what was asked and what came of it is covered"),
    ("finding.*", "follows from the message and the rules: checked again, the message gives it again"),
    ("key_check.value", "keys that are not the ledger's open nothing, so every worker stops"),
    ("law_run.*", "where the last run of the books ended; a full run asks nothing of it"),
    ("lease.*", "of the machine, not of any card: it says who works, and expires"),
    (
        "ledger_identity.identity",
        "which ledger it is; Kafka and the partners' folders know it, and a worker stops where they differ",
    ),
    ("login.*", "how often wrong passwords were tried; users are covered"),
    ("made.atr", "what the bureau reported: its report lies in the partner's archive under a digest that is covered"),
    ("made.identifier", "as the ATR: it stands in the report"),
    ("made.position", "as the ATR: it stands in the report"),
    (
        "message.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    ("message.reason", "words for people; the message's rules give them again"),
    ("message.sealed", "a record opens only in its own row, and only unchanged; whoever opens it says so"),
    (
        "notice.*",
        "what people are still to be told, and whose telephone was told today; the move it tells of is covered",
    ),
    ("person_alias.*", "follows from the accepted change of a number, whose message is covered"),
    ("progress.*", "how far work was, for who looked at it; nothing follows from it"),
    (
        "recycling_row.closed_on",
        "what the bank answered: its answer lies in the partner's archive under a digest that is covered",
    ),
    (
        "reference.*",
        "lines of an imported table: the import is covered with the digest of its file, and imported again it shows what differs",
    ),
    ("relay.*", "how far history was told to others; told twice it is known by its number"),
    ("rendition.*", "made again from the photo, which the application names"),
    ("restore.*", "beside a halt, which is covered"),
    ("schema_floor.migration", "of the schema; a program compares it with what it knows"),
    ("seal.at", "when a seal was made; what it covers is chained"),
    ("sent_before.*", "what a restored ledger must not send again; the file it names is covered"),
    (
        "session.*",
        "one that was added, exchanged or changed by SQL is not accepted: it bears a keyed digest of its token, user and end",
    ),
    ("set_aside.*", "what rests after failures: beside a case, which is covered"),
    ("shipment.done", "whether all of it is handed out follows from its cards, whose history says so"),
    (
        "shipment.due_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "shipment.owner",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "shipment.ready_on",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "shipment.window_last",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "shipment.last_by_notice",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    (
        "shipment.roll_overs",
        "a deadline and who has it change with every step, and each step sets them anew; law 10 sees one that is missing or over",
    ),
    ("source_jump.*", "a record of positions that were left; positions are compared with the broker's"),
    ("source_offset.*", "compared with the broker's, and with the chunks that were taken in"),
    ("source_topic.*", "compared with the broker's own names whenever a topic is opened"),
    ("stream_hold.*", "whether a stream rests; who had it rest is an act, which is covered"),
    ("figures_run.*", "when charts were counted last"),
    ("recent_move.*", "sums over the history, for the strip only"),
    ("tally.*", "sums over the history, for the metrics only"),
    ("unfinished.*", "for charts only, and counted anew every few minutes"),
    ("coming_count.*", "for pages only, and counted anew every few minutes"),
    ("point_heard.*", "for a list of silent points only: the day on which a point was heard of last"),
    ("waiting_count.*", "for pages only, and counted anew every few minutes"),
    ("users.tries", "of the version before; nobody reads it"),
    ("users.wait_until", "of the version before; nobody reads it"),
];

/// Tables of which a row may be deleted.
pub const DELETED: &[(&str, &str)] = &[
    ("alert", "as its columns: told again"),
    ("counter", "as its columns: numbers are unique"),
    ("day_figure", "as its columns"),
    ("doomed", "as its columns"),
    ("dead_letter", "as its columns"),
    ("errand", "who asked sees that nothing came of it, and asks again; what was done is an act, which is counted"),
    ("figures_run", "as its column"),
    ("finding", "as its columns"),
    ("key_check", "made again by the next worker from its keys, after a record has opened with them"),
    ("law_run", "as its columns: the next run looks at more"),
    ("lease", "of the machine, not of any card: it says who works, and expires"),
    ("ledger_identity", "as its column"),
    ("login", "as its columns"),
    ("notice", "as its columns"),
    ("person_alias", "as its columns"),
    ("progress", "as its columns"),
    ("reference", "as its columns"),
    ("relay", "as its columns"),
    ("rendition", "as its columns: made again"),
    ("restore", "as its columns"),
    ("schema_floor", "as its column"),
    ("sent_before", "as its columns"),
    ("api_token", "its program gets no answer, and another one is made"),
    ("session", "its user logs in again"),
    ("set_aside", "as its columns: tried again at once"),
    ("source_jump", "as its columns"),
    ("source_offset", "as its columns: messages that come again are known"),
    ("source_topic", "as its columns"),
    ("stream_hold", "as its columns"),
    ("recent_move", "as its columns"),
    ("tally", "as its columns"),
    ("unfinished", "as its columns"),
    ("coming_count", "as its columns"),
    ("point_heard", "as its columns: the point counts as silent since its last window was opened"),
    ("waiting_count", "as its columns"),
];

/// Tables of which two rows may be exchanged.
pub const EXCHANGED: &[(&str, &str)] = &[
    ("counter", "as its columns"),
    ("dead_letter", "as its columns"),
    ("finding", "as its columns"),
    ("key_check", "keys that are not the ledger's open nothing, so every worker stops"),
    ("lease", "of the machine, not of any card: it says who works, and expires"),
    ("notice", "as its columns"),
    ("person_alias", "as its columns"),
    ("reference", "as its columns"),
    ("relay", "as its columns"),
    ("rendition", "as its columns"),
    ("sent_before", "as its columns"),
    ("api_token", "neither is accepted: each bears a keyed digest of its own token"),
    ("session", "neither is accepted: each bears a keyed digest of its own token"),
    ("set_aside", "as its columns"),
    ("source_jump", "as its columns"),
    ("source_topic", "as its columns: compared with the broker's own names"),
    ("recent_move", "as its columns"),
    ("tally", "as its columns"),
    ("unfinished", "as its columns"),
    ("coming_count", "as its columns"),
    ("point_heard", "as its columns"),
    ("waiting_count", "as its columns"),
];

/// Tables of which there is no row to try.
pub const EMPTY: &[(&str, &str)] = &[];
