-- People who administer this server.
CREATE TABLE people (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  -- In lower case.
  email TEXT,
  -- `owner`, `admin`, `viewer` or `member`.
  role TEXT NOT NULL,
  is_disabled BIGINT NOT NULL,
  -- The account at an OpenID provider, both or neither.
  issuer TEXT,
  subject TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  -- Incremented by every change of this person, so no concurrent change is lost.
  revision BIGINT NOT NULL DEFAULT 1
);

CREATE UNIQUE INDEX people_by_email ON people (email);

CREATE UNIQUE INDEX people_by_account ON people (issuer, subject);

-- Sign-ins to the admin API.
CREATE TABLE admin_sessions (
  -- SHA-256 of the session's id, which only the browser has.
  hash TEXT NOT NULL PRIMARY KEY,
  -- NULL for the admin secret.
  person_id TEXT REFERENCES people (id) ON DELETE CASCADE,
  -- For the admin secret: SHA-256 of the session's id and the secret's hash. Another secret ends the session.
  secret_binding TEXT,
  created_at BIGINT NOT NULL,
  used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX admin_sessions_by_person ON admin_sessions (person_id);

CREATE INDEX admin_sessions_by_age ON admin_sessions (expires_at);

-- One-time links. Each mints one secret of a key when it is claimed.
CREATE TABLE links (
  id TEXT NOT NULL PRIMARY KEY,
  -- SHA-256 of the link's token.
  hash TEXT NOT NULL UNIQUE,
  key_id TEXT NOT NULL,
  -- How long the key's older secrets stay valid after the claim.
  overlap_seconds BIGINT NOT NULL,
  -- The name of the author, as in the audit log.
  created_by TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  claimed_at BIGINT
);

CREATE INDEX links_by_age ON links (expires_at);

-- The person to whom a key belongs.
ALTER TABLE api_keys ADD COLUMN person_id TEXT;

CREATE INDEX api_keys_by_person ON api_keys (person_id, id);

-- The author of a change. NULL in entries of earlier releases.
ALTER TABLE audit_log ADD COLUMN person_id TEXT;

ALTER TABLE audit_log ADD COLUMN author TEXT;
