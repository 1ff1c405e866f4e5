-- The ledger. Operational tables hold no personal data: keys, states, codes, dates, counts.
-- What is personal stands sealed in `message.sealed` and `account.sealed`.
-- Instants are microseconds since 1970 UTC, dates are TEXT 'YYYY-MM-DD'.

-- Who may do a piece of work now. A lease lapses by itself; the fence stops a late writer.
CREATE TABLE lease (
    work  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    fence BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- Numbers handed out once: card numbers, batch numbers, and the sequence of every file stream.
CREATE TABLE counter (
    name TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);

-- How far a topic's partition has been taken in; moves only together with what was read.
CREATE TABLE source_offset (
    topic     TEXT NOT NULL,
    partition BIGINT NOT NULL,
    next      BIGINT NOT NULL,
    PRIMARY KEY (topic, partition)
);

-- One bounded piece of intake: where it came from and how its messages divide.
CREATE TABLE chunk (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    partition   BIGINT NOT NULL,
    first       BIGINT NOT NULL,
    next        BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    received    BIGINT NOT NULL,
    accepted    BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    repeated    BIGINT NOT NULL,
    conflicting BIGINT NOT NULL,
    quarantined BIGINT NOT NULL
);

-- Every message that had an effect or must be kept: its identity, its digest and the sealed bytes.
-- `outcome` is what became of it when it came, and stays. `act` (0: none) took it out of the quarantine
-- later; what was taken in again is a row of its own, whose `origin` is the message as it first came.
CREATE TABLE message (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    chunk          BIGINT NOT NULL,
    position       BIGINT NOT NULL,
    event_id       TEXT,
    application_id TEXT,
    revision       BIGINT,
    digest         BLOB NOT NULL,
    outcome        TEXT NOT NULL CHECK (outcome IN ('accepted', 'rejected', 'waiting', 'conflicting', 'quarantined')),
    reason         TEXT,
    due_on         TEXT,
    act            BIGINT NOT NULL DEFAULT 0,
    origin         BIGINT,
    sealed         BLOB NOT NULL
);
-- One standing message per identity. Those taken out by an act are told apart by it, and still found.
CREATE UNIQUE INDEX message_event ON message (event_id, act) WHERE outcome IN ('accepted', 'rejected', 'waiting');
-- A conflict that comes again is a repeat.
CREATE INDEX message_conflict ON message (event_id) WHERE outcome = 'conflicting';
CREATE INDEX message_aside ON message (application_id) WHERE outcome IN ('conflicting', 'quarantined');
CREATE UNIQUE INDEX message_revision ON message (application_id, revision, act) WHERE outcome IN ('accepted', 'rejected', 'waiting');
-- Messages that wait for an earlier revision, or for their application, are few.
CREATE INDEX message_waiting ON message (application_id) WHERE outcome = 'waiting' AND act = 0;
-- What stands in the quarantine, and by which day somebody must look.
CREATE INDEX message_held ON message (id) WHERE outcome <> 'accepted' AND act = 0;
CREATE INDEX message_due ON message (due_on) WHERE due_on IS NOT NULL AND act = 0;
-- The messages of an act, and what became of them: few among all.
CREATE INDEX message_act ON message (act) WHERE act <> 0;
CREATE INDEX message_origin ON message (origin) WHERE origin IS NOT NULL;
-- Law 2 counts the messages of a chunk; incremental books read only new chunks.
CREATE INDEX message_chunk ON message (chunk, position);

-- What was done to messages of the quarantine, or who had one opened: append-only, one row an act.
-- `operation` names it to the person who confirms it, `request` is the digest of what was asked for.
-- The reason is a person's own words, so it is sealed.
CREATE TABLE act (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    what      TEXT NOT NULL CHECK (what IN ('reveal', 'retry', 'repair', 'discard', 'promote', 'withdraw')),
    operation TEXT,
    request   TEXT,
    reason    BLOB,
    count     BIGINT NOT NULL
);
CREATE UNIQUE INDEX act_operation ON act (operation) WHERE operation IS NOT NULL;

CREATE TABLE act_member (
    act     BIGINT NOT NULL,
    message BIGINT NOT NULL,
    PRIMARY KEY (act, message)
);
CREATE INDEX act_member_message ON act_member (message);

CREATE TABLE finding (
    message  BIGINT NOT NULL,
    rule     TEXT NOT NULL,
    field    TEXT NOT NULL,
    severity TEXT NOT NULL,
    PRIMARY KEY (message, rule, field)
);

-- A changed number links both keys to one person.
CREATE TABLE person_alias (
    key    BLOB PRIMARY KEY,
    person BLOB NOT NULL
);

-- The application and, once accepted, its card. `place` is the card's state when it stands alone;
-- NULL means it travels with its container and the view `card` tells where.
CREATE TABLE application (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    application_id TEXT NOT NULL UNIQUE,
    revision       BIGINT NOT NULL,
    message        BIGINT NOT NULL,
    chunk          BIGINT NOT NULL,
    state          TEXT NOT NULL,
    place          TEXT,
    social         TEXT NOT NULL,
    financial      TEXT NOT NULL,
    person         BLOB NOT NULL,
    kind           TEXT NOT NULL,
    lane           TEXT NOT NULL,
    region         TEXT NOT NULL,
    bank           TEXT NOT NULL,
    outlet         TEXT NOT NULL,
    method         TEXT NOT NULL,
    point          TEXT NOT NULL,
    photo          TEXT,
    approved_on    TEXT NOT NULL,
    paused_days    BIGINT NOT NULL DEFAULT 0,
    promise_on     TEXT NOT NULL,
    returned_on    TEXT,
    due_on         TEXT NOT NULL,
    owner          TEXT NOT NULL,
    reason         TEXT,
    queue          TEXT,
    account_batch  BIGINT,
    account_row    BIGINT,
    previous       BIGINT,
    old_number     TEXT,
    open           BOOLEAN NOT NULL,
    live           BOOLEAN NOT NULL
);
-- One open application and one live card per person, decided by the database.
CREATE UNIQUE INDEX application_open ON application (person) WHERE open;
CREATE UNIQUE INDEX application_live ON application (person) WHERE live;
-- The account cut takes what waits, in the order of application ids.
CREATE INDEX application_queue ON application (queue, region, bank, lane, application_id) WHERE queue IS NOT NULL;
CREATE INDEX application_account_batch ON application (account_batch) WHERE account_batch IS NOT NULL;
-- History of a chunk's members.
CREATE INDEX application_chunk ON application (chunk);
-- Opening stock is named by its old card number.
CREATE UNIQUE INDEX application_old_number ON application (old_number) WHERE old_number IS NOT NULL;

CREATE TABLE batch (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    number     TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL CHECK (kind IN ('account', 'production', 'recycling')),
    state      TEXT NOT NULL,
    partner    TEXT NOT NULL,
    region     TEXT NOT NULL,
    bank       TEXT NOT NULL,
    lane       TEXT NOT NULL,
    cards      BIGINT NOT NULL,
    answered   BIGINT NOT NULL DEFAULT 0,
    good       BIGINT NOT NULL DEFAULT 0,
    spoiled    BIGINT NOT NULL DEFAULT 0,
    remakes    BIGINT NOT NULL DEFAULT 0,
    pulled     BIGINT NOT NULL DEFAULT 0,
    to_produce BIGINT NOT NULL DEFAULT 0,
    cut_on     TEXT NOT NULL,
    due_on     TEXT NOT NULL,
    owner      TEXT NOT NULL
);
-- Unfinished batches are few among all.
CREATE INDEX batch_unfinished ON batch (kind, state) WHERE state <> 'answered';
CREATE INDEX batch_to_produce ON batch (region, bank, lane) WHERE to_produce > 0;

-- An account exists once the bank opened it. Number and PAN are unique by keyed hash.
CREATE TABLE account (
    application BIGINT PRIMARY KEY,
    answer      BIGINT NOT NULL,
    number_key  BLOB NOT NULL UNIQUE,
    pan_key     BLOB NOT NULL UNIQUE,
    opened_on   TEXT NOT NULL,
    sealed      BLOB NOT NULL
);

-- Final answers that opened nothing, and contradictions; opened accounts are `account`.
CREATE TABLE answer (
    file        BIGINT NOT NULL,
    row         BIGINT NOT NULL,
    application BIGINT NOT NULL,
    outcome     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (file, row)
);
CREATE INDEX answer_application ON answer (application);

-- An ordered card and its number, allocated once and never reused.
CREATE TABLE production_row (
    batch       BIGINT NOT NULL,
    row         BIGINT NOT NULL,
    application BIGINT NOT NULL UNIQUE,
    card_number TEXT NOT NULL UNIQUE,
    PRIMARY KEY (batch, row)
);

CREATE TABLE spoilage (
    application BIGINT NOT NULL,
    attempt     BIGINT NOT NULL,
    batch       BIGINT NOT NULL,
    report      BIGINT NOT NULL,
    stage       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    remade      BOOLEAN NOT NULL,
    PRIMARY KEY (application, attempt)
);
CREATE INDEX spoilage_batch ON spoilage (batch);

-- A good card: its identifier, and the box it lies in.
CREATE TABLE made (
    application BIGINT PRIMARY KEY,
    box         BIGINT NOT NULL,
    position    BIGINT NOT NULL,
    identifier  TEXT NOT NULL UNIQUE,
    atr         TEXT NOT NULL
);
CREATE INDEX made_box ON made (box);

CREATE TABLE box (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    batch    BIGINT NOT NULL,
    report   BIGINT NOT NULL,
    number   TEXT NOT NULL UNIQUE,
    point    TEXT NOT NULL,
    cards    BIGINT NOT NULL,
    shipment BIGINT
);
CREATE INDEX box_batch ON box (batch);
CREATE INDEX box_report ON box (report);
CREATE INDEX box_shipment ON box (shipment) WHERE shipment IS NOT NULL;

-- Boxes on their way to one point, and on its shelf. `place` is the card state of those still with it.
CREATE TABLE shipment (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    number      TEXT NOT NULL UNIQUE,
    manifest    BIGINT NOT NULL,
    batch       BIGINT NOT NULL,
    point       TEXT NOT NULL,
    place       TEXT NOT NULL,
    cards       BIGINT NOT NULL,
    done        BOOLEAN NOT NULL DEFAULT FALSE,
    shipped_on  TEXT NOT NULL,
    ready_on    TEXT,
    window_last TEXT,
    roll_overs  BIGINT NOT NULL DEFAULT 0,
    due_on      TEXT NOT NULL,
    owner       TEXT NOT NULL
);
CREATE INDEX shipment_batch ON shipment (batch);
-- Deadlines are read by day, only where cards may still be with the shipment.
CREATE INDEX shipment_due ON shipment (place, window_last) WHERE NOT done;

CREATE TABLE recycling_row (
    batch       BIGINT NOT NULL,
    row         BIGINT NOT NULL,
    application BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    plastic     TEXT NOT NULL,
    closed_on   TEXT,
    PRIMARY KEY (batch, row)
);
CREATE INDEX recycling_row_application ON recycling_row (application);
-- What waits for a recycling batch, and what is back with its applicant: few among all.
CREATE INDEX application_recycle ON application (region, bank) WHERE place = 'to_recycle';
CREATE INDEX application_correctable ON application (due_on) WHERE state IN ('returned', 'rejected');
-- What awaits something of a person: few among all cards.
CREATE INDEX application_alone ON application (place, due_on)
    WHERE place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'to_recycle');

