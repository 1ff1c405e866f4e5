-- Notices to people that wait until they may be told, and those told today: one a day to a telephone.
CREATE TABLE notice (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    seq         BIGINT NOT NULL,
    application BIGINT NOT NULL,
    region      TEXT NOT NULL,
    template    TEXT NOT NULL,
    phone       BLOB NOT NULL,
    language    TEXT NOT NULL,
    told_on     TEXT,
    UNIQUE (seq, application)
);
CREATE INDEX notice_phone ON notice (phone, told_on);
CREATE INDEX notice_waiting ON notice (region, phone, seq) WHERE told_on IS NULL;
CREATE INDEX notice_told ON notice (told_on) WHERE told_on IS NOT NULL;
