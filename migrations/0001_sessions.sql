-- Rules of this folder: README.md.
CREATE TABLE sessions (
  owner TEXT NOT NULL,
  id TEXT NOT NULL,
  title TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  version BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (owner, id)
);

-- Lists the sessions of an owner, most recently used first.
CREATE INDEX sessions_by_use ON sessions (owner, updated_at, id);

-- Finds sessions beyond their retention.
CREATE INDEX sessions_by_age ON sessions (updated_at);

CREATE TABLE messages (
  owner TEXT NOT NULL,
  session_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  id TEXT NOT NULL,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  other_fields TEXT,
  status TEXT NOT NULL,
  model TEXT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (owner, session_id, position),
  FOREIGN KEY (owner, session_id) REFERENCES sessions (owner, id) ON DELETE CASCADE
);