CREATE TABLE file (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    partner   TEXT NOT NULL,
    kind      TEXT NOT NULL,
    direction TEXT NOT NULL CHECK (direction IN ('out', 'in')),
    sequence  BIGINT,
    name      TEXT NOT NULL,
    state     TEXT NOT NULL,
    rows      BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    sha256    TEXT NOT NULL,
    batch     BIGINT,
    request   BIGINT,
    at        BIGINT NOT NULL,
    due_on    TEXT NOT NULL,
    owner     TEXT NOT NULL,
    reason    TEXT,
    UNIQUE (partner, kind, direction, sequence)
);
CREATE INDEX file_frozen ON file (id) WHERE state = 'frozen';
CREATE INDEX file_batch ON file (batch);
CREATE INDEX file_digest ON file (sha256);

-- Anything a person must decide.
CREATE TABLE desk_case (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    application BIGINT,
    file        BIGINT,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    due_on      TEXT NOT NULL,
    owner       TEXT NOT NULL
);
CREATE INDEX desk_case_open ON desk_case (due_on) WHERE state IN ('open', 'escalated');
CREATE INDEX desk_case_application ON desk_case (application);
-- Chased answers are settled by the file they chased.
CREATE INDEX desk_case_file ON desk_case (file) WHERE file IS NOT NULL;

