import type { Settings } from '../../config/settings.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { type ByteBound, type ByteStream, gather } from '../../core/byte-stream.ts'
import { nextTurn } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { countBytes } from '../../core/gateway-response.ts'
import type { ResponseHeaders } from '../../dialects/response-headers.ts'
import { shortBytes } from '../../openai/outline-json.ts'
import type { ProviderContext } from '../../providers/provider.ts'
import type { TransportResponse } from '../../providers/transport.ts'
import { eventStreamHeaders } from '../../sse/event-stream.ts'
import type { Attempt, AttemptResult } from '../call/attempt.ts'
import type { Call } from '../call/call.ts'
import { CallerGone, isUpstreamFailure, toFailure } from '../call/failure.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage } from '../call/stage.ts'
import { AttemptDeadline } from '../stream/attempt-deadline.ts'
import { secretsOf } from '../stream/hide-secrets.ts'
import { type EventOptions, relay } from '../stream/relay.ts'
import type { WholeResponse } from './read-whole-response.ts'
import { checkStatus, readUpstreamHeaders } from './upstream-response.ts'

/** How one attempt asks its provider and reads the response. */
export interface AttemptPlan {
  /** Stages of a streamed answer. */
  readonly stages: readonly Stage[]
  /** The answer is read to its end though its caller has left (R03). */
  readonly isDrained: boolean
  /** Those of the upstream's headers that pass. */
  readonly answerHeaders: ResponseHeaders
  /** The caller's conditions travel: 304 is an answer. */
  readonly mayBeUnchanged: boolean
  send(context: ProviderContext): Promise<TransportResponse>
  /** `type` is the content type in lower case, or empty. Throws or rejects with GatewayError for a response that is no answer. */
  read(response: TransportResponse, type: string): Reading | Promise<Reading>
}

/** How a response is read: passed on as a stream, gathered whole, or already known to be a failure. */
export type Reading =
  /** `events` is undefined for bytes that are no events; `length` is theirs, where it is known and passes. */
  | {
      readonly kind: 'stream'
      readonly body: ByteStream
      readonly events: EventOptions | undefined
      readonly length?: string | undefined
    }
  | {
      readonly kind: 'whole'
      readonly body: ByteStream
      toAnswer(bytes: Uint8Array): WholeResponse | Promise<WholeResponse>
    }
  | { readonly kind: 'refused'; readonly answer: WholeResponse }

/**
 * Sends an attempt's request and takes its answer, whole or streamed. Ends the attempt on every way, a streamed one when its stream is over.
 * Does not reject.
 */
export async function runAttempt(
  attempt: Attempt,
  plan: AttemptPlan,
  call: Pick<Call, 'signal' | 'trace' | 'untilSent' | 'defer' | 'credentials'>,
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
  // This function waits for everything, since each layer of promises costs the call more than its own work.
  try {
    // A caller who left while limits were checked owes nothing.
    if (deadline.signal.aborted) throw deadline.signal.reason
    attempt.wasSent = true
    const response = await plan.send({ transport, clock, signal: deadline.signal })
    checkStatus(response, provider, plan.mayBeUnchanged)
    const { headers, rateHeaders } = readUpstreamHeaders(response, plan.answerHeaders, secrets, call.credentials.ownKey)
    nameTarget(headers, attempt)
    attempt.status = response.status
    attempt.upstreamRequestId = headers['x-upstream-request-id']
    const type = response.headers['content-type']?.toLowerCase() ?? ''
    const reading = plan.read(response, type)
    // Awaited only where it has to be: each turn of the queue costs the call more than its own work.
    const content = reading instanceof Promise ? await reading : reading
    if (content.kind === 'stream') {
      const body = startRelay(content, response.body, headers, type, { attempt, deadline, share, plan, call, ports })
      if (!deadline.hasCallerLeft())
        return { kind: 'answered', answer: { status: attempt.status, headers, rateHeaders, body } }
      body.cancel()
      return { kind: 'failed', error: new CallerGone() }
    }
    let whole: WholeResponse
    if (content.kind === 'refused') {
      whole = content.answer
    } else {
      const most = boundOf(ports)
      const bound = attempt.status < 400 || most.bytes < refusalBound.bytes ? most : refusalBound
      const gathered = gather(content.body, bound, share)
      // An error without end is still the provider's own, with its status.
      const bytes = await (attempt.status < 400 ? gathered : gathered.catch(toNothing))
      attempt.sawFirstByte()
      const isLong = bytes.length > shortBytes
      const read = content.toAnswer(isLong ? await secrets.hideLong(bytes, () => nextTurn(clock)) : secrets.hide(bytes))
      whole = read instanceof Promise ? await read : read
    }
    const { status, body } = whole
    Object.assign(headers, whole.headers)
    deadline.finish()
    attempt.status = status
    if (status < 400 && deadline.hasCallerLeft()) {
      share.giveBack()
      return endFailed(attempt, new CallerGone(), call)
    }
    const hasFailed = status >= 400 || whole.failure !== undefined
    // Before the attempt ends, which writes the record; an answer of 200 would make it `ok`.
    if (hasFailed && status < 400) call.trace.finish('upstream_error', { status, bytesOut: countBytes(body) })
    attempt.end(hasFailed ? 'upstream_error' : 'ok')
    if (deadline.hasCallerLeft()) {
      share.giveBack()
      return { kind: 'failed', error: new CallerGone() }
    }
    call.untilSent(share)
    const answer = { status, headers, rateHeaders, body }
    return status < 400
      ? { kind: 'answered', answer }
      : { kind: 'rejected', answer, isRegional: whole.isRegional === true }
  } catch (thrown) {
    share.giveBack()
    deadline.finish()
    return endFailed(attempt, deadline.signal.aborted ? deadline.signal.reason : thrown, call)
  }
}

