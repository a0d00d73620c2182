/**
 * The headers of an upstream's answer that reach the caller, names in lower case; all others stay (S24): cookies, the names of accounts such as
 * `openai-organization` and `anthropic-organization-id`, and those of servers.
 */
export interface ResponseHeaders {
  readonly names: ReadonlySet<string>
  /** The beginnings of those that tell of the limits of the operator's account, which a virtual key does not see. */
  readonly limits: readonly string[]
}

/** Those of any API. */
const common = ['content-type', 'content-disposition', 'retry-after', 'retry-after-ms', 'x-should-retry']

/** Source: https://developers.openai.com/api/reference/overview#debugging-requests, read on 2026-11-29. */
const openaiNames = [...common, 'openai-processing-ms', 'openai-version', 'openai-model']
const openaiLimits = ['x-ratelimit-']

/**
 * Codex sends `x-codex-turn-state` back, and asks for the models again when their ETag changes; the other `x-codex-*` show how far the account's plan
 * is used up. Source: https://github.com/openai/codex, codex-rs/codex-api/src (sse/responses.rs, rate_limits.rs), read on 2026-11-29.
 */
const codexNames = ['x-codex-turn-state', 'x-models-etag', 'x-reasoning-included']
const codexLimits = ['x-codex-']

/**
 * Sources: https://docs.anthropic.com/en/api/overview, https://platform.claude.com/docs/en/api/rate-limits and …/build-with-claude/fast-mode, read on
 * 2026-11-29.
 */
const anthropicNames = [...common, 'request-id']
const anthropicLimits = ['anthropic-ratelimit-', 'anthropic-priority-', 'anthropic-fast-']

export const openaiResponseHeaders: ResponseHeaders = { names: new Set(openaiNames), limits: openaiLimits }

export const responsesResponseHeaders: ResponseHeaders = {
  names: new Set([...openaiNames, ...codexNames]),
  limits: [...openaiLimits, ...codexLimits],
}

export const anthropicResponseHeaders: ResponseHeaders = { names: new Set(anthropicNames), limits: anthropicLimits }

/** Of an endpoint that Weir does not understand, which may be any dialect's, and may be a download in parts (case A16). */
export const relayedResponseHeaders: ResponseHeaders = {
  names: new Set([
    ...openaiNames,
    ...codexNames,
    ...anthropicNames,
    'accept-ranges',
    'content-range',
    'etag',
    'last-modified',
  ]),
  limits: [...openaiLimits, ...codexLimits, ...anthropicLimits],
}