-- History: one row per move of one thing or of a whole set. One writer at a time: `seq` is the order of commits, and `tx` is not used.
CREATE TABLE move (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    tx        BIGINT,
    at        BIGINT NOT NULL,
    life      TEXT NOT NULL,
    scope     TEXT NOT NULL,
    subject   BIGINT NOT NULL,
    from_state TEXT NOT NULL,
    to_state  TEXT NOT NULL,
    count     BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    chunk     BIGINT,
    event_id  TEXT,
    digest    BLOB,
    evidence  TEXT
);
CREATE INDEX move_subject ON move (scope, subject);
CREATE UNIQUE INDEX move_event ON move (event_id) WHERE event_id IS NOT NULL;

-- The hash chain over committed history, written by a single sealer.
CREATE TABLE seal (
    no       BIGINT PRIMARY KEY,
    from_tx  BIGINT NOT NULL,
    to_tx    BIGINT NOT NULL,
    moves    BIGINT NOT NULL,
    digest   TEXT NOT NULL,
    at       BIGINT NOT NULL
);

-- How far the relay has published sealed history.
CREATE TABLE relay (
    name TEXT PRIMARY KEY,
    seal BIGINT NOT NULL
);

-- Each photo that was looked at, by what applications declare of it: its renditions, or its fault.
CREATE TABLE rendition (
    source   TEXT PRIMARY KEY,
    digest   TEXT,
    print    TEXT,
    chip     TEXT,
    fault    TEXT,
    tries    BIGINT NOT NULL DEFAULT 0,
    again_at BIGINT
);
-- The same upload under another declaration is not rendered again.
CREATE INDEX rendition_digest ON rendition (digest) WHERE print IS NOT NULL;
-- Photos to be asked for again are few.
CREATE INDEX rendition_again ON rendition (again_at) WHERE again_at IS NOT NULL;

