-- Bank and region of what a person's operation on the quarantine stored, as they were then: law 13 compares them
-- with the person's scope. A card's region may change later.
ALTER TABLE act_member ADD COLUMN stored_bank TEXT;
ALTER TABLE act_member ADD COLUMN stored_region TEXT;
