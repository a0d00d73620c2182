import { afterEach, expect, test, vi } from 'vitest'
import { createDemo } from './demo-harness.ts'

const hello = { model: 'demo/chat', messages: [{ role: 'user', content: 'Hello' }] }

/** Number of loads that fail before one succeeds. */
const failures = vi.hoisted(() => ({ left: 0 }))

vi.mock('../../src/providers/demo/create-demo.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../src/providers/demo/create-demo.ts')>()
  return {
    createDemo(wordDelayMs: number) {
      failures.left -= 1
      if (failures.left >= 0) throw new Error('The demo cannot be loaded.')
      return original.createDemo(wordDelayMs)
    },
  }
})

afterEach(() => {
  failures.left = 0
})

test('retries a failed load of the demo with the next call', async () => {
  failures.left = 1
  const demo = createDemo()
  await expect(demo.post('chat.completions', hello)).rejects.toThrow('cannot be loaded')
  expect((await demo.post('chat.completions', hello)).status).toBe(200)
})

test('S71 never awaits another call’s load of the demo, and shares the first one that succeeds', async () => {
  failures.left = 1
  const demo = createDemo()
  const calls = [1, 2, 3].map(() => demo.post('chat.completions', hello))
  const [first, ...others] = await Promise.allSettled(calls)
  expect(first?.status).toBe('rejected')
  const ids = others.map((other) => other.status === 'fulfilled' && other.value.headers['x-request-id'])
  expect(new Set(ids).size).toBe(2)
  expect(ids).not.toContain(false)
})
