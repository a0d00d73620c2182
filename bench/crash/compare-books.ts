import type { SqliteDatabase } from '../../src/platform/node/storage/open-sqlite.ts'
import type { Balance, LedgerRecord } from '../../src/storage/ledger/ledger.ts'
import { createKeyChainCache } from '../../src/storage/sql/ledger/create-key-chain-cache.ts'
import { createSqlLedger } from '../../src/storage/sql/ledger/create-sql-ledger.ts'
import { recordColumns, toRecord } from '../../src/storage/sql/usage/record-columns.ts'
import { type CallerKey, openLedgerFile, teamId } from './open-ledger-file.ts'
import type { CallerEntry } from './run-callers.ts'

/** The three books, by the request ids of their calls. */
export interface Books {
  /** Those that the upstream accepted, and how often. */
  readonly upstream: ReadonlyMap<string, { readonly times: number }>
  readonly callers: ReadonlyMap<string, CallerEntry>
  /** Whose calls they are. */
  readonly keys: readonly CallerKey[]
  /** Where the servers' database is; none of them runs any more. */
  readonly folder: string
}

/** What the three books say together. */
export interface Comparison {
  /** Calls by what their callers noted. */
  readonly calls: Readonly<Record<CallerEntry['kind'], number>>
  readonly accepted: number
  /** Records by how they ended. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly records: number
  /** Whole answers whose records nobody could write any more. They are booked at what was set aside. */
  readonly wholeButUnknown: number
  /** Records of calls that the upstream never saw, all of which are free, `unknown` or left by their callers. */
  readonly unseen: number
  readonly spentNano: number
  /** What must not be. Sentences; each names a call or a key. */
  readonly faults: readonly string[]
}

/** Compares what the upstream accepted, what the ledger booked and what callers got. */
export async function compareBooks(books: Books): Promise<Comparison> {
  const database = openLedgerFile(books.folder)
  try {
    const records = database.sync.all(`SELECT seq, ${recordColumns} FROM call_records`, []).map(toRecord)
    const byCall = Map.groupBy(records, ({ requestId }) => requestId)
    const faults = [
      ...findLost(books, byCall),
      ...findDoubles(books, byCall),
      ...findInvented(books, records),
      ...findDifferences(books, byCall),
      ...findOpen(database),
      ...(await findWrongSums(database, records, books.keys)),
    ]
    const seen = records.filter(({ requestId }) => books.upstream.has(requestId))
    return {
      calls: {
        whole: 0,
        refused: 0,
        left: 0,
        broken: 0,
        unsent: 0,
        ...count(books.callers.values(), ({ kind }) => kind),
      },
      accepted: books.upstream.size,
      outcomes: count(records, ({ outcome }) => outcome),
      records: records.length,
      wholeButUnknown: seen.filter(({ requestId, outcome }) => isWhole(books, requestId) && outcome === 'unknown')
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

function findLost({ upstream }: Books, byCall: RecordsByCall): readonly string[] {
  return [...upstream.keys()]
    .filter((user) => !byCall.has(user))
    .map((user) => `lost: ${user} was accepted upstream and has no record`)
}

function findDoubles({ upstream }: Books, byCall: RecordsByCall): readonly string[] {
  const booked = [...byCall].filter(([, records]) => records.length > 1)
  const sent = [...upstream].filter(([, { times }]) => times > 1)
  return [
    ...booked.map(([user, { length }]) => `double: ${user} has ${length} records`),
    ...sent.map(([user, { times }]) => `double: ${user} came upstream ${times} times`),
  ]
}

/** A call that never reached the upstream costs nothing, unless that cannot be known: its server died, or its caller left while it was on its way. */
function findInvented({ upstream, callers: book }: Books, records: readonly LedgerRecord[]): readonly string[] {
  const strangers = records.filter(({ requestId }) => !book.has(requestId))
  const paid = records.filter(
    ({ requestId, outcome, costNano }) =>
      !upstream.has(requestId) && outcome !== 'unknown' && outcome !== 'client_gone' && costNano > 0,
  )
  const free = [...book].filter(([user, { kind }]) => kind === 'whole' && !upstream.has(user))
  return [
    ...strangers.map(({ requestId }) => `invented: no caller made the call ${requestId}`),
    ...paid.map(({ requestId, costNano }) => `invented: ${requestId} costs ${costNano} and never came upstream`),
    ...free.map(([user]) => `invented: ${user} was answered and never came upstream`),
  ]
}

/** Whoever got the whole answer finds the usage that came with it in the ledger, and so does the upstream. */
function findDifferences({ callers: book }: Books, byCall: RecordsByCall): readonly string[] {
  return [...book].flatMap(([user, entry]) => {
    const record = byCall.get(user)?.[0]
    if (record?.outcome === 'unknown' && record.costNano !== record.reservedNano) {
      return [`different: ${user} is unknown, and not booked at what was set aside: ${JSON.stringify(record)}`]
    }
    if (entry.kind !== 'whole' || record === undefined || record.outcome === 'unknown') return []
    const { inputTokens, outputTokens } = record.usage ?? { inputTokens: -1, outputTokens: -1 }
    const isSame = inputTokens === entry.inputTokens && outputTokens === entry.outputTokens
    const isPriced = record.costNano === costOf(entry)
    if (isSame && isPriced && record.outcome === 'ok') return []
    return [`different: ${user} got ${JSON.stringify(entry)}, and has ${JSON.stringify(record)}`]
  })
}

/** Unless told, that of gpt-4o-mini as in the price table: $0.15 and $0.60 a million. */
function costOf({ inputTokens, outputTokens, costNano }: Extract<CallerEntry, { kind: 'whole' }>): number {
  return costNano ?? inputTokens * 150 + outputTokens * 600
}

function findOpen({ sync }: SqliteDatabase): readonly string[] {
  return sync.all('SELECT id FROM open_calls', []).map(({ id }) => `open: ${id} is still open`)
}

async function findWrongSums(
  database: SqliteDatabase,
  records: readonly LedgerRecord[],
  keys: readonly CallerKey[],
): Promise<readonly string[]> {
  const { sync: sql } = database
  const findChain = createKeyChainCache(sql)
  const ledger = createSqlLedger({ sql, findChain, processId: 'reader', schedule: (flush) => flush() })
  const faults: string[] = []
  for (const { id, limits } of [{ id: teamId, limits: undefined }, ...keys]) {
    const own = records.filter(({ keyId }) => keyId === id || id === teamId)
    faults.push(...toSumFaults(id, own, await ledger.balance(id, 0)))
    const beyond = own.reduce((sum, { costNano, reservedNano }) => sum + Math.max(0, costNano - reservedNano), 0)
    const spent = own.reduce((sum, { costNano }) => sum + costNano, 0)
    for (const { limitNano } of limits?.budgets ?? []) {
      if (spent > limitNano + beyond)
        faults.push(`overspent: ${id} spent ${spent} of ${limitNano}; the bound is ${beyond} more`)
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
      : [`reserved: ${id} has ${reservedNano} set aside for ${calls} calls and ${streams} streams that are over`]),
  ]
}

function isWhole({ callers: book }: Books, user: string): boolean {
  return book.get(user)?.kind === 'whole'
}

function count<Value>(values: Iterable<Value>, nameOf: (value: Value) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[nameOf(value)] = (counts[nameOf(value)] ?? 0) + 1
  return counts
}
