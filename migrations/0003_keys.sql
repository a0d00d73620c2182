-- Virtual keys. What a key may do and use is JSON in `rules`, since it is read as a whole and never searched.
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
  -- Raised by every change of this key, so that of two changes made at once neither is lost.
  revision BIGINT NOT NULL DEFAULT 1
);

CREATE INDEX api_keys_by_parent ON api_keys (parent_id, id);

CREATE TABLE api_key_secrets (
  -- SHA-256 of the secret, which is kept nowhere.
  hash TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  hint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT
);

CREATE INDEX api_key_secrets_by_key ON api_key_secrets (key_id);

-- One row, raised by every change of a key, so that a process knows when what it remembers is old.
CREATE TABLE key_version (
  id BIGINT NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL
);

INSERT INTO key_version (id, version) VALUES (1, 1);
