-- Cards at points and with units that stand alike, and those past their day: counted anew with the figures by day, so
-- that who looks at an area counts no cards.
CREATE TABLE waiting_count (
    what      TEXT NOT NULL CHECK (what IN ('waiting', 'overdue')),
    place     TEXT NOT NULL,
    point     TEXT NOT NULL,
    region    TEXT NOT NULL,
    bank      TEXT NOT NULL,
    due_on    TEXT NOT NULL,
    chased_at BIGINT,
    owner     TEXT NOT NULL,
    ready_on  TEXT,
    cards     BIGINT NOT NULL
);
CREATE INDEX waiting_count_region ON waiting_count (what, region);
