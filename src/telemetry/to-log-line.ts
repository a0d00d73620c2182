import type { CallRecord } from './call-record.ts'

/** One record as one line of JSON, whatever characters its values hold (S68). `now` in milliseconds since 1970. */
export function toLogLine(record: CallRecord, now: number): string {
  const { usage } = record
  const line = JSON.stringify({
    time: new Date(now).toISOString(),
    level: record.errorCode === 'internal' ? 'error' : 'info',
    event: 'call',
    request_id: record.requestId,
    method: record.method,
    route: record.route,
    status: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    provider: record.provider,
    model: record.model?.slice(0, 200),
    stream: record.stream,
    upstream_request_id: record.upstreamRequestId?.slice(0, 200),
    input_tokens: usage?.inputTokens,
    output_tokens: usage?.outputTokens,
    cached_input_tokens: usage?.cachedInputTokens,
    reasoning_tokens: usage?.reasoningTokens,
    generation_id: record.generationId,
    key_id: record.keyId,
    cost_nano_usd: record.costNano,
    cost_source: record.costSource,
    replayed: record.isReplayed,
    would_refuse: record.wouldRefuse,
    finish_reason: record.finishReason?.slice(0, 40),
    first_byte_ms: round(record.firstByteMs),
    duration_ms: round(record.durationMs),
    bytes_out: record.bytesOut,
    cause: record.cause,
  })
  return line.replace(
    /[\u2028\u2029\u0085\u007f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function round(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.round(milliseconds * 100) / 100
}
