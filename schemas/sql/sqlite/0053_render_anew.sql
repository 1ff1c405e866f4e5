-- A batch that was sent may be rendered anew, under a new number of its stream. SQLite changes a condition only with its table.
CREATE TABLE batch_act_with_anew (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     BIGINT NOT NULL,
    actor  TEXT NOT NULL,
    what   TEXT NOT NULL CHECK (what IN ('cut', 'hold', 'release', 'split', 'cancel', 'urgent', 'render-anew')),
    stream TEXT,
    batch  BIGINT,
    result TEXT,
    reason BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval BIGINT,
    by_user BIGINT,
    mac BIGINT
);
INSERT INTO batch_act_with_anew SELECT id, at, actor, what, stream, batch, result, reason, approval, by_user, mac FROM batch_act;
DROP TABLE batch_act;
ALTER TABLE batch_act_with_anew RENAME TO batch_act;
CREATE UNIQUE INDEX batch_act_approval ON batch_act (approval) WHERE approval IS NOT NULL;
CREATE INDEX batch_act_batch ON batch_act (batch) WHERE batch IS NOT NULL;
CREATE INDEX batch_act_at ON batch_act (at);
