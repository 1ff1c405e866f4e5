-- The shipments that are open, by the day until which somebody must do something with them: all, and at one point.
CREATE INDEX shipment_day ON shipment (COALESCE(window_last, due_on)) WHERE NOT done;
CREATE INDEX shipment_point ON shipment (point, COALESCE(window_last, due_on), id) WHERE NOT done;
