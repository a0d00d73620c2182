-- Virtual keys. The grants and limits of a key are JSON in `rules`, because they are read as a whole and never
-- searched.
CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  parent_id TEXT REFERENCES api_keys (id) ON DELETE CASCADE,
  root_id TEXT NOT NULL,
  name TEXT NOT NULL,
  is_disabled BIGINT NOT NULL,
  expires_at BIGINT,
  rules TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  -- Incremented by every change of this key, so no concurrent change is lost.
  revision BIGINT NOT NULL DEFAULT 1
);

CREATE INDEX api_keys_by_parent ON api_keys (parent_id, id);

CREATE TABLE api_key_secrets (
  -- SHA-256 of the secret. The secret itself is not stored.
  hash TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  hint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

-- One row, incremented by every change of a key. Processes use it to detect stale cached keys.
CREATE TABLE key_version (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);

INSERT INTO key_version (id, version) VALUES (1, 1);
