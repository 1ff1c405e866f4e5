-- Wrong passwords, by user and place they came from: a digest, or empty for all places together where the user
-- is not known. A user below zero stands for names that nobody has. `next_at`: no try before; `known_until`:
-- until then the user is known there. Columns `tries` and `wait_until` of `users` are of the version before.
CREATE TABLE login (
    user_id     BIGINT NOT NULL,
    place       TEXT NOT NULL,
    tries       BIGINT NOT NULL DEFAULT 0,
    next_at     BIGINT NOT NULL DEFAULT 0,
    known_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, place)
);

-- The user as it was when the session began (a digest): whose role, scope or password is another one is out.
ALTER TABLE session ADD COLUMN opened_for BYTEA;
