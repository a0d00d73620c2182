import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import type { Balance, LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { createKeyChainCache } from '../../src/storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { type CallerKey, openLedgerFile, teamId } from './open-ledger-file.ts'
import type { CallerEntry } from './run-callers.ts'

/** The records of the upstream, the callers and the ledger, by request id. */
export interface RecordSets {
  /** The calls that the upstream accepted, and how often. */
  readonly upstream: ReadonlyMap<string, { readonly times: number }>
  readonly callers: ReadonlyMap<string, CallerEntry>
  /** The keys of the calls. */
  readonly keys: readonly CallerKey[]
  /** The folder of the servers' database. All servers have stopped. */
  readonly folder: string
}

/** The result of the comparison. */
export interface Comparison {
  /** Calls by the result that their callers saw. */
  readonly calls: Readonly<Record<CallerEntry['kind'], number>>
  readonly accepted: number
  /** Records by outcome. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly records: number
  /** Whole responses whose servers died before the settlement. They are charged their reservation. */
  readonly wholeButUnknown: number
  /** Records of calls that never reached the upstream. All are free, `unknown` or `client_gone`. */
  readonly unseen: number
  readonly spentNano: number
  /** Violations, each a sentence that names a call or a key. */
  readonly faults: readonly string[]
}

/** Compares the calls that the upstream accepted, the records of the ledger, and the responses of the callers. */
export async function compareRecords(sets: RecordSets): Promise<Comparison> {
  const database = openLedgerFile(sets.folder)
  try {
    const records = database.sync.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
    const byCall = Map.groupBy(records, ({ requestId }) => requestId)
    const faults = [
      ...findLost(sets, byCall),
      ...findDoubles(sets, byCall),
      ...findInvented(sets, records),
      ...findDifferences(sets, byCall),
      ...findOpen(database),
      ...(await findWrongSums(database, records, sets.keys)),
    ]
    const seen = records.filter(({ requestId }) => sets.upstream.has(requestId))
    return {
      calls: {
        whole: 0,
        refused: 0,
        left: 0,
        broken: 0,
        unsent: 0,
        ...count(sets.callers.values(), ({ kind }) => kind),
      },
      accepted: sets.upstream.size,
      outcomes: count(records, ({ outcome }) => outcome),
      records: records.length,
      wholeButUnknown: seen.filter(({ requestId, outcome }) => isWhole(sets, requestId) && outcome === 'unknown')
        .length,
      unseen: records.length - seen.length,
      spentNano: records.reduce((sum, { costNano }) => sum + costNano, 0),
      faults,
    }
  } finally {
    database.close()
  }
}

type RecordsByCall = ReadonlyMap<string, readonly LedgerRecord[]>

function findLost({ upstream }: RecordSets, byCall: RecordsByCall): readonly string[] {
  return [...upstream.keys()]
    .filter((user) => !byCall.has(user))
    .map((user) => `lost: ${user} was accepted upstream and has no record`)
}

function findDoubles({ upstream }: RecordSets, byCall: RecordsByCall): readonly string[] {
  const booked = [...byCall].filter(([, records]) => records.length > 1)
  const sent = [...upstream].filter(([, { times }]) => times > 1)
  return [
    ...booked.map(([user, { length }]) => `double: ${user} has ${length} records`),
    ...sent.map(([user, { times }]) => `double: ${user} was sent upstream ${times} times`),
  ]
}

/**
 * A call that never reached the upstream must cost nothing. It may cost something if its fate is unknown: its server
 * died, or its caller disconnected while the call was in transit.
 */
function findInvented({ upstream, callers: entries }: RecordSets, records: readonly LedgerRecord[]): readonly string[] {
  const strangers = records.filter(({ requestId }) => !entries.has(requestId))
  const paid = records.filter(
    ({ requestId, outcome, costNano }) =>
      !upstream.has(requestId) && outcome !== 'unknown' && outcome !== 'client_gone' && costNano > 0,
  )
  const free = [...entries].filter(([user, { kind }]) => kind === 'whole' && !upstream.has(user))
  return [
    ...strangers.map(({ requestId }) => `invented: no caller sent the call ${requestId}`),
    ...paid.map(({ requestId, costNano }) => `invented: ${requestId} costs ${costNano} and never reached the upstream`),
    ...free.map(([user]) => `invented: ${user} got a response and never reached the upstream`),
  ]
}

/** The usage in a caller's whole response must equal that in the ledger. */
function findDifferences({ callers: entries }: RecordSets, byCall: RecordsByCall): readonly string[] {
  return [...entries].flatMap(([user, entry]) => {
    const record = byCall.get(user)?.[0]
    if (record?.outcome === 'unknown' && record.costNano !== record.reservedNano) {
      return [`different: ${user} is unknown, and not charged its reservation: ${JSON.stringify(record)}`]
    }
    if (entry.kind !== 'whole' || record === undefined || record.outcome === 'unknown') return []
    const { inputTokens, outputTokens } = record.usage ?? { inputTokens: -1, outputTokens: -1 }
    const isSame = inputTokens === entry.inputTokens && outputTokens === entry.outputTokens
    const isPriced = record.costNano === costOf(entry)
    if (isSame && isPriced && record.outcome === 'ok') return []
    return [`different: ${user} received ${JSON.stringify(entry)}, and its record is ${JSON.stringify(record)}`]
  })
}

/** Returns the cost of an entry. Default: the prices of gpt-4o-mini in the price table, $0.15 and $0.60 per million. */
function costOf({ inputTokens, outputTokens, costNano }: Extract<CallerEntry, { kind: 'whole' }>): number {
  return costNano ?? inputTokens * 150 + outputTokens * 600
}

export function findOpen({ sync }: SqliteDatabase): readonly string[] {
  return sync.all('SELECT id FROM open_calls', []).map(({ id }) => `open: ${id} is still open`)
}

export async function findWrongSums(
  database: SqliteDatabase,
  records: readonly LedgerRecord[],
  keys: readonly CallerKey[],
): Promise<readonly string[]> {
  const { sync: sql } = database
  const chains = createKeyChainCache(sql)
  const ledger = createSqlLedger({ sql, keys: chains, processId: 'reader', schedule: (flush) => flush() })
  const faults: string[] = []
  for (const { id, limits } of [{ id: teamId, limits: undefined }, ...keys]) {
    const own = records.filter(({ keyId }) => keyId === id || id === teamId)
    faults.push(...toSumFaults(id, own, await ledger.balance(id, 0)))
    const beyond = own.reduce((sum, { costNano, reservedNano }) => sum + Math.max(0, costNano - reservedNano), 0)
    const spent = own.reduce((sum, { costNano }) => sum + costNano, 0)
    for (const { limitNano } of limits?.budgets ?? []) {
      if (spent > limitNano + beyond)
        faults.push(`overspent: ${id} spent ${spent} of ${limitNano}; the maximum excess is ${beyond}`)
    }
  }
  return faults
}

function toSumFaults(id: string, records: readonly LedgerRecord[], balance: Balance | undefined): readonly string[] {
  const spent = records.reduce((sum, { costNano }) => sum + costNano, 0)
  const { spentNano = 0, reservedNano = 0, calls = 0, streams = 0 } = balance ?? {}
  return [
    ...(spentNano === spent ? [] : [`sum: ${id} has spent ${spentNano}, and its records sum to ${spent}`]),
    ...(reservedNano === 0 && calls === 0 && streams === 0
      ? []
      : [`reserved: ${id} has ${reservedNano} reserved for ${calls} finished calls and ${streams} finished streams`]),
  ]
}

function isWhole({ callers: entries }: RecordSets, user: string): boolean {
  return entries.get(user)?.kind === 'whole'
}

function count<Value>(values: Iterable<Value>, nameOf: (value: Value) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1
  return counts
}
