-- From which entry of the log on a figure of others is known here; null where it was added before this was kept, and is taken for
-- known at any moment.
ALTER TABLE reported_figures ADD COLUMN sequence BIGINT;
