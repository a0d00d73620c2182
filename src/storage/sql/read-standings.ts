import { standingsOf } from '../../metering/check-limits.ts'
import { advance, type Counters, createCounters } from '../../metering/counters.ts'
import type { Standing } from '../ledger.ts'
import type { LedgerContext } from './ledger-context.ts'

/** A call that asks for nothing, so that every limit is shown as it is. */
const nothing = { tokens: 0, reservedNano: 0, isStream: true, countsAsRequest: false }

/** Every limit of a key and of those above it, as it stands at `now`; inside a transaction. */
export function readStandings(keyId: string, now: number, context: LedgerContext): readonly Standing[] {
  const { counters, findChain, transaction } = context
  const chain = findChain(keyId, transaction) ?? []
  return chain.flatMap(({ id, limits }) => {
    const current = toCurrent(counters.read(id), now)
    return standingsOf(current, limits, nothing).map(({ limit, allowed, used, resetsInMs }): Standing => {
      return { limit, keyId: id, isPerUser: false, allowed, used, resetsInMs }
    })
  })
}

/** A copy: reading brings nothing forward in what is kept. */
function toCurrent(counters: Counters | undefined, now: number): Counters {
  const current = counters === undefined ? createCounters(now) : (JSON.parse(JSON.stringify(counters)) as Counters)
  advance(current, now)
  return current
}
