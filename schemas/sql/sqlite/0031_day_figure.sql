-- How many cards passed a place of the route on a day, by region and bank: counted anew for the last days every few
-- minutes (`figures_run.at`), so that no chart counts cards.
CREATE TABLE day_figure (
    figure TEXT NOT NULL,
    day    TEXT NOT NULL,
    region TEXT NOT NULL,
    bank   TEXT NOT NULL,
    cards  BIGINT NOT NULL,
    PRIMARY KEY (day, figure, region, bank)
);

-- What is not finished, by where it stands, the day that was promised (empty: none, or kept or missed already), with
-- the earliest day by which something of it is due: counted anew with them.
CREATE TABLE unfinished (
    life       TEXT NOT NULL,
    state      TEXT NOT NULL,
    promise_on TEXT NOT NULL,
    region     TEXT NOT NULL,
    bank       TEXT NOT NULL,
    due_on     TEXT,
    cards      BIGINT NOT NULL,
    PRIMARY KEY (promise_on, life, state, region, bank)
);

-- When both were counted last, microseconds since 1970 UTC: one row.
CREATE TABLE figures_run (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    at  BIGINT NOT NULL
);
