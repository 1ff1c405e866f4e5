-- What a person decided of a case: append-only, one row a case. The reason is a person's own words, so it is sealed.
CREATE TABLE case_act (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    desk_case BIGINT NOT NULL UNIQUE,
    word      TEXT NOT NULL CHECK (word IN ('ask-bank', 'go-on', 'remake', 'end', 'close', 'refuse-file', 'noted')),
    reason    BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval  BIGINT,
    by_user   BIGINT,
    mac       BIGINT
);
-- An approval is used once.
CREATE UNIQUE INDEX case_act_approval ON case_act (approval) WHERE approval IS NOT NULL;

PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''replace-table'', ''erase-person''', '''replace-table'', ''erase-person'', ''decide-case''')
    WHERE type = 'table' AND name = 'approval';
PRAGMA writable_schema = RESET;
