import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { NewMessage, SessionStore } from '../../../src/storage/session-store.ts'
import { createMemorySessionStore } from '../model/create-memory-session-store.ts'
import type { OpenSessionStore } from './session-store.ts'

type Step = (store: SessionStore) => Promise<unknown>

/** Runs random sequences of calls on the store and on the in-memory reference, and compares every result. */
export function modelSessionStore(name: string, open: () => Promise<OpenSessionStore>, numRuns: number): void {
  it(`session store: ${name} returns the same results as the reference for any sequence of calls`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const reference = createMemorySessionStore()
        const { store, close } = await open()
        try {
          for (const take of steps) expect(await take(store)).toEqual(await take(reference))
        } finally {
          await close()
        }
      }),
      { numRuns },
    )
  })
}

const owner = fc.constantFrom('ada', 'bob')
const id = fc.constantFrom('s1', 's2', 's3')
const now = fc.nat({ max: 20 })
const limit = fc.integer({ min: 1, max: 4 })
const position = fc.option(fc.nat({ max: 9 }), { nil: undefined })
const title = fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined })

const message: fc.Arbitrary<NewMessage> = fc.record({
  id: fc.constantFrom('msg_1', 'msg_2'),
  role: fc.constantFrom('user', 'assistant', 'system', 'developer', 'tool'),
  content: fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null), fc.array(toPlainJson())),
  otherFields: fc.option(fc.dictionary(fc.string(), toPlainJson()), { nil: undefined }),
  status: fc.constantFrom('complete', 'incomplete'),
  model: fc.option(fc.string(), { nil: undefined }),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: define([owner, id, now, title], (store, [owner, id, now, title]) =>
      store.create(owner, { id, now, title }),
    ),
  },
  {
    weight: 6,
    arbitrary: define(
      [owner, id, fc.array(message, { maxLength: 3 }), now, position],
      (store, [owner, id, messages, now, expectedVersion]) =>
        store.append(owner, id, messages, { now, expectedVersion }),
    ),
  },
  {
    weight: 4,
    arbitrary: define([owner, id, limit, position, position], (store, [owner, id, limit, before, after]) =>
      store.messages(owner, id, { limit, before, after }),
    ),
  },
  define([owner, id], (store, [owner, id]) => store.find(owner, id)),
  define([owner, id], (store, [owner, id]) => store.export(owner, id)),
  define(
    [owner, limit, fc.option(fc.record({ updatedAt: now, id }), { nil: undefined })],
    (store, [owner, limit, before]) => store.list(owner, { limit, before }),
  ),
  define([owner, id, title], (store, [owner, id, title]) => store.rename(owner, id, title)),
  define([owner, id], (store, [owner, id]) => store.delete(owner, id)),
  define([now, limit], (store, [now, limit]) => store.deleteOlderThan(now, limit)),
)

/** Creates a call that prints its arguments when a sequence fails. */
function define<Args extends unknown[]>(
  args: { [index in keyof Args]: fc.Arbitrary<Args[index]> },
  call: (store: SessionStore, args: Args) => Promise<unknown>,
): fc.Arbitrary<Step> {
  return fc.tuple<Args>(...args).map((values): Step => {
    const take: Step = (store) => call(store, values)
    return Object.assign(take, { [fc.toStringMethod]: () => `${String(call)} with ${fc.stringify(values)}` })
  })
}

/** Generates JSON values after a round trip through a string, which turns -0 into 0. */
function toPlainJson(): fc.Arbitrary<unknown> {
  return fc.jsonValue().map((value): unknown => JSON.parse(JSON.stringify(value)))
}