/** An attempt whose answer is a stream, and all that the stream needs of it. */
interface Streaming {
  readonly attempt: Attempt
  readonly deadline: AttemptDeadline
  readonly share: BufferShare
  readonly plan: AttemptPlan
  readonly call: Pick<Call, 'trace' | 'defer'>
  readonly ports: Ports
}

/** The stream that goes on to the caller; `headers` become those of a stream. It ends the attempt, and gives the share back. */
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

/** Ends an attempt that threw; returns its result. What the provider refused or failed at costs nothing, also if the caller has left. */
function endFailed(attempt: Attempt, error: unknown, { signal }: Pick<Call, 'signal'>): AttemptResult {
  if (attempt.status >= 400) {
    attempt.end('upstream_error')
    return { kind: 'failed', error }
  }
  const failure = toFailure(error, isUpstreamFailure(error) ? undefined : signal)
  attempt.status = failure.status
  attempt.end(failure.outcome, failure.error?.code)
  return { kind: 'failed', error }
}

function toNothing(error: unknown): Uint8Array {
  if (error instanceof GatewayError && error.code === 'upstream_answer_too_large') return nothing
  throw error
}

const nothing = new Uint8Array()

/** Refusals are a page at most, and read in one step. */
const refusalBound: ByteBound = {
  bytes: 1_048_576,
  tooLarge: () => new GatewayError('upstream_answer_too_large', "The provider's refusal is over 1 MiB."),
}

/** The most that is gathered of one response. One for each settings, since every call needs it. */
const bounds = new WeakMap<Settings, ByteBound>()

export function boundOf({ settings, buffers }: Pick<Ports, 'settings' | 'buffers'>): ByteBound {
  const known = bounds.get(settings)
  if (known !== undefined) return known
  const bytes = Math.min(settings.limits.answerBytes, Math.floor(buffers.maxShareBytes))
  const message = `The provider's answer is over ${bytes} bytes.`
  const made = { bytes, tooLarge: () => new GatewayError('upstream_answer_too_large', message) }
  bounds.set(settings, made)
  return made
}

function nameTarget(headers: Record<string, string>, { provider, model, target }: Attempt): void {
  headers['x-weir-provider'] = provider
  if (model !== undefined) headers['x-weir-model'] = toHeaderValue(model)
  const { replacement } = target
  // Names of a provider's declaration, which are plain.
  if (replacement !== undefined)
    headers['x-weir-retired-model'] = `${replacement.model}; successor=${replacement.successor}`
}

/** A model's name may hold characters that no header can (S67). */
function toHeaderValue(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text.slice(0, 200) : encodeURIComponent(text).slice(0, 200)
}
