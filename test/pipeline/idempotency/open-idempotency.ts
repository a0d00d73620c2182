import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
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

export interface Asking {
  readonly owner?: string
  /** Null sends none. */
  readonly key?: string
  readonly body?: object
  readonly isAnonymous?: boolean
}

/** One call on its way through `runIdempotent`. */
export interface Asked {
  readonly answer: Promise<GatewayResponse>
  /** What the provider is asked, once it is; the answer is whatever the test gives. */
  readonly made: readonly Made[]
  readonly records: readonly CallRecord[]
  /** What keeps a Worker alive. */
  readonly deferred: readonly Promise<unknown>[]
  leave(reason?: unknown): void
}

export interface Made {
  readonly call: Call
  give(answer: GatewayResponse): void
  fail(error: unknown): void
}

/** Servers on one store, whose time stands still until the test lets it pass. */
export interface Bench {
  /** Everything that was ever asked of the provider. */
  readonly made: readonly Made[]
  ask(asking?: Asking): Asked
  /** Lets timers fire in their order. */
  pass(ms: number): Promise<void>
  /** The server is gone: its calls stand where they stood, and give no sign any more. Another one takes its place. */
  crash(): void
  close(): void
}

/** What the provider is asked. */
export const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello!' }] }

const day = 86_400_000

/** A streamed answer as the pipeline gives it. */
function toRelayed(answer: GatewayResponse, { stages, trace, signal }: Call, clock: Clock): GatewayResponse {
  if (!isByteStream(answer.body)) return answer
  const isEvents = answer.headers['content-type'] === 'text/event-stream'
  return { ...answer, body: relayInTest(answer.body, { stages, trace, clock, caller: signal, isEvents }).stream }
}

export async function openBench(storage?: IdempotencyPorts['storage']): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-idempotent-'))
  const database = openSqlite(join(folder, 'weir.db'))
  await migrate(database, readMigrations(join(import.meta.dirname, '../../../migrations')))
  const idempotency = createSqlIdempotencyStore(database)
  const made: Made[] = []
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

  function ask({ owner = 'key:ada', key = 'k1', body = chat, isAnonymous = false }: Asking = {}): Asked {
    const gone = new AbortController()
    const records: CallRecord[] = []
    const deferred: Promise<unknown>[] = []
    const own: Made[] = []
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
      untilSent: (share) => share.giveBack(),
      idempotencyKey: key,
      defer: (work) => void deferred.push(work),
      body: { kind: 'read', request },
      arrivedAt: now,
      stages: [],
      holdsHeaders: true,
    }
    const make = (passed: Call): Promise<GatewayResponse> =>
      new Promise((resolve, fail) => {
        const give = (answer: GatewayResponse) => resolve(toRelayed(answer, passed, clock))
        const one = { call: passed, give, fail }
        own.push(one)
        made.push(one)
      })
    const caller = { owner, keyId: 'key_1', isAnonymous }
    const ports = {
      clock,
      buffers: new Buffers(134_217_728),
      secrets: nodeSecrets,
      storage: storage === undefined ? { idempotency } : storage,
    }
    const answer = runIdempotent(key, call, caller, request, make, ports)
    // What a server that was killed would have answered, nobody waits for.
    answer.catch(() => undefined)
    return { answer, made: own, records, deferred, leave: (reason) => gone.abort(reason) }
  }

  return {
    made,
    ask,
    async pass(ms) {
      const until = now + ms
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= until).sort((left, right) => left.at - right.at)
        if (next === undefined) break
        timers = timers.filter((timer) => timer !== next)
        now = Math.max(now, next.at)
        next.action()
        await nextTurn()
      }
      now = until
      await nextTurn()
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
