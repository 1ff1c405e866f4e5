-- The last day on which something was heard of a point.
CREATE TABLE point_heard (
    point    TEXT PRIMARY KEY,
    heard_on TEXT NOT NULL
);
