-- A card may be put into the urgent lane.
ALTER TABLE batch_act DROP CONSTRAINT batch_act_what_check;
ALTER TABLE batch_act ADD CONSTRAINT batch_act_what_check CHECK (what IN ('cut', 'hold', 'release', 'split', 'cancel', 'urgent'));
