CREATE TABLE images (
  id TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  prompt TEXT,
  model TEXT,
  created_at BIGINT NOT NULL
);

-- Finds images beyond their retention.
CREATE INDEX images_by_age ON images (created_at);
