-- The route that chose the target of an attempt; NULL for a call without one.
ALTER TABLE call_records ADD COLUMN route TEXT;
-- Why an attempt failed; NULL for one that did not.
ALTER TABLE call_records ADD COLUMN failure TEXT;

-- Sums by day of the attempts that a route chose.
CREATE TABLE usage_days_by_route (
  day BIGINT NOT NULL,
  route TEXT NOT NULL,
  key_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  -- Empty for attempts that did not fail.
  failure TEXT NOT NULL,
  calls BIGINT NOT NULL,
  failed_calls BIGINT NOT NULL,
  unpriced_calls BIGINT NOT NULL,
  input_tokens BIGINT NOT NULL,
  output_tokens BIGINT NOT NULL,
  cost_nano BIGINT NOT NULL,
  PRIMARY KEY (day, route, key_id, provider, model, failure)
) WITHOUT ROWID;