-- Each run of the books, and how far in the history it looked.
CREATE TABLE law_run (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      BIGINT NOT NULL,
    through BIGINT NOT NULL,
    chunk   BIGINT NOT NULL,
    file    BIGINT NOT NULL,
    whole   BOOLEAN NOT NULL,
    holds   BOOLEAN NOT NULL
);

-- Reference data, dated; of a code the newest row effective on a day counts, then the newest import.
-- An empty line ends the code. On `acts_on` the line asks something of the ledger (a code that ends,
-- dates to reckon again); NULL once that is done.
CREATE TABLE reference (
    kind      TEXT NOT NULL,
    code      TEXT NOT NULL,
    effective TEXT NOT NULL,
    import    BIGINT NOT NULL,
    line      TEXT NOT NULL,
    acts_on   TEXT,
    PRIMARY KEY (kind, code, effective, import)
);
CREATE INDEX reference_acting ON reference (acts_on) WHERE acts_on IS NOT NULL;

-- Who imported which table, and what it changed; `operation` is the id its preview showed.
CREATE TABLE reference_import (
    id        BIGINT PRIMARY KEY,
    operation TEXT NOT NULL,
    kind      TEXT NOT NULL,
    effective TEXT NOT NULL,
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    sha256    TEXT NOT NULL,
    complete  BOOLEAN NOT NULL,
    confirmed BOOLEAN NOT NULL,
    read      BIGINT NOT NULL,
    added     BIGINT NOT NULL,
    changed   BIGINT NOT NULL,
    ended     BIGINT NOT NULL,
    cards     BIGINT NOT NULL,
    deadlines BIGINT NOT NULL
);

-- Where the plastic of every accepted application is.
CREATE VIEW card AS
SELECT a.id, a.application_id,
    CASE
        WHEN a.place IS NOT NULL THEN a.place
        WHEN s.id IS NOT NULL THEN s.place
        WHEN m.application IS NOT NULL THEN 'produced'
        WHEN p.application IS NOT NULL THEN 'in_production'
        WHEN c.application IS NOT NULL THEN 'waiting_production'
        WHEN a.account_batch IS NOT NULL THEN 'in_account_batch'
        ELSE 'waiting_account'
    END AS place,
    p.card_number, p.batch AS production_batch, m.box, b.shipment
FROM application a
LEFT JOIN account c ON c.application = a.id
LEFT JOIN production_row p ON p.application = a.id
LEFT JOIN made m ON m.application = a.id
LEFT JOIN box b ON b.id = m.box
LEFT JOIN shipment s ON s.id = b.shipment
-- Neither a rejected application has a card, nor one that ended before it was ever accepted.
WHERE a.state <> 'rejected' AND NOT (a.state IN ('withdrawn', 'lapsed') AND a.social = 'sealed');

-- What stands in the quarantine: refused, conflicting, unreadable, waiting. `first` is the message as it
-- first came. A rejected application is there until its applicant corrects it or it lapses.
CREATE VIEW held AS
SELECT m.id, m.outcome, m.reason, m.event_id, m.application_id, m.revision,
    CASE WHEN m.outcome = 'rejected' AND a.message = m.id THEN a.due_on ELSE m.due_on END AS due_on,
    CASE WHEN m.outcome = 'waiting' OR m.outcome = 'rejected' AND a.message = m.id THEN 'applicant' ELSE 'bureau operator' END AS owner,
    a.region, c.source, c.partition, f.position, c.at
FROM message m
JOIN message f ON f.id = COALESCE(m.origin, m.id)
JOIN chunk c ON c.id = f.chunk
LEFT JOIN application a ON a.application_id = m.application_id
WHERE m.act = 0 AND m.outcome <> 'accepted' AND (m.outcome <> 'rejected' OR m.application_id IS NULL
    OR m.reason = 'APPLICATION-LAPSED' OR (a.message = m.id AND a.state IN ('rejected', 'returned')));
