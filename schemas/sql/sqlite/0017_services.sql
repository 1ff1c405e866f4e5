-- A user may be a program: the role `service`. Its verifier is the digest of a random credential. SQLite changes no
-- check of a column: the table is made again, with the same columns.
CREATE TABLE users_with_services (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    role       TEXT NOT NULL CHECK (role IN ('operator', 'bank-it', 'administrator', 'auditor', 'service')),
    bank       TEXT NOT NULL DEFAULT '',
    area       TEXT NOT NULL DEFAULT '',
    state      TEXT NOT NULL,
    verifier   TEXT NOT NULL,
    set_by     TEXT NOT NULL,
    set_at     BIGINT NOT NULL,
    tries      BIGINT NOT NULL DEFAULT 0,
    wait_until BIGINT NOT NULL DEFAULT 0,
    made_by    BIGINT NOT NULL DEFAULT 0
);
INSERT INTO users_with_services SELECT id, name, role, bank, area, state, verifier, set_by, set_at, tries, wait_until, made_by FROM users;
DROP TABLE users;
ALTER TABLE users_with_services RENAME TO users;
CREATE UNIQUE INDEX users_first ON users (made_by) WHERE made_by = 0;
