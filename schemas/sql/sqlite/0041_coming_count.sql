-- Cards that are on their way to a point, or lie there: counted anew with the figures by day, so that who looks at four
-- weeks counts no cards.
CREATE TABLE coming_count (
    point      TEXT NOT NULL,
    state      TEXT NOT NULL,
    promise_on TEXT NOT NULL,
    due_on     TEXT,
    region     TEXT NOT NULL,
    bank       TEXT NOT NULL,
    cards      BIGINT NOT NULL
);
