import { type KeyChain, noLimits } from '../../../src/metering/limits.ts'
import { type TestKey, testKey } from '../contract/ledger-fixtures.ts'

const budget = (per: 'day' | 'total', limitNano: number) =>
  ({ budgets: [{ per, limitNano, timeZone: 'UTC' }] }) as const

/**
 * A root with a team and its two members, and two independent keys. The limits are so low that random calls hit all of
 * them.
 */
export const family: readonly TestKey[] = [
  testKey('key_root', { ...budget('total', 60_000), callNano: 9_000 }),
  testKey(
    'key_team',
    { concurrentCalls: 7, rates: [{ unit: 'requests', window: 'minute', limit: 12 }] },
    { parentId: 'key_root' },
  ),
  testKey(
    'key_ada',
    { rates: [{ unit: 'tokens', window: 'hour', limit: 4_000 }], concurrentStreams: 2 },
    { parentId: 'key_team', perUser: { ...noLimits, concurrentCalls: 2, ...budget('day', 12_000) } },
  ),
  testKey('key_bob', budget('day', 20_000), { parentId: 'key_team' }),
  testKey('key_lone'),
  testKey('key_shadow', budget('total', 1_000), { isShadow: true }),
]

export const keyIds: readonly string[] = family.map(({ id }) => id)

/** Returns the key and its ancestors. */
export function chainOf(keyId: string): KeyChain | undefined {
  const key = family.find(({ id }) => id === keyId)
  return key && [key, ...(key.parentId === undefined ? [] : (chainOf(key.parentId) ?? []))]
}
