import type { Settings } from '../../config/settings.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { type ByteBound, type ByteStream, gather } from '../../core/byte-stream.ts'
import { yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { countBytes } from '../../core/gateway-response.ts'
import { toHeaderValue } from '../../core/header-value.ts'
import type { ResponseHeaders } from '../../dialects/response-headers.ts'
import { shortBytes } from '../../openai/outline-json.ts'
import type { ProviderContext } from '../../providers/provider.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import { eventStreamHeaders } from '../../sse/event-stream.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { CallerGone, isUpstreamFailure, toFailure } from '../call/failure.ts'
import { kindOfError, kindOfRefusal } from '../call/failure-kind.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage } from '../call/stage.ts'
import { AttemptDeadline } from '../stream/attempt-deadline.ts'
import { secretsOf } from '../stream/hide-secrets.ts'
import { type EventOptions, relay } from '../stream/relay.ts'
import type { WholeResponse } from './read-whole-response.ts'
import { checkStatus, readUpstreamHeaders } from './upstream-response.ts'

/** How one attempt sends its request and reads the response. */
export interface AttemptPlan {
  /** Stages of a streamed response. */
  readonly stages: readonly Stage[]
  /** True if the response is read to its end after the caller has left (R03). */
  readonly isDrained: boolean
  /** The upstream's headers that are relayed. */
  readonly responseHeaders: ResponseHeaders
  /** Secrets of the caller that the request contains. */
  readonly callerSecrets: readonly string[]
  /** True if the caller's conditions are forwarded: 304 is then a valid response. */
  readonly mayBeUnchanged: boolean
  send(context: ProviderContext): Promise<TransportResponse>
  /** `type` is the lower-case content type, or empty. Throws or rejects with GatewayError for an invalid response. */
  read(response: TransportResponse, type: string): Reading | Promise<Reading>
}

/** How a response is read: relayed as a stream, gathered whole, or already known to be a failure. */
export type Reading =
  /** `events` is undefined for bytes other than events; `length` is the content length to relay, if known. */
  | {
      readonly kind: 'stream'
      readonly body: ByteStream
      readonly events: EventOptions | undefined
      readonly length?: string | undefined
    }
  | {
      readonly kind: 'whole'
      readonly body: ByteStream
      toResponse(bytes: Uint8Array): WholeResponse | Promise<WholeResponse>
    }
  | { readonly kind: 'refused'; readonly response: WholeResponse }

/**
 * Sends an attempt's request and takes its response, whole or streamed. Always ends the attempt; a streamed one ends
 * with its stream. Does not reject.
 */
export async function runAttempt(
  attempt: Attempt,
  plan: AttemptPlan,
  call: Pick<Call, 'signal' | 'trace' | 'releaseWhenSent' | 'defer'>,
  ports: Ports,
): Promise<AttemptResult> {
  const { settings, transport, clock, buffers } = ports
  const secrets = secretsOf(settings)
  const { provider } = attempt.target
  const deadline = new AttemptDeadline({
    caller: call.signal,
    timeouts: provider.timeouts,
    clock,
    drain: plan.isDrained ? { limitMs: settings.streams.drainMs, defer: call.defer } : undefined,
  })
  const share = buffers.open()
  // All awaits are in this function, because each promise layer costs the call more than its own work.
  try {
    // A caller who left while limits were checked owes nothing.
    if (deadline.signal.aborted) throw deadline.signal.reason
    attempt.wasSent = true
    const response = await plan.send({ transport, clock, signal: deadline.signal })
    checkStatus(response, provider, plan.mayBeUnchanged)
    const { headers, rateHeaders } = readUpstreamHeaders(response, plan.responseHeaders, secrets, plan.callerSecrets)
    nameTarget(headers, attempt)
    attempt.status = response.status
    attempt.upstreamRequestId = headers['x-upstream-request-id']
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    const reading = plan.read(response, type)
    // Awaited only if it is a promise: each microtask tick costs the call more than its own work.
    const content = reading instanceof Promise ? await reading : reading
    if (content.kind === 'stream') {
      const body = startRelay(content, response.body, headers, type, { attempt, deadline, share, plan, call, ports })
      if (!deadline.hasCallerLeft())
        return { kind: 'answered', response: { status: attempt.status, headers, rateHeaders, body } }
      body.cancel()
      return { kind: 'failed', error: new CallerGone() }
    }
    let whole: WholeResponse
    if (content.kind === 'refused') {
      whole = content.response
    } else {
      const max = boundOf(ports)
      const bound = attempt.status < 400 || max.bytes < refusalBound.bytes ? max : refusalBound
      const gathered = gather(content.body, bound, share)
      // An endless error body is still the provider's error, and keeps its status.
      const bytes = await (attempt.status < 400 ? gathered : gathered.catch(toNothing))
      attempt.sawFirstByte()
      const isLong = bytes.length > shortBytes
      const read = content.toResponse(
        isLong ? await secrets.hideLong(bytes, () => yieldToEventLoop(clock)) : secrets.hide(bytes),
      )
      whole = read instanceof Promise ? await read : read
    }
    const { status, body } = whole
    const sentStatus = attempt.status
    Object.assign(headers, whole.headers)
    deadline.finish()
    attempt.status = status
    if (status < 400 && deadline.hasCallerLeft()) {
      share.release()
      return endFailed(attempt, new CallerGone(), call)
    }
    const hasFailed = status >= 400 || whole.failure !== undefined
    // Before attempt.end, which writes the record; a status of 200 would make the outcome `ok`.
    if (hasFailed && status < 400) call.trace.finish('upstream_error', { status, bytesOut: countBytes(body) })
    // In place of a 200, a 502 stands for an unknown status: the code of the error may tell more.
    const known = sentStatus < 400 && status === 502 ? sentStatus : status
    if (hasFailed) attempt.failure = whole.isRegional === true ? 'region' : kindOfRefusal(known, body)
    attempt.end(hasFailed ? 'upstream_error' : 'ok')
    if (deadline.hasCallerLeft()) {
      share.release()
      return { kind: 'failed', error: new CallerGone() }
    }
    call.releaseWhenSent(share)
    const relayed = { status, headers, rateHeaders, body }
    return { kind: status < 400 ? 'answered' : 'rejected', response: relayed }
  } catch (thrown) {
    share.release()
    deadline.finish()
    const error: unknown = deadline.signal.aborted ? deadline.signal.reason : thrown
    if (error instanceof GatewayError && error.code === 'upstream_empty_answer') await attempt.moveToOperator?.()
    return endFailed(attempt, error, call)
  }
}

/** An attempt with a streamed response, and everything that its stream needs. */
interface Streaming {
  readonly attempt: Attempt
  readonly deadline: AttemptDeadline
  readonly share: BufferShare
  readonly plan: AttemptPlan
  readonly call: Pick<Call, 'trace' | 'defer'>
  readonly ports: Ports
}

/** Starts the stream to the caller, with `headers` of a stream. Its end ends the attempt and releases the share. */
function startRelay(
  { body, events, length }: Extract<Reading, { kind: 'stream' }>,
  upstream: ByteStream,
  headers: Record<string, string>,
  type: string,
  { attempt, deadline, share, plan, call, ports }: Streaming,
): ByteStream {
  if (length !== undefined) headers['content-length'] = length
  if (events !== undefined) {
    Object.assign(headers, eventStreamHeaders)
    if (!type.startsWith('text/event-stream')) headers['content-type'] = 'text/event-stream; charset=utf-8'
  }
  const { settings, clock } = ports
  return relay(body, upstream, {
    attempt,
    deadline,
    timeouts: attempt.target.provider.timeouts,
    streams: settings.streams,
    clock,
    trace: call.trace,
    stages: plan.stages,
    secrets: secretsOf(settings),
    share,
    hasLength: length !== undefined,
    defer: call.defer,
    events,
  })
}

/** Ends an attempt that threw. A refusal or failure of the upstream costs only what it reports, even if the caller left. */
function endFailed(attempt: Attempt, error: unknown, { signal }: Pick<Call, 'signal'>): AttemptResult {
  if (attempt.status >= 400) {
    attempt.failure = kindOfRefusal(attempt.status, '')
    attempt.end('upstream_error')
    return { kind: 'failed', error }
  }
  const failure = toFailure(error, isUpstreamFailure(error) ? undefined : signal)
  attempt.status = failure.status
  if (failure.outcome !== 'client_gone') attempt.failure = kindOfError(failure.error)
  attempt.end(failure.outcome, failure.error?.code)
  return { kind: 'failed', error }
}

function toNothing(error: unknown): Uint8Array {
  if (error instanceof GatewayError && error.code === 'upstream_answer_too_large') return nothing
  throw error
}

const nothing = new Uint8Array()

/** Refusals are at most a page long, and are read in one step. */
const refusalBound: ByteBound = {
  bytes: 1_048_576,
  tooLarge: () => new GatewayError('upstream_answer_too_large', "The provider's error response is over 1 MiB."),
}

/** Maximum bytes gathered of one response. Cached per Settings object, because every call needs it. */
const bounds = new WeakMap<Settings, ByteBound>()

export function boundOf({ settings, buffers }: Pick<Ports, 'settings' | 'buffers'>): ByteBound {
  const cached = bounds.get(settings)
  if (cached !== undefined) return cached
  const bytes = Math.min(settings.limits.answerBytes, Math.floor(buffers.maxShareBytes))
  const message = `The provider's response is over ${bytes} bytes.`
  const bound = { bytes, tooLarge: () => new GatewayError('upstream_answer_too_large', message) }
  bounds.set(settings, bound)
  return bound
}

function nameTarget(headers: Record<string, string>, { provider, model, target }: Attempt): void {
  headers['x-weir-provider'] = provider
  if (model !== undefined) headers['x-weir-model'] = toHeaderValue(model)
  const { replacement } = target
  // Both names are plain ASCII, because they are from a provider's declaration.
  if (replacement !== undefined)
    headers['x-weir-retired-model'] = `${replacement.model}; successor=${replacement.successor}`
}
