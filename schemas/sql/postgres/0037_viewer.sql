-- For whom a transaction reads (`store/scope.rs`): the bank and the area it was told, `*` for everything; no row, so
-- that nothing is in scope, where it was told nothing. A view of two settings: a temporary table made for every look
-- cost more than most of what was read, and filled the server's catalogues. OFFSET 0 keeps it one row that is read
-- once, instead of two settings that are looked up for every row.
CREATE VIEW viewer AS
SELECT replace(current_setting('cardline.viewer_bank', true), '*', '') AS bank,
    replace(current_setting('cardline.viewer_area', true), '*', '') AS area
WHERE current_setting('cardline.viewer_bank', true) <> '' AND current_setting('cardline.viewer_area', true) <> ''
OFFSET 0;
