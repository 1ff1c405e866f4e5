-- What a person did to what lies at points: windows opened or moved by a notice, each shipment with the day it had and the day it got; lists made and hand-overs recorded.
CREATE TABLE pickup_act (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           BIGINT NOT NULL,
    actor        TEXT NOT NULL,
    what         TEXT NOT NULL CHECK (what IN ('open-window', 'extend-window', 'close-window', 'reassign', 'list', 'record')),
    -- Digest of exactly what was shown and confirmed.
    operation    TEXT NOT NULL UNIQUE,
    -- The digits of an area, or the code of a point.
    place        TEXT NOT NULL,
    -- The bank whose cards alone it was done to, where the user sees no other.
    bank         TEXT NOT NULL,
    last_day     TEXT,
    working_days BIGINT,
    points       BIGINT NOT NULL,
    shipments    BIGINT NOT NULL,
    cards        BIGINT NOT NULL,
    people       BIGINT NOT NULL,
    reason       BLOB NOT NULL,
    -- The approval it took, and the user who acted.
    approval     BIGINT,
    by_user      BIGINT,
    mac          BIGINT
);
-- An approval is used once.
CREATE UNIQUE INDEX pickup_act_approval ON pickup_act (approval) WHERE approval IS NOT NULL;
CREATE INDEX pickup_act_at ON pickup_act (at);
CREATE TABLE pickup_act_shipment (
    act      BIGINT NOT NULL,
    shipment BIGINT NOT NULL,
    -- The last day before; empty where no window was open.
    was      TEXT NOT NULL,
    becomes  TEXT NOT NULL,
    cards    BIGINT NOT NULL,
    mac      BIGINT,
    PRIMARY KEY (act, shipment)
);
CREATE INDEX pickup_act_of_shipment ON pickup_act_shipment (shipment);
-- Whether the last day was told by a notice, so that no calendar moves it.
ALTER TABLE shipment ADD COLUMN last_by_notice BOOLEAN NOT NULL DEFAULT FALSE;
