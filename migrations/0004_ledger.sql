-- What is being spent at this moment: written before a call goes out, deleted when its record is booked.
CREATE TABLE open_calls (
  id TEXT NOT NULL PRIMARY KEY,
  -- The process that makes the call; its row in `processes` says whether it lives.
  process_id TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  -- When it is closed whatever its process does; NULL where processes are watched.
  deadline BIGINT,
  detail TEXT NOT NULL
) WITHOUT ROWID;

-- A living process raises its `beat` every few seconds. A count and no time, since clocks differ.
CREATE TABLE processes (
  id TEXT NOT NULL PRIMARY KEY,
  beat BIGINT NOT NULL
);

-- How much a key, or one end user of a key, has used and set aside.
CREATE TABLE counters (
  subject TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- The book: one row for every attempt that ended. Rows are only ever added, and deleted when they are older than the retention. It has no
-- index by time, which would be written with every call: `record_hours` says where in the book an hour is.
CREATE TABLE call_records (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  request_id TEXT NOT NULL,
  attempt BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  operation TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  is_stream BIGINT NOT NULL,
  tag_1 TEXT,
  tag_2 TEXT,
  tag_3 TEXT,
  tag_4 TEXT,
  tag_5 TEXT,
  outcome TEXT NOT NULL,
  status BIGINT NOT NULL,
  error_code TEXT,
  finish_reason TEXT,
  input_tokens BIGINT,
  output_tokens BIGINT,
  -- The usage beside the two counts, as JSON.
  usage_detail TEXT,
  cost_nano BIGINT NOT NULL,
  cost_source TEXT NOT NULL,
  reserved_nano BIGINT NOT NULL,
  would_refuse TEXT,
  opened_at BIGINT NOT NULL,
  settled_at BIGINT NOT NULL,
  first_byte_ms BIGINT,
  duration_ms BIGINT NOT NULL
);

-- What follows is made from the book, and never the other way. `rollup_position` is the last `seq` that it holds.
CREATE TABLE rollup_position (
  id BIGINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL
);

INSERT INTO rollup_position (id, seq) VALUES (1, 0);

-- Between which places the records of an hour lie; hours since 1970. Others may lie between them too.
CREATE TABLE record_hours (
  hour BIGINT NOT NULL PRIMARY KEY,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL
);

-- Sums by day; days since 1970, UTC. `WITHOUT ROWID` is SQLite's own and halves these tables; the schema means the same without it. The day
-- leads each key, so that a roll-up touches only the end of a table, however old the book is.
CREATE TABLE usage_days (
  day BIGINT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  unpriced_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  PRIMARY KEY (day, provider, model)
) WITHOUT ROWID;

CREATE TABLE usage_days_by_key (
  day BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  -- 1 for the calls that named an end user, which are in `usage_days_by_user` too; 0 for the others, which are not.
  has_user BIGINT NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  unpriced_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  PRIMARY KEY (day, key_id, provider, model, has_user)
) WITHOUT ROWID;

CREATE TABLE usage_days_by_user (
  day BIGINT NOT NULL,
  key_id TEXT NOT NULL,
  end_user TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  unpriced_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  PRIMARY KEY (day, key_id, end_user, provider, model)
) WITHOUT ROWID;

CREATE TABLE usage_days_by_tag (
  day BIGINT NOT NULL,
  tag TEXT NOT NULL,
  key_id TEXT NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  unpriced_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  PRIMARY KEY (day, tag, key_id)
) WITHOUT ROWID;
