import { escapeControls } from '../core/escape-controls.ts'
import type { AttemptRecord, CallLog, CallRecord } from './call-record.ts'

export interface LineLogOptions {
  readonly level: 'silent' | 'error' | 'info'
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly write: (line: string) => void
}

/** Creates a log with one line per call. Probes and files of the start page are not logged. */
export function createLineLog({ level, now, write }: LineLogOptions): CallLog {
  return {
    record(record) {
      if (level === 'silent' || isQuiet(record) || (level === 'error' && !hasFailed(record))) return
      write(toLogLine(record, now()))
    },
  }
}

function isQuiet({ route }: CallRecord): boolean {
  return route === 'livez' || route === 'readyz' || route === 'page'
}

/** Returns true for a failure. An invalid request or a cancelled call is not a failure. */
function hasFailed({ outcome, status }: CallRecord): boolean {
  return outcome === 'upstream_error' || outcome === 'interrupted' || status >= 500
}

/** Renders a log line about a background task and its error. `now` in milliseconds since 1970. */
export function renderNotice(event: string, error: unknown, now: number, level: 'error' | 'info' = 'error'): string {
  const cause = error instanceof Error ? String(error.cause ?? error.message) : 'not an Error'
  return toEventLine(level, event, { cause }, now)
}

/** Renders a log line about this process. `now` in milliseconds since 1970. */
export function toEventLine(
  level: 'info' | 'error',
  event: string,
  fields: Readonly<Record<string, unknown>>,
  now: number,
): string {
  return escapeControls(JSON.stringify({ time: new Date(now).toISOString(), level, event, ...fields }))
}

/**
 * Renders a record as one line of JSON; control characters are escaped (S68). `now` in milliseconds since 1970.
 * Provider, usage and cost are those of the last attempt, which served the response; a call with several attempts lists
 * all of them.
 */
export function toLogLine(record: CallRecord, now: number): string {
  const { attempts } = record
  const last = attempts.at(-1)
  const line = JSON.stringify({
    time: toTime(now),
    level: record.errorCode === 'internal' ? 'error' : 'info',
    event: 'call',
    request_id: record.requestId,
    method: record.method,
    route: record.route,
    status: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    reason: record.reason,
    model_route: record.modelRoute,
    failure: last?.failure,
    provider: last?.provider,
    model: last?.model?.slice(0, 200),
    stream: record.stream,
    upstream_request_id: last?.upstreamRequestId?.slice(0, 200),
    upstream_message: last?.upstreamMessage,
    input_tokens: last?.usage?.inputTokens,
    output_tokens: last?.usage?.outputTokens,
    cached_input_tokens: last?.usage?.cachedInputTokens,
    reasoning_tokens: last?.usage?.reasoningTokens,
    generation_id: last?.generationId,
    key_id: record.keyId,
    cost_nano_usd: last?.costNano,
    cost_source: last?.costSource,
    replayed: record.isReplayed,
    would_refuse: record.wouldRefuse,
    finish_reason: last?.finishReason?.slice(0, 40),
    max_tokens: last?.maxTokens,
    first_byte_ms: round(record.firstByteMs),
    duration_ms: round(record.durationMs),
    bytes_out: record.bytesOut,
    attempts: attempts.length > 1 ? attempts.map(toEntry) : undefined,
    cause: record.cause,
  })
  return escapeControls(line)
}

/** Renders one of several attempts. */
function toEntry(attempt: AttemptRecord): object {
  return {
    provider: attempt.provider,
    model: attempt.model?.slice(0, 200),
    status: attempt.status,
    outcome: attempt.outcome,
    error_code: attempt.errorCode,
    failure: attempt.failure,
    upstream_message: attempt.upstreamMessage,
    input_tokens: attempt.usage?.inputTokens,
    output_tokens: attempt.usage?.outputTokens,
    generation_id: attempt.generationId,
    cost_nano_usd: attempt.costNano,
    first_byte_ms: round(attempt.firstByteMs),
    duration_ms: round(attempt.durationMs),
  }
}

/** Rounds to a hundredth of a millisecond. */
function round(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 100) / 100
}

let lastNow = Number.NaN
let lastTime = ''

/** Formats a time. Caches the last one, because lines within a millisecond share it. */
function toTime(now: number): string {
  if (now !== lastNow) {
    lastTime = new Date(now).toISOString()
    lastNow = now
  }
  return lastTime
}
