-- How far a piece of work is that takes longer than a second, for who looks at a page. `ended` is empty while it is
-- under way; a row whose `changed_at` is old has lost its worker. Rows of a few days are kept.
CREATE TABLE progress (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    work       TEXT NOT NULL CHECK (work IN ('cut', 'split', 'import', 'books')),
    subject    TEXT NOT NULL,
    bank       TEXT NOT NULL,
    area       TEXT NOT NULL,
    actor      TEXT NOT NULL,
    worker     TEXT NOT NULL,
    phase      TEXT NOT NULL,
    done       BIGINT NOT NULL,
    total      BIGINT,
    started_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    ended      TEXT CHECK (ended IN ('done', 'failed')),
    result     TEXT
);
