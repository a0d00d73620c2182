/**
 * Upstream response headers that Weir relays; names are in lower case. All others are removed (S24): cookies,
 * account names such as `openai-organization` and `anthropic-organization-id`, and server names.
 */
export interface ResponseHeaders {
  readonly names: ReadonlySet<string>
  /**
   * Prefixes of the headers that show the limits of the operator's provider account. With metering on, callers with a
   * virtual key do not receive them.
   */
  readonly limits: readonly string[]
}

/** The headers of every API. */
const common = ['content-type', 'content-disposition', 'retry-after', 'retry-after-ms', 'x-should-retry']

/** Source: https://developers.openai.com/api/reference/overview#debugging-requests, read on 2026-11-29. */
const openaiNames = [...common, 'openai-processing-ms', 'openai-version', 'openai-model']
const openaiLimits = ['x-ratelimit-']

/**
 * Codex returns `x-codex-turn-state`, and reloads the models when their ETag changes. The other `x-codex-*` headers
 * show the usage of the account's plan.
 * Source: https://github.com/openai/codex, codex-rs/codex-api/src (sse/responses.rs, rate_limits.rs), read on 2026-11-29.
 */
const codexNames = ['x-codex-turn-state', 'x-models-etag', 'x-reasoning-included']
const codexLimits = ['x-codex-']

/**
 * Sources, read on 2026-11-29: https://docs.anthropic.com/en/api/overview,
 * https://platform.claude.com/docs/en/api/rate-limits and …/build-with-claude/fast-mode
 */
const anthropicNames = [...common, 'request-id']
const anthropicLimits = ['anthropic-ratelimit-', 'anthropic-priority-', 'anthropic-fast-']

/**
 * The tier that served a call, which may not be the requested one. Google reports no limits in headers.
 * Source: https://ai.google.dev/gemini-api/docs/priority-inference, read on 2026-11-30.
 */
const geminiNames = [...common, 'x-gemini-service-tier']

export const openaiResponseHeaders: ResponseHeaders = { names: new Set(openaiNames), limits: openaiLimits }

export const responsesResponseHeaders: ResponseHeaders = {
  names: new Set([...openaiNames, ...codexNames]),
  limits: [...openaiLimits, ...codexLimits],
}

export const anthropicResponseHeaders: ResponseHeaders = { names: new Set(anthropicNames), limits: anthropicLimits }

export const geminiResponseHeaders: ResponseHeaders = { names: new Set(geminiNames), limits: [] }

/**
 * For endpoints that Weir relays without understanding them: the headers of all dialects, and those of partial
 * downloads (case A16).
 */
export const relayedResponseHeaders: ResponseHeaders = {
  names: new Set([
    ...openaiNames,
    ...codexNames,
    ...anthropicNames,
    ...geminiNames,
    'accept-ranges',
    'content-range',
    'etag',
    'last-modified',
  ]),
  limits: [...openaiLimits, ...codexLimits, ...anthropicLimits],
}

/** Returns the seconds that `retry-after` names; undefined without it, or for a date. */
export function readRetryAfter({ 'retry-after': value }: Readonly<Record<string, string>>): number | undefined {
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}
