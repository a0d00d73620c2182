-- The original cost of a corrected record; NULL for all other records.
ALTER TABLE call_records ADD COLUMN booked_nano BIGINT;
