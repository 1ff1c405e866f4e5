-- What a person did to the numbers of a partner's stream: append-only, one row an act. From `first` to `last`
-- nothing is waited for any more. The reason is a person's own words, so it is sealed.
CREATE TABLE stream_act (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    partner  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    first    BIGINT NOT NULL,
    last     BIGINT NOT NULL,
    reason   BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval BIGINT,
    by_user  BIGINT
);
-- An approval is used once.
CREATE UNIQUE INDEX stream_act_approval ON stream_act (approval) WHERE approval IS NOT NULL;

-- After a restore every stream goes on with other numbers: two persons accept that, too.
ALTER TABLE reconciliation ADD COLUMN approval BIGINT;
ALTER TABLE reconciliation ADD COLUMN by_user BIGINT;
