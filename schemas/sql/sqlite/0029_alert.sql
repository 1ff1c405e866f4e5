-- What people are told by a webhook, once a day and receiver: found by one worker, sent again until the receiver took
-- it. `target` is a digest of the receiver's address, which holds a secret.
CREATE TABLE alert (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    key      TEXT NOT NULL,
    day      TEXT NOT NULL,
    target   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    about    TEXT NOT NULL,
    count    BIGINT NOT NULL,
    urgent   BOOLEAN NOT NULL,
    found_at BIGINT NOT NULL,
    tries    BIGINT NOT NULL DEFAULT 0,
    next_at  BIGINT NOT NULL,
    sent_at  BIGINT,
    failure  TEXT,
    UNIQUE (key, day, target)
);
CREATE INDEX alert_waiting ON alert (next_at) WHERE sent_at IS NULL;
