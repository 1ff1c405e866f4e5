-- A count in the city, on the way to the point, is a receipt, too.
ALTER TABLE receipt DROP CONSTRAINT receipt_kind_check;
ALTER TABLE receipt ADD CONSTRAINT receipt_kind_check CHECK (kind IN ('received', 'short', 'over', 'damaged', 'wrong-box', 'city'));
