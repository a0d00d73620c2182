-- Who changed what. Rows are only ever added.
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

-- The admin secret that a server without one made for itself; its SHA-256 only.
CREATE TABLE admin_secrets (
  hash TEXT NOT NULL PRIMARY KEY,
  created_at BIGINT NOT NULL
);

-- Calls under an `Idempotency-Key`, and their answers.
CREATE TABLE idempotent_calls (
  owner TEXT NOT NULL,
  idempotency_key TEXT NOT NULL,
  -- SHA-256 of what was asked.
  fingerprint TEXT NOT NULL,
  -- Which of the calls under this key it is that runs.
  run_id TEXT NOT NULL,
  -- Without a sign of life until then, the server that made the call is taken for dead.
  lease_until BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  -- NULL while the call runs.
  status BIGINT,
  headers TEXT,
  -- Base64; NULL where the answer was too long to be kept.
  body TEXT,
  PRIMARY KEY (owner, idempotency_key)
);

CREATE INDEX idempotent_calls_by_age ON idempotent_calls (expires_at);
