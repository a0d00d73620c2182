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
import { type CallPlan, planTargets } from '../../src/pipeline/routing/plan-targets.ts'
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
  /** Plans a call of the model `m`, whose route tries both targets in order. */
  plan(call: Call, request?: CallRequest): CallPlan
  /** A call with the operator's token, and the switch that reports that its caller has disconnected. */
  toCall(body: object, fields?: Partial<Call>): { readonly call: Call; readonly gone: AbortSwitch }
  /** Resolves when all deferred work of the calls is done. */
  drained(): Promise<void>
  /** The usage records, after all deferred work is done. */
  usageRecords(): Promise<readonly RecordRow[]>
  /** Ids of the open reservations in the database. */
  openIds(): readonly string[]
}

export const token = 'a-token-for-the-tests-of-the-pipeline'

export const caller: Caller = { owner: 'key:test', keyId: 'token', isAnonymous: false }

/** A trace that ignores everything. */
export const silentTrace: CallTrace = {
  requestId: 'req_silent',
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

/** Opens a pipeline that closes after the test, which fails if a reservation was dropped or settled twice. */
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
      // The order of the two, for calls of the model `m`.
      routes: {
        m: {
          targets: [{ model: 'first/first-model' }, { model: 'second/second-model' }],
          on_failure: { unknown_outcome: ['next'], timeout: ['next'] },
        },
      },
      prices: { 'first/*': { input: 2, output: 8 }, 'second/*': { input: 1, output: 4 } },
      ...config,
    },
    platform: 'node',
  })
  const { ports: opened, close } = await openPorts(settings, () => {})
  closers.push(close)
  if (opened.metering === undefined) throw new Error('metering is off')
  const watched = watchReservations(opened.metering.ledger)
  closers.push(async () => watched.expectAllSettled())
  const ports = { ...opened, metering: { ...opened.metering, ledger: watched.ledger } }
  const targets = ['first', 'second'].map((id) => {
    const provider = ports.registry.find(id)
    if (provider === undefined) throw new Error(`provider ${id} does not exist`)
    return { provider, model: `${id}-model` }
  })
  const deferred: Promise<unknown>[] = []
  const records: CallRecord[] = []
  const drained = async () => {
    for (let work = deferred.shift(); work !== undefined; work = deferred.shift()) await work
  }
  function all(sql: string): unknown {
    const database = new DatabaseSync(join(folder, 'weir.db'), { timeout: 5_000 })
    try {
      return database.prepare(sql).all()
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
    plan: (call, request = toRequest({ model: 'm', messages: [] })) => planTargets(request, call, caller, ports),
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
        releaseWhenSent: (share) => share.release(),
        defer: (work) => void deferred.push(work),
        ...fields,
      }
      return { call, gone }
    },
    drained,
    async usageRecords() {
      await drained()
      return all('SELECT * FROM call_records ORDER BY seq') as readonly RecordRow[]
    },
    openIds: () => (all('SELECT id FROM open_calls') as readonly RecordRow[]).map(({ id }) => id),
  }
}

export function toRequest(object: object): CallRequest {
  const text = JSON.stringify(object)
  return toCallRequest({ text, object: JSON.parse(text) }, operations['chat.completions'])
}
