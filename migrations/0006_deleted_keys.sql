-- When a key was deleted. Its row stays, so that the reports of the keys above it still find its records. Its secrets are gone, and it is
-- disabled too, for the release that does not know this column.
ALTER TABLE api_keys ADD COLUMN deleted_at BIGINT;
