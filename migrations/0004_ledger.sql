-- Calls in progress. A row is inserted before a call is sent and deleted when its record is inserted.
CREATE TABLE open_calls (
  id TEXT NOT NULL PRIMARY KEY,
  -- The process that sends the call. Its row in `processes` shows whether it is alive.
  process_id TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  -- When the call is closed regardless of its process; NULL if the sweeper watches the processes instead.
  deadline BIGINT,
  detail TEXT NOT NULL
) WITHOUT ROWID;

-- A live process increments its `beat` every few seconds. A counter instead of a time, because clocks differ.
CREATE TABLE processes (
  id TEXT NOT NULL PRIMARY KEY,
  beat BIGINT NOT NULL
);

-- The use and the reservations of a key, or of one end user of a key.
CREATE TABLE counters (
  subject TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL,
  updated_at BIGINT NOT NULL
);

-- Usage records: one row for every finished attempt. Rows are inserted, corrected and, after the retention, deleted.
-- There is no index by time, because every call would have to write it: `record_hours` maps hours to ranges of `seq`.
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
  -- The rest of the usage besides the two counts, as JSON.
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

-- The tables below are derived from `call_records`. `rollup_position` is the last `seq` that they include.
CREATE TABLE rollup_position (
  id BIGINT NOT NULL PRIMARY KEY,
  seq BIGINT NOT NULL
);

INSERT INTO rollup_position (id, seq) VALUES (1, 0);

-- The range of `seq` of each hour since 1970. Records of other hours may lie in the same range.
CREATE TABLE record_hours (
  hour BIGINT NOT NULL PRIMARY KEY,
  first_seq BIGINT NOT NULL,
  last_seq BIGINT NOT NULL
);

-- Sums by day; days since 1970, UTC. `WITHOUT ROWID` is specific to SQLite and halves the size of these tables; the
-- schema is equivalent without it. Each primary key starts with the day, so a roll-up writes only to the end of a
-- table.
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
  -- 1 for calls with an end user, which are also in `usage_days_by_user`; 0 for calls without one, which are not.
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
