-- When a key was deleted. The row stays, so reports of the keys above it still include its records. The key loses its
-- secrets and is also disabled, because the previous release does not know this column.
ALTER TABLE api_keys ADD COLUMN deleted_at BIGINT;
