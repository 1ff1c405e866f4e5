-- What tells the keys of this ledger from all others: a keyed hash of a constant under each of them. Kept
-- with the first use of keys; a ledger of the version before gets it once its keys opened a sealed record.
CREATE TABLE key_check (
    name  TEXT PRIMARY KEY CHECK (name IN ('master', 'data', 'hashing')),
    value BLOB NOT NULL
);
