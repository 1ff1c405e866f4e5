-- What somebody asked a worker to do, such as to cut the next batch of a stream: done exactly once, under the name and
-- with the rights of who asked. `outcome` is empty until it ended. Who asked stands here as they were; `by_user` is
-- empty where there were no users. The reason is a person's own words, so it is sealed.
CREATE TABLE errand (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    key        TEXT NOT NULL,
    actor      TEXT NOT NULL,
    by_user    BIGINT,
    standing   BIGINT NOT NULL,
    role       TEXT NOT NULL,
    scope_bank TEXT NOT NULL,
    scope_area TEXT NOT NULL,
    what       TEXT NOT NULL CHECK (what IN ('cut', 'books')),
    subject    TEXT NOT NULL,
    number     TEXT,
    -- Where it is done; empty: in more than one bank or area.
    bank       TEXT NOT NULL,
    area       TEXT NOT NULL,
    reason     BLOB NOT NULL,
    asked_at   BIGINT NOT NULL,
    worker     TEXT,
    outcome    TEXT CHECK (outcome IN ('done', 'refused', 'failed')),
    code       TEXT,
    result     TEXT,
    ended_at   BIGINT,
    mac        BIGINT,
    -- The same asked again is the same errand.
    UNIQUE (actor, key)
);
CREATE INDEX errand_open ON errand (id) WHERE outcome IS NULL;
