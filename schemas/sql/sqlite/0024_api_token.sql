-- What a program holds to act as a user, by the digest of the token. It bears the user as they were when it was made
-- (a digest), as a session does. `used_at` is noted now and then.
CREATE TABLE api_token (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    token      BLOB NOT NULL UNIQUE,
    user_id    BIGINT NOT NULL,
    made_at    BIGINT NOT NULL,
    made_by    TEXT NOT NULL,
    until      BIGINT NOT NULL,
    opened_for BLOB NOT NULL,
    used_at    BIGINT
);
-- A user's tokens end together.
CREATE INDEX api_token_user ON api_token (user_id);
