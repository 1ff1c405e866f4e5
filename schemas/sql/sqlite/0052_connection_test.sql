-- The last test of how a partner is reached.
CREATE TABLE connection_test (
    partner TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    is_well BIGINT NOT NULL,
    actor   TEXT NOT NULL
);
