-- Administrative changes. Append-only.
CREATE TABLE audit_log (
  id TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  -- `admin` or `cli`.
  actor TEXT NOT NULL,
  address TEXT,
  action TEXT NOT NULL,
  subject TEXT,
  detail TEXT
);

CREATE INDEX audit_log_by_time ON audit_log (at, id);

-- SHA-256 of the admin secret that a server generated because none was configured.
CREATE TABLE admin_secrets (
  hash TEXT NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
);

-- Calls under an `Idempotency-Key` and their responses.
CREATE TABLE idempotent_calls (
  owner TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  -- SHA-256 of the request.
  fingerprint TEXT NOT NULL,
  -- Id of the call that holds the key.
  run_id TEXT NOT NULL,
  -- When the call counts as lost, unless its server extends this time.
  lease_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- NULL while the call runs.
  status BIGINT,
  headers TEXT,
  -- Base64; NULL if the body was too long to store.
  body TEXT,
  PRIMARY KEY (owner, idempotency_key)
);

CREATE INDEX idempotent_calls_by_age ON idempotent_calls (expires_at);
