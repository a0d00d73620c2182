import { dayMs, formatDay } from '../../../core/time.ts'
import type { LedgerRecord } from '../../ledger/ledger.ts'
import type { UsageQuery, UsageRow, UsageStore } from '../../usage-store.ts'
import { readInteger, readString } from '../read-column.ts'
import { maxParams, type Sql, type SqlRow, type SqlStatement } from '../sql.ts'
import { toCorrection } from './correct-record.ts'
import { eraseUser, namesUser } from './erase-user.ts'
import { readRecordSlice } from './read-record-slice.ts'
import {
  findRecord,
  insertRecord,
  recordColumnCount,
  recordPlaceholders,
  toRecord,
  toRecordParams,
} from './record-columns.ts'
import { deleteRolledUp, rollUp } from './roll-up.ts'
import { toFamilyStatement, toSpending, toSpendingStatement } from './to-spending-statement.ts'
import { toSumStatements } from './to-sum-statements.ts'
import { toUsageStatement } from './to-usage-statement.ts'

const recordsPerStatement = Math.floor(maxParams / recordColumnCount)
/** Maximum number of statements in one transaction. */
const statementsPerBatch = 40

const onceEach = ' ON CONFLICT (id) DO NOTHING'

const statements = {
  addOne: `${insertRecord}${onceEach}`,
  addSome: `${insertRecord}${`, ${recordPlaceholders}`.repeat(recordsPerStatement - 1)}${onceEach}`,
} as const

/** Creates a {@link UsageStore} on a SQL database with the schema of migrations/. */
export function createSqlUsageStore(sql: Sql): UsageStore {
  return {
    async query(query) {
      const { text, params } = toUsageStatement(query)
      return (await sql.all(text, params)).map((row) => toUsageRow(row, query))
    },
    async record(id) {
      const [row] = await sql.all(findRecord, [id])
      return row && toRecord(row)
    },
    records: (page) => readRecordSlice(sql, page),
    rollUp: (limit) => rollUp(sql, limit),
    async family(rootId) {
      const { text, params } = toFamilyStatement(rootId)
      return (await sql.all(text, params)).map((row) => readString(row, 'id'))
    },
    async spending(rootId, queries) {
      const results = await sql.batch(queries.map((query) => toSpendingStatement(rootId, query)))
      return results.map((rows) => rows.map(toSpending))
    },
    async add(records) {
      const inserts = toInserts(records)
      for (let at = 0; at < inserts.length; at += statementsPerBatch)
        await sql.batch(inserts.slice(at, at + statementsPerBatch))
    },
    async addSums(sums) {
      if (sums.length > 0) await sql.batch(toSumStatements(sums))
    },
    async correct(id, costNano) {
      await sql.batch(toCorrection(id, costNano))
    },
    deleteOlderThan: (cutoff, limit) => deleteRolledUp(sql, cutoff, limit),
    namesUser: (rootId, user) => namesUser(sql, rootId, user),
    eraseUser: (erasure) => eraseUser(sql, erasure),
  }
}

/** Inserts `recordsPerStatement` records per statement and the rest one by one: only two SQL strings to prepare. */
function toInserts(records: readonly LedgerRecord[]): readonly SqlStatement[] {
  const whole = records.length - (records.length % recordsPerStatement)
  const inserts: SqlStatement[] = []
  for (let at = 0; at < whole; at += recordsPerStatement) {
    const some = records.slice(at, at + recordsPerStatement)
    inserts.push({ text: statements.addSome, params: some.flatMap(toRecordParams) })
  }
  const rest = records.slice(whole)
  return [...inserts, ...rest.map((record) => ({ text: statements.addOne, params: toRecordParams(record) }))]
}

function toUsageRow(row: SqlRow, { groupBy }: UsageQuery): UsageRow {
  return {
    group: Object.fromEntries(groupBy.map((dimension) => [dimension, readDimension(row, dimension)])),
    calls: readInteger(row, 'calls'),
    failedCalls: readInteger(row, 'failed_calls'),
    unpricedCalls: readInteger(row, 'unpriced_calls'),
    inputTokens: readInteger(row, 'input_tokens'),
    outputTokens: readInteger(row, 'output_tokens'),
    costNano: String(BigInt(readInteger(row, 'cost_usd')) * 1_000_000_000n + BigInt(readInteger(row, 'cost_rest'))),
  }
}

function readDimension(row: SqlRow, dimension: UsageQuery['groupBy'][number]): string {
  if (dimension === 'day') return formatDay(readInteger(row, 'day') * dayMs)
  return readString(row, dimension === 'key' ? 'key_id' : dimension)
}
