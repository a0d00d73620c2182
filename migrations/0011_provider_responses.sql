-- Responses that a provider keeps, for the caller that created them: the provider's account is shared by all callers.
CREATE TABLE provider_responses (
  owner TEXT NOT NULL,
  -- SHA-256 of the id, because the id alone finds the response at the provider.
  digest TEXT NOT NULL,
  -- The provider's id in the configuration.
  provider TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (owner, digest)
) WITHOUT ROWID;

-- Finds responses that the provider no longer keeps.
CREATE INDEX provider_responses_by_expiry ON provider_responses (expires_at);
