import { defaults } from '../../config/defaults.ts'
import { AbortSwitch, type Signal } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { Pieces } from '../../core/byte-stream.ts'
import { type Clock, yieldToEventLoop } from '../../core/clock.ts'
import { GatewayError } from '../../core/errors.ts'
import { type GatewayResponse, isByteStream } from '../../core/gateway-response.ts'
import { toHex } from '../../core/to-hex.ts'
import type { JsonBody } from '../../providers/provider.ts'
import type { IdempotencyStore, IdempotentRun, StoredResponse } from '../../storage/idempotency-store.ts'
import type { Call, Caller, CallRequest } from '../call/call.ts'
import { CallerGone, isTransient } from '../call/failure.ts'
import type { Ports } from '../call/ports.ts'
import type { Stage } from '../call/stage.ts'
import { replayResponse } from './replay-response.ts'

export interface IdempotencyPorts extends Pick<Ports, 'clock' | 'secrets' | 'buffers'> {
  readonly storage: { readonly idempotency: IdempotencyStore } | undefined
}

/**
 * Sends a call once per `Idempotency-Key` of its caller, and replays the response to further requests with the key
 * (R21, S78, P08). A call that failed such that a retry may succeed, or was cut short by a budget, is sent again.
 * The call continues after its caller disconnects, because a retry will request the response.
 * Rejects with GatewayError `idempotency_*`, `invalid_value`, `header_not_allowed`, `storage_not_configured` or
 * `store_unavailable`, and with the rejections of `send`.
 */
export async function runIdempotent(
  key: string,
  call: Call,
  caller: Caller,
  request: CallRequest,
  send: (call: Call) => Promise<GatewayResponse>,
  ports: IdempotencyPorts,
): Promise<GatewayResponse> {
  const { clock, secrets, buffers } = ports
  const body = checkKey(key, caller, request)
  const store = requireStore(ports)
  const { leaseMs, keptMs } = defaults.idempotency
  const now = clock.now()
  const run = { owner: caller.owner, key, runId: secrets.randomHex(16) }
  const fingerprint = await fingerprintOf(call, body, ports)
  const result = await store.claim({ ...run, fingerprint, now, leaseUntil: now + leaseMs, expiresAt: now + keptMs })
  switch (result.kind) {
    case 'claimed':
      return await sendOnce(call, send, holdKey(run, store, clock), buffers.open())
    case 'done':
      return replayResponse(requireBody(result.answer), call.trace)
    case 'running':
      throw new GatewayError(
        'idempotency_in_progress',
        'The first call with this Idempotency-Key is still running. Retry later.',
      )
    case 'lost':
      throw unknown('the server that ran it stopped before it ended')
    case 'mismatch':
      throw new GatewayError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another endpoint or body. Use a new key for each call.',
        { param: header },
      )
  }
}

const header = 'Idempotency-Key'

/** Returns the body. Refuses a call whose repetition cannot be prevented, because its caller relies on that. */
function checkKey(key: string, caller: Caller, { body }: CallRequest): JsonBody {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID.'
    throw new GatewayError('invalid_value', message, { param: header })
  }
  if (caller.isAnonymous) {
    const message =
      'Anonymous callers cannot use Idempotency-Key, because they all share one identity. Leave the header out.'
    throw new GatewayError('header_not_allowed', message, { param: header })
  }
  if (body.kind === 'json') return body
  const message =
    'Idempotency-Key needs a JSON body: a form is relayed unread, and equal forms differ in their bytes. Leave the header out.'
  throw new GatewayError('header_not_allowed', message, { param: header })
}

function requireStore({ storage }: IdempotencyPorts): IdempotencyStore {
  if (storage !== undefined) return storage.idempotency
  throw new GatewayError(
    'storage_not_configured',
    'Idempotency-Key needs storage, which is off on this server. Leave the header out, or ask the operator to set STORAGE_PATH (Node) or bind DB (Workers).',
  )
}

/** Characters of a long string digested in one step. */
const digestedLength = 4 * 1_048_576

/**
 * Only the last part can contain a line break, so different calls never have the same input. Holders of one key may
 * have different accounts with a provider: the credential is a part, and only as a digest.
 */
async function fingerprintOf(
  { operation, query, sessionId = '', credentials: { providerHeaders } }: Call,
  { text, longs = [] }: JsonBody,
  { secrets, clock }: IdempotencyPorts,
): Promise<string> {
  const digests: string[] = []
  if (providerHeaders !== undefined)
    digests.push(`credential ${toHex(secrets.digest(JSON.stringify(providerHeaders)))}`)
  for (const long of longs) {
    digests.push(String(long.length))
    for (let at = 0; at < long.length; at += digestedLength) {
      digests.push(toHex(secrets.digest(long.slice(at, at + digestedLength))))
      await yieldToEventLoop(clock)
    }
  }
  return toHex(secrets.digest([operation.name, query, sessionId, ...digests, text].join('\n')))
}

