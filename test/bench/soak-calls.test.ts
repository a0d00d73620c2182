import { Agent, createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createRandom } from '../../bench/crash/create-random.ts'
import { makeCall } from '../../bench/soak/make-call.ts'
import { type CallPlan, planCall } from '../../bench/soak/plan-call.ts'

const plan: CallPlan = {
  ...{ kind: 'json', method: 'POST', path: '/', token: 'token', body: '{}', status: 200, ending: '}' },
  ...{ leavesAfterMs: undefined, sendsHalf: false, readPauseMs: 0, closes: true },
}

test('an answer is right by its status and its end', async () => {
  const origin = await serve((_, response) => void response.end('{"a":1}'))
  expect(await makeCall(origin, plan, new Agent())).toBe('right')
  expect(await makeCall(origin, { ...plan, status: 401 }, new Agent())).toEqual({
    fault: 'json: status 200, not 401',
  })
  expect(await makeCall(origin, { ...plan, ending: 'data: [DONE]\n\n' }, new Agent())).toEqual({
    fault: 'json: is not whole',
  })
})

test('an answer that breaks off is a fault, unless it was to', async () => {
  const origin = await serve((_, response) => {
    response.write('{"a":', () => response.destroy())
  })
  expect(await makeCall(origin, plan, new Agent())).toMatchObject({ fault: expect.stringContaining('json: ') })
  expect(await makeCall(origin, { ...plan, ending: undefined }, new Agent())).toBe('right')
})

test('a caller that leaves does so, whatever the server does', async () => {
  const origin = await serve(() => {})
  expect(await makeCall(origin, { ...plan, leavesAfterMs: 5 }, new Agent())).toBe('left')
  expect(await makeCall(origin, { ...plan, sendsHalf: true }, new Agent())).toBe('left')
})

test('every kind of call is planned, and the same seed plans the same', () => {
  const plans = planMany(7)
  expect(new Set(plans.map(({ kind }) => kind)).size).toBe(12)
  expect(plans.filter(({ kind }) => kind === 'silent').every(({ leavesAfterMs = 0 }) => leavesAfterMs > 0)).toBe(true)
  expect(planMany(7)).toEqual(plans)
})

function planMany(seed: number): CallPlan[] {
  const random = createRandom(seed)
  return Array.from({ length: 1_000 }, () => planCall(random))
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
