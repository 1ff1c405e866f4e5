-- What a step cannot do now, while everything else goes on: one row for each partner's file, stream or
-- message. The row goes when the work is done or no longer there; its case stays.
CREATE TABLE set_aside (
    -- Stage and step, such as exchange/send.
    step       TEXT NOT NULL,
    -- Empty where it concerns no single partner, and where the step is its own single unit.
    partner    TEXT NOT NULL,
    unit       TEXT NOT NULL,
    -- A word of the list of causes, and the error as it told itself.
    cause      TEXT NOT NULL,
    found      TEXT NOT NULL,
    failures   BIGINT NOT NULL,
    since      BIGINT NOT NULL,
    -- Tried again by itself from then on.
    rest_until BIGINT NOT NULL,
    desk_case  BIGINT NOT NULL REFERENCES desk_case(id),
    PRIMARY KEY (step, partner, unit)
);
