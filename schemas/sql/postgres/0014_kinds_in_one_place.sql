-- Which kinds of batches and files there are, the program says; a list here would have to be changed with each.
ALTER TABLE batch DROP CONSTRAINT batch_kind_check;
ALTER TABLE sent_before DROP CONSTRAINT sent_before_kind_check;
