-- A card may be put into the urgent lane. SQLite changes a condition only with its table.
CREATE TABLE batch_act_with_urgent (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    what   TEXT NOT NULL CHECK (what IN ('cut', 'hold', 'release', 'split', 'cancel', 'urgent')),
    stream TEXT,
    batch  BIGINT,
    result TEXT,
    reason BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval BIGINT,
    by_user BIGINT,
    mac BIGINT
);
INSERT INTO batch_act_with_urgent SELECT id, at, actor, what, stream, batch, result, reason, approval, by_user, mac FROM batch_act;
DROP TABLE batch_act;
ALTER TABLE batch_act_with_urgent RENAME TO batch_act;
CREATE UNIQUE INDEX batch_act_approval ON batch_act (approval) WHERE approval IS NOT NULL;
CREATE INDEX batch_act_batch ON batch_act (batch) WHERE batch IS NOT NULL;
CREATE INDEX batch_act_at ON batch_act (at);
