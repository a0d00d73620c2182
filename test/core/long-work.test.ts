import { setImmediate as yieldToEventLoop } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLongWork } from '../../src/core/long-work.ts'

test('case D5: runs one long job at a time and yields to the event loop between jobs, also if one fails', async () => {
  const done: string[] = []
  const doLongWork = createLongWork(async () => {
    await yieldToEventLoop()
    done.push('yield')
  })
  const work = (name: string) =>
    doLongWork(async (yieldNow) => {
      done.push(`${name} begins`)
      await yieldNow()
      done.push(`${name} ends`)
      if (name === 'b') throw new Error(name)
      return name
    })
  const results = await Promise.allSettled([work('a'), work('b'), work('c')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  const each = (name: string) => [`${name} begins`, 'yield', `${name} ends`]
  expect(done).toEqual([...each('a'), 'yield', ...each('b'), 'yield', ...each('c')])
})
