import type { AttemptRecord, CallRecord } from './call-record.ts'

/**
 * One record as one line of JSON, whatever characters its values hold (S68). `now` in milliseconds since 1970. The provider, its usage and its
 * cost are those of the last attempt, which is the one that answered; a call of several attempts lists all of them. Put together by hand:
 * each call has one, and most of it needs no encoder.
 */
export function toLogLine(record: CallRecord, now: number): string {
  const { attempts } = record
  const last = attempts.at(-1)
  const level = record.errorCode === 'internal' ? 'error' : 'info'
  return (
    `{"time":"${toTime(now)}","level":"${level}","event":"call"` +
    text(',"request_id":"', record.requestId) +
    text(',"method":"', record.method) +
    text(',"route":"', record.route) +
    number(',"status":', record.status) +
    text(',"outcome":"', record.outcome) +
    text(',"error_code":"', record.errorCode) +
    text(',"provider":"', last?.provider) +
    text(',"model":"', last?.model?.slice(0, 200)) +
    flag(',"stream":', record.stream) +
    text(',"upstream_request_id":"', last?.upstreamRequestId?.slice(0, 200)) +
    (last?.usage === undefined ? '' : counts(last.usage)) +
    text(',"generation_id":"', last?.generationId) +
    text(',"key_id":"', record.keyId) +
    number(',"cost_nano_usd":', last?.costNano) +
    text(',"cost_source":"', last?.costSource) +
    flag(',"replayed":', record.isReplayed) +
    (record.wouldRefuse === undefined ? '' : `,"would_refuse":${encode(record.wouldRefuse)}`) +
    text(',"finish_reason":"', last?.finishReason?.slice(0, 40)) +
    length(',"first_byte_ms":', record.firstByteMs) +
    length(',"duration_ms":', record.durationMs) +
    number(',"bytes_out":', record.bytesOut) +
    (attempts.length > 1 ? `,"attempts":${encode(attempts.map(toEntry))}` : '') +
    text(',"cause":"', record.cause) +
    '}'
  )
}

/** An attempt beside others. */
function toEntry(attempt: AttemptRecord): object {
  return {
    provider: attempt.provider,
    model: attempt.model?.slice(0, 200),
    status: attempt.status,
    outcome: attempt.outcome,
    error_code: attempt.errorCode,
    input_tokens: attempt.usage?.inputTokens,
    output_tokens: attempt.usage?.outputTokens,
    generation_id: attempt.generationId,
    cost_nano_usd: attempt.costNano,
    first_byte_ms: attempt.firstByteMs === undefined ? undefined : Math.round(attempt.firstByteMs * 100) / 100,
    duration_ms: Math.round(attempt.durationMs * 100) / 100,
  }
}

function counts(usage: NonNullable<AttemptRecord['usage']>): string {
  return (
    number(',"input_tokens":', usage.inputTokens) +
    number(',"output_tokens":', usage.outputTokens) +
    number(',"cached_input_tokens":', usage.cachedInputTokens) +
    number(',"reasoning_tokens":', usage.reasoningTokens)
  )
}

/** `start` has the opening quote. */
function text(start: string, value: string | undefined): string {
  if (value === undefined) return ''
  return /^[ !#-[\]-~]*$/.test(value) ? `${start}${value}"` : start + encode(value).slice(1)
}

function flag(start: string, value: boolean | undefined): string {
  return value === undefined ? '' : start + value
}

function number(start: string, value: number | undefined): string {
  if (value === undefined) return ''
  return Number.isFinite(value) ? start + value : `${start}null`
}

/** To a hundredth of a millisecond. Whole numbers become text in a fraction of the time that others take. */
function length(start: string, milliseconds: number | undefined): string {
  if (milliseconds === undefined) return ''
  const hundredths = Math.round(milliseconds * 100)
  const rest = hundredths % 100
  if (!(hundredths >= 0 && hundredths < 1e12) || rest === 0) return number(start, hundredths / 100)
  const whole = (hundredths - rest) / 100
  if (rest % 10 === 0) return `${start}${whole}.${rest / 10}`
  return rest < 10 ? `${start}${whole}.0${rest}` : `${start}${whole}.${rest}`
}

/** JSON lets these characters stand, but some readers take them for the end of a line, and a terminal obeys them. */
function encode(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u2028\u2029\u0085\u007f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

let lastNow = Number.NaN
let lastTime = ''

/** Lines of one millisecond share their time. */
function toTime(now: number): string {
  if (now !== lastNow) {
    lastTime = new Date(now).toISOString()
    lastNow = now
  }
  return lastTime
}
