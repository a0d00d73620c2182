import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { Buffers } from '../../../src/core/buffers.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { type GatewayResponse, isByteStream } from '../../../src/core/gateway-response.ts'
import { operations } from '../../../src/dialects/operations.ts'
import type { Call } from '../../../src/pipeline/call/call.ts'
import { createCallTrace } from '../../../src/pipeline/call/call-trace.ts'
import { toCallRequest } from '../../../src/pipeline/call/read-request.ts'
import { type IdempotencyPorts, runIdempotent } from '../../../src/pipeline/idempotency/run-idempotent.ts'
import { nodeSecrets } from '../../../src/platform/node/node-secrets.ts'
import { openSqlite } from '../../../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../../../src/platform/node/storage/read-migrations.ts'
import { createSqlIdempotencyStore } from '../../../src/storage/sql/create-sql-idempotency-store.ts'
import { migrate } from '../../../src/storage/sql/migrate.ts'
import type { CallRecord } from '../../../src/telemetry/call-record.ts'
import { relayInTest } from '../../support/relay-in-test.ts'

export interface CallOptions {
  readonly owner?: string
  /** The header's value. */
  readonly key?: string
  readonly body?: object
  readonly isAnonymous?: boolean
}

/** One call passed to `runIdempotent`. */
export interface PendingCall {
  readonly response: Promise<GatewayResponse>
  /** The call sent to the provider, once it is sent; the test decides on the response. */
  readonly sent: readonly SentCall[]
  readonly records: readonly CallRecord[]
  /** The promises that keep a Worker alive. */
  readonly deferred: readonly Promise<unknown>[]
  leave(reason?: unknown): void
}

export interface SentCall {
  readonly call: Call
  respond(response: GatewayResponse): void
  fail(error: unknown): void
}

/** Servers on one store, whose clock moves only when the test says so. */
export interface Bench {
  /** Every call that was ever sent to the provider. */
  readonly sent: readonly SentCall[]
  call(options?: CallOptions): PendingCall
  /** Advances the clock and fires timers in order. */
  pass(ms: number): Promise<void>
  /** Kills the server: its calls stop and renew no lease. Another server replaces it. */
  crash(): void
  close(): void
}

/** The request body. */
export const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }

const day = 86_400_000

/** Relays a streamed response as the pipeline does. */
function toRelayed(response: GatewayResponse, { stages, trace, signal }: Call, clock: Clock): GatewayResponse {
  if (!isByteStream(response.body)) return response
  const isEvents = response.headers['content-type'] === 'text/event-stream'
  return { ...response, body: relayInTest(response.body, { stages, trace, clock, caller: signal, isEvents }).stream }
}

export async function openBench(storage?: IdempotencyPorts['storage']): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-idempotent-'))
  const database = openSqlite(join(folder, 'weir.db'))
  await migrate(database, readMigrations(join(import.meta.dirname, '../../../migrations')))
  const idempotency = createSqlIdempotencyStore(database)
  const sent: SentCall[] = []
  let now = 1_000 * day
  let timers: { readonly at: number; readonly action: () => void }[] = []
  let server = 0

  function clockOf(born: number) {
    return {
      now: () => now,
      monotonicMs: () => now,
      after(delayMs: number, action: () => void) {
        if (born !== server) return () => {}
        const timer = { at: now + delayMs, action }
        timers.push(timer)
        return () => {
          timers = timers.filter((other) => other !== timer)
        }
      },
    }
  }

  function call({ owner = 'key:ada', key = 'k1', body = chat, isAnonymous = false }: CallOptions = {}): PendingCall {
    const gone = new AbortController()
    const records: CallRecord[] = []
    const deferred: Promise<unknown>[] = []
    const own: SentCall[] = []
    const clock = clockOf(server)
    const log = { record: (record: CallRecord) => void records.push(record) }
    const trace = createCallTrace({ requestId: 'req_1', method: 'POST', arrivedAt: now, clock, log })
    const text = JSON.stringify(body)
    const request = toCallRequest({ text, object: JSON.parse(text) }, operations['chat.completions'])
    const call: Call = {
      operation: operations['chat.completions'],
      query: '',
      publicUrl: '',
      sessionId: undefined,
      trace,
      credentials: {
        token: undefined,
        ownKey: undefined,
        origin: undefined,
        host: undefined,
        isLocal: true,
        address: undefined,
      },
      headers: { accept: '*/*', 'idempotency-key': key },
      signal: gone.signal,
      releaseWhenSent: (share) => share.release(),
      idempotencyKey: key,
      defer: (work) => void deferred.push(work),
      body: { kind: 'read', request },
      arrivedAt: now,
      stages: [],
      holdsHeaders: true,
    }
    const send = (passed: Call): Promise<GatewayResponse> =>
      new Promise((resolve, fail) => {
        const respond = (response: GatewayResponse) => resolve(toRelayed(response, passed, clock))
        const one = { call: passed, respond, fail }
        own.push(one)
        sent.push(one)
      })
    const caller = { owner, keyId: 'key_1', isAnonymous }
    const ports = {
      clock,
      buffers: new Buffers(134_217_728),
      secrets: nodeSecrets,
      storage: storage === undefined ? { idempotency } : storage,
    }
    const response = runIdempotent(key, call, caller, request, send, ports)
    // The response of a killed server is awaited by no test.
    response.catch(() => undefined)
    return { response, sent: own, records, deferred, leave: (reason) => gone.abort(reason) }
  }

  return {
    sent,
    call,
    async pass(ms) {
      const until = now + ms
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.action()
        await yieldToEventLoop()
      }
      now = until
      await yieldToEventLoop()
    },
    crash() {
      server += 1
      timers = []
    },
    close() {
      database.close()
      rmSync(folder, { recursive: true })
    },
  }
}
