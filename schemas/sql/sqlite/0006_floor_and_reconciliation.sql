-- Which programs may still work here: those that know at least this migration. A migration that takes
-- something away raises it (`UPDATE schema_floor SET migration = …`); one that only adds leaves it.
CREATE TABLE schema_floor (
    migration BIGINT PRIMARY KEY
);
INSERT INTO schema_floor (migration) VALUES (6);

-- Which ledger this is, drawn once. A restored backup keeps it; an empty new database has another.
CREATE TABLE ledger_identity (
    identity TEXT PRIMARY KEY
);
INSERT INTO ledger_identity (identity) VALUES (lower(hex(randomblob(16))));

-- A history that was found shorter than what was done outside: nothing is cut, sent or told until a
-- person accepts. Append-only, one row each time; the reason is a person's own words, so it is sealed.
CREATE TABLE reconciliation (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    found_at    BIGINT NOT NULL,
    found       TEXT NOT NULL,
    accepted_at BIGINT,
    actor       TEXT,
    reason      BLOB
);
-- One is open at a time, however many workers see it; every step asks for it.
CREATE UNIQUE INDEX reconciliation_open ON reconciliation ((accepted_at IS NULL)) WHERE accepted_at IS NULL;

-- What a partner has of us that the ledger lost: an application asked for, a PAN ordered (its keyed hash), a
-- card sent to be destroyed, a batch. Nothing named here is asked for or ordered again by itself.
CREATE TABLE sent_before (
    kind TEXT NOT NULL CHECK (kind IN ('account-request', 'personalization', 'recycling-request', 'batch')),
    key  TEXT NOT NULL,
    file BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
