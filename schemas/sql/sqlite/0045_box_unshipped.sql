-- Boxes that were reported and lie in no carton yet: few, and looked for every day.
CREATE INDEX box_unshipped ON box (batch) WHERE shipment IS NULL;
