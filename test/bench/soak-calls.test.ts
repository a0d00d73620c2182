import { Agent, createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../../bench/crash/create-random.ts'
import { judgeFigures } from '../../bench/soak/judge-figures.ts'
import { makeCall } from '../../bench/soak/make-call.ts'
import { type CallPlan, planCall } from '../../bench/soak/plan-call.ts'
import { createSoakKeys } from '../../bench/soak/soak-keys.ts'
import type { SoakSample } from '../../bench/soak/soak-sample.ts'

const plan: CallPlan = {
  ...planCall('call-1', { random: createRandom(1), keys: createSoakKeys(1), sessions: [] }),
  ...{ kind: 'chat', method: 'POST', path: '/', body: '{}', ending: '}', statuses: [200] },
  ...{ booked: { inputTokens: 1, outputTokens: 2, costNano: 3 } },
  ...{ leavesAfterMs: undefined, sendsHalf: false, readPauseMs: 0, closes: true },
}

describe('a call of the soak', () => {
  test('is whole if status and end are correct, and then has the expected usage of its record', async () => {
    const origin = await serve((_, response) => void response.end('{"a":1}'))
    const { entry } = await makeCall(origin, plan, new Agent())
    expect(entry).toEqual({ kind: 'whole', inputTokens: 1, outputTokens: 2, costNano: 3 })
    const stream = await makeCall(origin, { ...plan, ending: 'data: [DONE]\n\n' }, new Agent())
    expect(stream.entry).toEqual({ kind: 'broken' })
  })

  test('is refused if the response is an error, also with status 200', async () => {
    for (const status of [200, 503]) {
      const origin = await serve((_, response) => {
        response.writeHead(status).end('{"error":{"message":"m","code":"store_unavailable"}}')
      })
      const end = await makeCall(origin, plan, new Agent())
      expect(end).toMatchObject({ entry: { kind: 'refused', status }, status, code: 'store_unavailable' })
    }
  })

  test('is broken if its response breaks off, and unsent if no server listens', async () => {
    const origin = await serve((_, response) => {
      response.write('{"a":', () => response.destroy())
    })
    expect((await makeCall(origin, plan, new Agent())).entry).toEqual({ kind: 'broken' })
    expect((await makeCall('http://127.0.0.1:1', plan, new Agent())).entry).toEqual({ kind: 'unsent' })
  })

  test('is left if its caller disconnects, whatever the server does', async () => {
    const origin = await serve(() => {})
    expect((await makeCall(origin, { ...plan, leavesAfterMs: 5 }, new Agent())).entry).toEqual({ kind: 'left' })
    expect((await makeCall(origin, { ...plan, sendsHalf: true }, new Agent())).entry).toEqual({ kind: 'left' })
  })

  test('covers every kind over time, and repeats for the same seed', () => {
    const plans = planMany(7)
    expect(new Set(plans.map(({ kind }) => kind)).size).toBe(15)
    expect(new Set(plans.map(({ upstream }) => upstream.fault)).size).toBe(9)
    expect(planMany(7).map(({ kind }) => kind)).toEqual(plans.map(({ kind }) => kind))
  })
})

describe('the figures of a soak', () => {
  const flat: SoakSample = {
    ...{ minutes: 0, residentMiB: 100, heapMiB: 20, externalMiB: 10, files: 60, loopP99Ms: 5 },
    ...{ packMiB: 200, databaseMiB: 1, walMiB: 64, openCalls: 20, calls: 0 },
  }

  function judge(change: (sample: SoakSample) => Partial<SoakSample>) {
    const samples = Array.from({ length: 100 }, (_, index): SoakSample => {
      const sample = { ...flat, minutes: index / 60, calls: index * 100 }
      return { ...sample, ...change(sample) }
    })
    return judgeFigures(samples).filter(({ verdict }) => verdict !== 'flat')
  }

  test('are flat if they are constant, and also if they grow only at the start', () => {
    expect(judge(() => ({}))).toEqual([])
    expect(judge(({ minutes }) => ({ residentMiB: minutes < 0.3 ? 50 : 150 }))).toEqual([])
  })

  test('are reported if they grow, if calls become fewer, and if they were never measured', () => {
    expect(judge(({ minutes }) => ({ residentMiB: 100 + minutes * 60 }))).toMatchObject([
      { title: 'resident memory', verdict: 'grows' },
    ])
    expect(judge(({ minutes, calls }) => ({ calls: minutes > 1.3 ? 7_800 : calls }))).toMatchObject([
      { title: 'calls per second', verdict: 'falls' },
    ])
    expect(judge(() => ({ heapMiB: Number.NaN }))).toMatchObject([{ verdict: 'not measured' }])
  })
})

function planMany(seed: number): CallPlan[] {
  const random = createRandom(seed)
  const sources = { random, keys: createSoakKeys(1), sessions: ['session_1'] }
  return Array.from({ length: 1_000 }, (_, index) => planCall(`call-${index}`, sources))
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
