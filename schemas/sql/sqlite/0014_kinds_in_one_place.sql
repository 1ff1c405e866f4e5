-- Which kinds of batches and files there are, the program says; a list here would have to be changed with each.
-- SQLite drops no constraint, but lets the text of a table lose one, where what is stored stays as it is.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (kind IN (''account'', ''production'', ''recycling''))', '')
    WHERE type = 'table' AND name = 'batch';
PRAGMA writable_schema = RESET;
-- A table that is made tells other connections that they know an old schema.
CREATE TABLE sent_before_any (
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    file BIGINT NOT NULL,
    PRIMARY KEY (kind, key)
);
INSERT INTO sent_before_any (kind, key, file) SELECT kind, key, file FROM sent_before;
DROP TABLE sent_before;
ALTER TABLE sent_before_any RENAME TO sent_before;