function requireBody(response: StoredResponse): StoredResponse & { readonly body: Uint8Array } {
  const { body } = response
  if (body === undefined) throw unknown('its response was too long to be stored')
  return { ...response, body }
}

function unknown(why: string): GatewayError {
  const message = `The call with this Idempotency-Key was sent, but its response is lost: ${why}. Use a new key to send the call again.`
  return new GatewayError('idempotency_unknown', message)
}

async function sendOnce(
  call: Call,
  send: (call: Call) => Promise<GatewayResponse>,
  key: HeldKey,
  share: BufferShare,
): Promise<GatewayResponse> {
  const finished = Promise.withResolvers<void>()
  call.defer(finished.promise)
  const releaseTrace = call.trace.hold()
  let isFinished = false
  const end = async (last: () => Promise<void>) => {
    if (isFinished) return
    isFinished = true
    await last()
    share.release()
    releaseTrace()
    finished.resolve()
  }
  const copy = createCopy(share)
  let response: GatewayResponse | undefined
  const stage: Stage = {
    outlivesClient: true,
    onBytes: copy.add,
    onEnd: ({ isWhole }) =>
      end(() => (isWhole && response !== undefined ? key.keep(toStored(response, copy.bytes())) : key.release())),
  }
  // Removed, because two callers' keys may be equal while the provider's account is shared.
  const { 'idempotency-key': _key, ...headers } = call.headers
  try {
    // Nothing was sent yet.
    if (call.signal.aborted) throw new CallerGone()
    const stages = [...call.stages, stage]
    const result = await send({ ...call, headers, stages, signal: toServerSignal(call.signal) })
    response = result
    const { body } = result
    if (!isByteStream(body)) {
      const isFinal = result.isTruncated !== true && !isTransient(result.status)
      await end(() => (isFinal ? key.keep(toStored(result, toBytes(body))) : key.release()))
      return result
    }
    // A client that disconnected before the response arrived never starts it.
    const leave = () => body.cancel()
    if (call.signal.aborted) leave()
    else call.signal.addEventListener('abort', leave)
    return result
  } catch (error) {
    await end(() => key.release())
    throw error
  }
}

/** A claimed key, until its end. Neither method rejects: a key that cannot be released is lost after its lease. */
interface HeldKey {
  keep(response: StoredResponse): Promise<void>
  release(): Promise<void>
}

/** Renews the lease until the call has ended. */
function holdKey(run: IdempotentRun, store: IdempotencyStore, clock: Clock): HeldKey {
  const { leaseMs, renewMs, keptMs } = defaults.idempotency
  let stop = clock.after(renewMs, renew)

  function renew(): void {
    store.renew(run, clock.now() + leaseMs).catch(() => false)
    stop = clock.after(renewMs, renew)
  }

  async function end(last: Promise<unknown>): Promise<void> {
    stop()
    await last.catch(() => undefined)
  }

  return {
    keep: (response) => end(store.keep(run, response, clock.now() + keptMs)),
    release: () => end(store.release(run)),
  }
}

/** Aborts if the server itself must end the call, but not if its caller disconnects. */
function toServerSignal(signal: Signal): Signal {
  const server = new AbortSwitch()
  const follow = () => {
    if (signal.reason instanceof GatewayError) server.abort(signal.reason)
  }
  if (signal.aborted) follow()
  else signal.addEventListener('abort', follow)
  return server
}

/** Copies the bytes of a streamed response as sent, while they are short enough to store and memory is left. */
function createCopy(share: BufferShare) {
  const pieces = new Pieces()
  let isTooLong = false
  return {
    add(bytes: Uint8Array) {
      if (isTooLong) return
      pieces.add(bytes)
      isTooLong = pieces.length > defaults.idempotency.answerBytes || !share.resize(pieces.length)
      if (isTooLong) pieces.clear()
    },
    bytes: () => (isTooLong ? undefined : pieces.join()),
  }
}

function toStored(
  { status, headers, callHeaders = {} }: GatewayResponse,
  body: Uint8Array | undefined,
): StoredResponse {
  const { 'x-generation-id': generation, 'x-session-id': session } = callHeaders
  const storedHeaders = {
    ...headers,
    ...(generation !== undefined && { 'x-generation-id': generation }),
    ...(session !== undefined && { 'x-session-id': session }),
  }
  const isShort = body !== undefined && body.length <= defaults.idempotency.answerBytes
  return { status, headers: storedHeaders, body: isShort ? body : undefined }
}

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}
