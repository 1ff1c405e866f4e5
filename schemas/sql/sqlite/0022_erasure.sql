-- Persons who were erased: when, on which ground, how much; nothing says who it was.
CREATE TABLE erasure (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    ground   TEXT NOT NULL,
    reason   BLOB NOT NULL,
    cards    BIGINT NOT NULL,
    records  BIGINT NOT NULL,
    -- On PostgreSQL the heaps in which dead rows may still hold what was overwritten.
    heaps    TEXT NOT NULL DEFAULT '',
    -- The approval it took, and the user who acted.
    approval BIGINT,
    by_user  BIGINT,
    mac      BIGINT
);
CREATE UNIQUE INDEX erasure_approval ON erasure (approval) WHERE approval IS NOT NULL;

CREATE TABLE erased_card (
    application BIGINT PRIMARY KEY,
    erasure     BIGINT NOT NULL,
    mac         BIGINT
);

-- What an erasure has still to remove: a file, or an object by its encrypted key. A row goes with what it names.
CREATE TABLE doomed (
    erasure BIGINT NOT NULL,
    no      BIGINT NOT NULL,
    file    BIGINT,
    object  BLOB,
    PRIMARY KEY (erasure, no)
);

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''bulk-discard'', ''replace-table''', '''bulk-discard'', ''replace-table'', ''erase-person''')
    WHERE type = 'table' AND name = 'approval';
PRAGMA writable_schema = RESET;
