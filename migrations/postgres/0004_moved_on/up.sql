-- Corrections are few among events, and those with units moved on are asked for by themselves
CREATE INDEX events_corrected ON events (sequence) WHERE kind = 'corrected';
