-- A card that was sent by mail: by which carrier, and under which of its numbers.
CREATE TABLE mailing (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    application BIGINT NOT NULL,
    -- When it was sent, by the event.
    at          BIGINT NOT NULL,
    carrier     TEXT NOT NULL,
    tracking    TEXT NOT NULL,
    mac         BIGINT
);
CREATE INDEX mailing_application ON mailing (application);
-- What is in the mail or kept for its holder has a day of its own, too. Where there are many millions of cards it is made by hand before.
CREATE INDEX IF NOT EXISTS application_by_itself ON application (place, due_on)
    WHERE place IN ('held', 'missing', 'with_unit', 'in_mail', 'awaiting_return', 'recalled', 'stored', 'to_recycle');
DROP INDEX application_alone;
