import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createLongWork } from '../../src/core/long-work.ts'

test('case D5: runs one long job at a time and yields to the event loop between jobs, also if one fails', async () => {
  const done: string[] = []
  const doLongWork = createLongWork(async () => {
    await nextTurn()
    done.push('turn')
  })
  const work = (name: string) =>
    doLongWork(async (endTurn) => {
      done.push(`${name} begins`)
      await endTurn()
      done.push(`${name} ends`)
      if (name === 'b') throw new Error(name)
      return name
    })
  const results = await Promise.allSettled([work('a'), work('b'), work('c')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  const each = (name: string) => [`${name} begins`, 'turn', `${name} ends`]
  expect(done).toEqual([...each('a'), 'turn', ...each('b'), 'turn', ...each('c')])
})
