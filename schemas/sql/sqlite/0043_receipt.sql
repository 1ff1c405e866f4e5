-- What a point said of a delivery: how many cards it counted, against those that travel in the carton.
CREATE TABLE receipt (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- When it was counted, by the event.
    at        BIGINT NOT NULL,
    shipment  BIGINT NOT NULL,
    -- Whose cards they are: a case about the delivery is seen where they are.
    bank      TEXT NOT NULL,
    region    TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('received', 'short', 'over', 'damaged', 'wrong-box')),
    box       TEXT,
    -- Cards that travel in the carton; and the count as it was told, which of a wrong box is none.
    expected  BIGINT NOT NULL,
    counted   BIGINT,
    event_id  TEXT NOT NULL,
    actor     TEXT NOT NULL,
    chunk     BIGINT NOT NULL,
    -- What a person must decide, where the delivery is not as it should be.
    desk_case BIGINT,
    mac       BIGINT
);
CREATE INDEX receipt_shipment ON receipt (shipment);
CREATE INDEX receipt_chunk ON receipt (chunk);
CREATE INDEX receipt_case ON receipt (desk_case) WHERE desk_case IS NOT NULL;
-- How many there are of it: one that was deleted is missed.
ALTER TABLE shipment ADD COLUMN receipts BIGINT NOT NULL DEFAULT 0;
