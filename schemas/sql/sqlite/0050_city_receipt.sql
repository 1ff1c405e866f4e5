-- A count in the city, on the way to the point, is a receipt, too. The table is made again, for this engine cannot widen a
-- check.
CREATE TABLE receipt_wider (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- When it was counted, by the event.
    at        BIGINT NOT NULL,
    shipment  BIGINT NOT NULL,
    -- Whose cards they are: a case about the delivery is seen where they are.
    bank      TEXT NOT NULL,
    region    TEXT NOT NULL,
    kind      TEXT NOT NULL CHECK (kind IN ('received', 'short', 'over', 'damaged', 'wrong-box', 'city')),
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
INSERT INTO receipt_wider (id, at, shipment, bank, region, kind, box, expected, counted, event_id, actor, chunk, desk_case, mac)
    SELECT id, at, shipment, bank, region, kind, box, expected, counted, event_id, actor, chunk, desk_case, mac FROM receipt;
DROP TABLE receipt;
ALTER TABLE receipt_wider RENAME TO receipt;
CREATE INDEX receipt_shipment ON receipt (shipment);
CREATE INDEX receipt_chunk ON receipt (chunk);
CREATE INDEX receipt_case ON receipt (desk_case) WHERE desk_case IS NOT NULL;
