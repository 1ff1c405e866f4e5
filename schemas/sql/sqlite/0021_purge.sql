-- What was destroyed because its purpose is done. The rows of the files and messages themselves stay.
CREATE TABLE purge (
    file BIGINT PRIMARY KEY,
    at   BIGINT NOT NULL,
    mac  BIGINT
);

-- Messages whose record, with its key, was destroyed. The erasure is 0 where it was purged.
CREATE TABLE destroyed_record (
    message BIGINT PRIMARY KEY,
    at      BIGINT NOT NULL,
    erasure BIGINT NOT NULL DEFAULT 0,
    mac     BIGINT
);
