-- User tokens that are refused before they expire: one token, all tokens of an end user, or all tokens of a key. An
-- empty `key_id` means every key.
CREATE TABLE revocations (
  key_id TEXT NOT NULL,
  -- `token`, `user` or `key`.
  kind TEXT NOT NULL,
  -- The id of the token, the end user, or empty.
  subject TEXT NOT NULL,
  -- Tokens that were issued at this time or before are refused.
  issued_until BIGINT NOT NULL,
  -- After this time, no token that the row refuses is valid any longer.
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (key_id, kind, subject)
);
