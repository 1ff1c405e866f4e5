-- A second net under the scope in the statements, for a role that neither owns the tables nor is a superuser: it sees
-- the rows of the bank and the area that its transaction names, and nothing where it names none; `*` is every one.
-- The owner, as whom workers run, is not held by it. Who looks through a view does so with their own rights.
CREATE FUNCTION cardline_sees_bank(bank TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT current_setting('cardline.bank', true) = '*'
           OR COALESCE(bank, '') <> '' AND bank = current_setting('cardline.bank', true) $$;
CREATE FUNCTION cardline_sees_area(area TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT current_setting('cardline.area', true) = '*'
           OR current_setting('cardline.area', true) <> '' AND starts_with(COALESCE(area, ''), current_setting('cardline.area', true)) $$;
-- A run of several regions bears the code of the smallest area that holds them, with zeros behind it.
CREATE FUNCTION cardline_meets_area(area TEXT) RETURNS BOOLEAN LANGUAGE sql STABLE PARALLEL SAFE AS
    $$ SELECT cardline_sees_area(area)
           OR current_setting('cardline.area', true) <> '' AND starts_with(current_setting('cardline.area', true), regexp_replace(area, '(00)+$', '')) $$;

ALTER TABLE application ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON application USING (cardline_sees_bank(bank) AND cardline_sees_area(region));
ALTER TABLE batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON batch USING (cardline_sees_bank(bank) AND cardline_meets_area(region));
ALTER TABLE approval ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON approval USING (cardline_sees_bank(bank) AND cardline_sees_area(area));
ALTER TABLE progress ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON progress USING (cardline_sees_bank(bank) AND cardline_sees_area(area));
ALTER TABLE errand ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON errand USING (cardline_sees_bank(bank) AND cardline_sees_area(area));

-- A file is its bank's, or of a batch that is seen.
ALTER TABLE file ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON file USING (
    cardline_sees_bank(partner) AND current_setting('cardline.area', true) = '*'
    OR EXISTS (SELECT 1 FROM batch b WHERE b.id = file.batch));
-- What hangs on a card is seen with it.
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON account USING (EXISTS (SELECT 1 FROM application a WHERE a.id = account.application));
ALTER TABLE production_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON production_row USING (EXISTS (SELECT 1 FROM application a WHERE a.id = production_row.application));
ALTER TABLE recycling_row ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON recycling_row USING (EXISTS (SELECT 1 FROM application a WHERE a.id = recycling_row.application));
ALTER TABLE made ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON made USING (EXISTS (SELECT 1 FROM application a WHERE a.id = made.application));
ALTER TABLE desk_case ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON desk_case USING (
    current_setting('cardline.bank', true) = '*' AND current_setting('cardline.area', true) = '*'
    OR EXISTS (SELECT 1 FROM application a WHERE a.id = desk_case.application)
    OR EXISTS (SELECT 1 FROM file f WHERE f.id = desk_case.file)
    OR current_setting('cardline.area', true) = '*'
        AND EXISTS (SELECT 1 FROM set_aside s WHERE s.desk_case = desk_case.id AND cardline_sees_bank(s.partner)));

DO $$ BEGIN
    IF current_setting('server_version_num')::int >= 150000 THEN
        EXECUTE 'ALTER VIEW card SET (security_invoker = on)';
        EXECUTE 'ALTER VIEW application_place SET (security_invoker = on)';
        EXECUTE 'ALTER VIEW held SET (security_invoker = on)';
    END IF;
END $$;
