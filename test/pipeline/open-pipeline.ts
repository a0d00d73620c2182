import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { AbortSwitch } from '../../src/core/abort-switch.ts'
import { operations } from '../../src/dialects/operations.ts'
import type { Call, Caller, CallRequest } from '../../src/pipeline/call/call.ts'
import { type CallTrace, createCallTrace } from '../../src/pipeline/call/call-trace.ts'
import type { Ports } from '../../src/pipeline/call/ports.ts'
import { toCallRequest } from '../../src/pipeline/call/read-request.ts'
import { openPorts } from '../../src/platform/node/open-ports.ts'
import type { Target } from '../../src/providers/registry.ts'
import type { CallRecord } from '../../src/telemetry/call-record.ts'
import type { RecordRow } from '../faults/read-records.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { watchReservations } from '../support/watch-reservations.ts'

/** The pipeline with a SQLite ledger and two providers, `first` and `second`, behind real sockets. */
export interface Pipeline {
  readonly ports: Ports
  readonly first: ScriptedUpstream
  readonly second: ScriptedUpstream
  readonly targets: readonly Target[]
  readonly records: readonly CallRecord[]
  /** A call of the operator's token, and the switch that says that its caller has left. */
  toCall(body: object, fields?: Partial<Call>): { readonly call: Call; readonly gone: AbortSwitch }
  /** Resolves when everything that calls have left to be done is done. */
  settled(): Promise<void>
  /** The book, once everything is settled. */
  book(): Promise<readonly RecordRow[]>
  /** Of the reservations that the database has open. */
  openIds(): readonly string[]
}

export const token = 'a-token-for-the-tests-of-the-pipeline'

export const caller: Caller = { owner: 'key:test', keyId: 'token', isAnonymous: false }

/** A trace that hears nothing and says nothing. */
export const deafTrace: CallTrace = {
  requestId: 'req_deaf',
  add() {},
  beginAttempt() {},
  endAttempt() {},
  finish() {},
  hold: () => () => {},
}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  const failures: unknown[] = []
  for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
})

/** Closed after each test, which fails where a reservation was dropped or settled twice. */
export async function openPipeline(config: object = {}, firstFields: object = {}): Promise<Pipeline> {
  const folder = await mkdtemp(join(tmpdir(), 'weir-pipeline-'))
  closers.push(() => rm(folder, { recursive: true }))
  const [first, second] = [await startScriptedUpstream(), await startScriptedUpstream()]
  closers.push(first.close, second.close)
  const settings = parseSettings({
    env: { STORAGE_PATH: folder, TOKEN: token },
    config: {
      providers: {
        first: { kind: 'custom', base_url: `${first.url}/v1`, ...firstFields },
        second: { kind: 'custom', base_url: `${second.url}/v1` },
      },
      prices: { 'first/*': { input: 2, output: 8 }, 'second/*': { input: 1, output: 4 } },
      ...config,
    },
    platform: 'node',
  })
  const { ports: opened, close } = await openPorts(settings, () => {})
  closers.push(close)
  if (opened.metering === undefined) throw new Error('the books are not open')
  const watched = watchReservations(opened.metering.ledger)
  closers.push(async () => watched.expectAllSettled())
  const ports = { ...opened, metering: { ...opened.metering, ledger: watched.ledger } }
  const targets = ['first', 'second'].map((id) => {
    const provider = ports.registry.find(id)
    if (provider === undefined) throw new Error(`there is no provider ${id}`)
    return { provider, model: `${id}-model` }
  })
  const deferred: Promise<unknown>[] = []
  const records: CallRecord[] = []
  const settled = async () => {
    for (let work = deferred.shift(); work !== undefined; work = deferred.shift()) await work
  }
  function all(text: string): unknown {
    const database = new DatabaseSync(join(folder, 'weir.db'), { timeout: 5_000 })
    try {
      return database.prepare(text).all()
    } finally {
      database.close()
    }
  }

  return {
    ports,
    first,
    second,
    targets,
    records,
    toCall(body, fields = {}) {
      const gone = new AbortSwitch()
      const { clock } = ports
      const arrivedAt = clock.monotonicMs()
      const log = { record: (record: CallRecord) => void records.push(record) }
      const call: Call = {
        operation: operations['chat.completions'],
        credentials: {
          token: undefined,
          ownKey: undefined,
          origin: undefined,
          host: undefined,
          isLocal: true,
          address: undefined,
        },
        caller,
        body: { kind: 'read', request: toRequest(body) },
        query: '',
        headers: {},
        signal: gone,
        arrivedAt,
        trace: createCallTrace({ requestId: 'req_test', method: 'POST', arrivedAt, clock, log }),
        publicUrl: '',
        sessionId: undefined,
        stages: [],
        holdsHeaders: true,
        untilSent: (share) => share.giveBack(),
        defer: (work) => void deferred.push(work),
        ...fields,
      }
      return { call, gone }
    },
    settled,
    async book() {
      await settled()
      return all('SELECT * FROM call_records ORDER BY seq') as readonly RecordRow[]
    },
    openIds: () => (all('SELECT id FROM open_calls') as readonly RecordRow[]).map(({ id }) => id),
  }
}

export function toRequest(object: object): CallRequest {
  const text = JSON.stringify(object)
  return toCallRequest({ text, object: JSON.parse(text) }, operations['chat.completions'])
}
