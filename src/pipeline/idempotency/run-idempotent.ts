import { defaults } from '../../config/defaults.ts'
import { AbortSwitch, type Signal } from '../../core/abort-switch.ts'
import type { BufferShare } from '../../core/buffers.ts'
import { Pieces } from '../../core/byte-stream.ts'
import { type Clock, nextTurn } from '../../core/clock.ts'
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
 * Makes a call once under its caller's `Idempotency-Key`, and repeats the answer to each further request with the key (R21, S78, P08); a call that
 * failed so that a retry may succeed, or was cut short by a budget, is made again.
 * It continues after its caller leaves, because a retry will ask for the answer.
 * Rejects with GatewayError `idempotency_*`, `invalid_value`, `header_not_allowed`, `storage_not_configured` or `store_unavailable`, and with
 * what `make` rejects with.
 */
export async function runIdempotent(
  key: string,
  call: Call,
  caller: Caller,
  request: CallRequest,
  make: (call: Call) => Promise<GatewayResponse>,
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
      return await makeOnce(call, make, holdKey(run, store, clock), buffers.open())
    case 'done':
      return replayResponse(requireBody(result.answer), call.trace)
    case 'running':
      throw new GatewayError(
        'idempotency_in_progress',
        'The first call with this Idempotency-Key is still running. Ask again.',
      )
    case 'lost':
      throw unknown('the server that made it stopped before it ended')
    case 'mismatch':
      throw new GatewayError(
        'idempotency_mismatch',
        'This Idempotency-Key was used for another endpoint or body. Use a new key for each call.',
        { param: header },
      )
  }
}

const header = 'Idempotency-Key'

/** The body. A call whose repetition could not be prevented is refused, since its caller relies on that. */
function checkKey(key: string, caller: Caller, { body }: CallRequest): JsonBody {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    const message = 'Idempotency-Key must be 1 to 255 printable ASCII characters, such as a UUID.'
    throw new GatewayError('invalid_value', message, { param: header })
  }
  if (caller.isAnonymous) {
    const message =
      'Anonymous callers cannot use Idempotency-Key, since all of them are one caller. Leave the header out.'
    throw new GatewayError('header_not_allowed', message, { param: header })
  }
  if (body.kind === 'json') return body
  const message =
    'Idempotency-Key is for JSON bodies: a form passes as it comes, and two of the same are never equal. Leave the header out.'
  throw new GatewayError('header_not_allowed', message, { param: header })
}

function requireStore({ storage }: IdempotencyPorts): IdempotencyStore {
  if (storage !== undefined) return storage.idempotency
  throw new GatewayError(
    'storage_not_configured',
    'This server keeps nothing, so it cannot do what Idempotency-Key asks for. Leave the header out, or have its operator set STORAGE_PATH (Node) or bind DB (Workers).',
  )
}

/** Characters of a long string that are digested in one step. */
const digestedLength = 4 * 1_048_576

/** Only the last part can hold a line break, so different calls never give the same text. */
async function fingerprintOf(
  { operation, query, sessionId = '' }: Call,
  { text, longs = [] }: JsonBody,
  { secrets, clock }: IdempotencyPorts,
): Promise<string> {
  const digests: string[] = []
  for (const long of longs) {
    digests.push(String(long.length))
    for (let at = 0; at < long.length; at += digestedLength) {
      digests.push(toHex(secrets.digest(long.slice(at, at + digestedLength))))
      await nextTurn(clock)
    }
  }
  return toHex(secrets.digest([operation.name, query, sessionId, ...digests, text].join('\n')))
}

function requireBody(answer: StoredResponse): StoredResponse & { readonly body: Uint8Array } {
  const { body } = answer
  if (body === undefined) throw unknown('its answer was too long to be kept')
  return { ...answer, body }
}

function unknown(why: string): GatewayError {
  const message = `The call with this Idempotency-Key was made, and is not made again; ${why}. Use a new key to make it anew.`
  return new GatewayError('idempotency_unknown', message)
}

async function makeOnce(
  call: Call,
  make: (call: Call) => Promise<GatewayResponse>,
  key: HeldKey,
  share: BufferShare,
): Promise<GatewayResponse> {
  const over = Promise.withResolvers<void>()
  call.defer(over.promise)
  const letGo = call.trace.hold()
  let isOver = false
  const end = async (last: () => Promise<void>) => {
    if (isOver) return
    isOver = true
    await last()
    share.giveBack()
    letGo()
    over.resolve()
  }
  const copy = createCopy(share)
  let answer: GatewayResponse | undefined
  const stage: Stage = {
    outlivesReader: true,
    onBytes: copy.add,
    onEnd: ({ isWhole }) =>
      end(() => (isWhole && answer !== undefined ? key.keep(toKept(answer, copy.bytes())) : key.release())),
  }
  // Two callers' keys may be the same, and the account at the provider is one.
  const { 'idempotency-key': _key, ...headers } = call.headers
  try {
    // Nothing was sent yet.
    if (call.signal.aborted) throw new CallerGone()
    const stages = [...call.stages, stage]
    const made = await make({ ...call, headers, stages, signal: toServerSignal(call.signal) })
    answer = made
    const { body } = made
    if (!isByteStream(body)) {
      const isFinal = made.isCut !== true && !isTransient(made.status)
      await end(() => (isFinal ? key.keep(toKept(made, toBytes(body))) : key.release()))
      return made
    }
    // A reader who has left before the answer came never starts it.
    const leave = () => body.cancel()
    if (call.signal.aborted) leave()
    else call.signal.addEventListener('abort', leave)
    return made
  } catch (error) {
    await end(() => key.release())
    throw error
  }
}

/** A claimed key, from its claim to its end. Neither rejects: a key that cannot be given back counts as lost after a while. */
interface HeldKey {
  keep(answer: StoredResponse): Promise<void>
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
    keep: (answer) => end(store.keep(run, answer, clock.now() + keptMs)),
    release: () => end(store.release(run)),
  }
}

/** Aborts where the server itself must end the call, and not where its caller leaves. */
function toServerSignal(signal: Signal): Signal {
  const server = new AbortSwitch()
  const follow = () => {
    if (signal.reason instanceof GatewayError) server.abort(signal.reason)
  }
  if (signal.aborted) follow()
  else signal.addEventListener('abort', follow)
  return server
}

/** The bytes of a streamed answer as its reader gets them, as long as they are short enough to be kept, and there is room for them. */
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

function toKept({ status, headers, callHeaders = {} }: GatewayResponse, body: Uint8Array | undefined): StoredResponse {
  const { 'x-generation-id': generation, 'x-session-id': session } = callHeaders
  const kept = {
    ...headers,
    ...(generation !== undefined && { 'x-generation-id': generation }),
    ...(session !== undefined && { 'x-session-id': session }),
  }
  const isShort = body !== undefined && body.length <= defaults.idempotency.answerBytes
  return { status, headers: kept, body: isShort ? body : undefined }
}

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body
}
