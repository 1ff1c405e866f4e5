-- A batch that was sent may be rendered anew, under a new number of its stream.
ALTER TABLE batch_act DROP CONSTRAINT batch_act_what_check;
ALTER TABLE batch_act ADD CONSTRAINT batch_act_what_check
    CHECK (what IN ('cut', 'hold', 'release', 'split', 'cancel', 'urgent', 'render-anew'));
