-- Cards that nobody collected are kept for their holders; each has a day of its own, as what stands alone has.
DROP INDEX application_alone;
CREATE INDEX application_alone ON application (place, due_on)
    WHERE place IN ('held', 'missing', 'with_unit', 'awaiting_return', 'recalled', 'stored', 'to_recycle');
