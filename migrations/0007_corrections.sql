-- The cost as it was booked, of a record that was corrected since; NULL for all others.
ALTER TABLE call_records ADD COLUMN booked_nano BIGINT;
