-- What people did is listed the newest first.
CREATE INDEX act_at ON act (at);
CREATE INDEX batch_act_at ON batch_act (at);
CREATE INDEX case_act_at ON case_act (at);
