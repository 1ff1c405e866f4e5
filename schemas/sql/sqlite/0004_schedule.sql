-- What a person did to a stream of batches or to one batch: append-only, one row an act. `result` names
-- the batches that came of it. The reason is a person's own words, so it is sealed.
CREATE TABLE batch_act (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    what   TEXT NOT NULL CHECK (what IN ('cut', 'hold', 'release', 'split', 'cancel')),
    stream TEXT,
    batch  BIGINT,
    result TEXT,
    reason BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval BIGINT,
    by_user BIGINT
);
-- An approval is used once.
CREATE UNIQUE INDEX batch_act_approval ON batch_act (approval) WHERE approval IS NOT NULL;
-- What was done to one batch.
CREATE INDEX batch_act_batch ON batch_act (batch) WHERE batch IS NOT NULL;

-- Streams that nobody cuts now: a stream by its name, or the beginning of names for all below it.
CREATE TABLE stream_hold (
    stream TEXT PRIMARY KEY,
    act    BIGINT NOT NULL
);

-- Who was in a batch that ended before it was sent, under which row and card number: a number stays used.
CREATE TABLE former_row (
    batch       BIGINT NOT NULL,
    row         BIGINT NOT NULL,
    application BIGINT NOT NULL,
    card_number TEXT UNIQUE,
    PRIMARY KEY (batch, row)
);
-- The way of a card leads through the batches it was in.
CREATE INDEX former_row_application ON former_row (application);
