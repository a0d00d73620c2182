import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSqlite, type SqliteDatabase } from '../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../src/platform/node/storage/read-migrations.ts'
import { migrate } from '../src/storage/sql/migrate.ts'
import { createSqlUsageStore } from '../src/storage/sql/usage/create-sql-usage-store.ts'
import { createLedgerGenerator } from './ledger/create-ledger-generator.ts'
import { type FillTimes, fillKeys, fillRecords, measured, stepSize } from './ledger/fill-ledger.ts'
import {
  measureAuthentications,
  measureLookups,
  measurePages,
  measureQuery,
  usageQueries,
} from './ledger/measure-ledger.ts'
import { toNumberText } from './report/to-number-text.ts'
import { toTable } from './report/to-table.ts'

const usage = `Fills a SQLite file with keys and records, and measures how the operations slow down.

  node bench/ledger-scale.ts [options]

  --keys N       default 100000
  --records N    default 10000000; about 25 s of CPU per million
  --pending N    records that are not rolled up yet, default 20000
  --name NAME    part of the report's file name in bench/results; without it, no file is written
  --folder PATH  folder of the database, default the system's temporary folder
`

const { values } = parseArgs({
  options: {
    keys: { type: 'string', default: '100000' },
    records: { type: 'string', default: '10000000' },
    pending: { type: 'string', default: '20000' },
    name: { type: 'string' },
    folder: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) console.log(usage)
else await run()

async function run(): Promise<void> {
  const [keys, records, pending] = [Number(values.keys), Number(values.records), Number(values.pending)]
  const folder = mkdtempSync(join(values.folder, 'weir-ledger-'))
  try {
    const small = await openWithKeys(join(folder, 'small.db'), 1_000)
    const empty = await openWithKeys(join(folder, 'empty.db'), keys)
    const path = join(folder, 'large.db')
    const large = await openWithKeys(path, keys)
    const generator = createLedgerGenerator(keys)
    const times = await fillRecords(large, createSqlUsageStore(large), { generator, count: records, pending })
    large.sync.run('PRAGMA wal_checkpoint(TRUNCATE)', [])
    const report = await toReport({ small, empty, large, path, keys, records, times })
    console.log(report)
    if (values.name !== undefined) {
      writeFileSync(join('bench/results', `${new Date().toISOString().slice(0, 10)}-${values.name}.md`), report)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function openWithKeys(path: string, keys: number): Promise<SqliteDatabase> {
  const sql = openSqlite(path)
  await migrate(sql, readMigrations('migrations'))
  fillKeys(sql, createLedgerGenerator(keys), keys)
  return sql
}

interface Filled {
  readonly small: SqliteDatabase
  /** A database with all keys and no records. */
  readonly empty: SqliteDatabase
  readonly large: SqliteDatabase
  readonly path: string
  readonly keys: number
  readonly records: number
  readonly times: FillTimes
}

async function toReport({ small, empty, large, path, keys, records, times }: Filled): Promise<string> {
  const store = createSqlUsageStore(large)
  const databases = [
    { sql: small, count: 1_000 },
    { sql: empty, count: keys },
    { sql: large, count: keys },
  ]
  const lookups = databases.map(({ sql, count }) => ({ sql, pickKey: createRandomPick(count) }))
  const calls = databases.map(({ sql, count }) => ({ sql, pickKey: createLedgerGenerator(count).pickKey }))
  const { pageMs, searchMs } = await measurePages(store)
  const queries: (readonly string[])[] = []
  for (const { name, query } of usageQueries) {
    const { ms, rows } = await measureQuery(store, query)
    queries.push([name, toCount(rows), toNumberText(ms)])
  }
  return `# A ledger of ${toCount(records)} records and ${toCount(keys)} keys

\`node bench/ledger-scale.ts --keys ${keys} --records ${records} --pending ${values.pending}\` · Node ${process.versions.node} · SQLite · 30 days, 20 models,
calls distributed over the keys by Zipf's law · ${toCount(Number(values.pending))} records not rolled up · inserts and roll-ups in CPU time (user and system), in
small steps for the last ${toCount(measured)}; all other figures are the best of several rounds

${toTable(
  ['authentication, µs', '1,000 keys', `${toCount(keys)} keys`, `… and ${toCount(records)} records`],
  [
    toComparison('uniformly distributed keys, from the store', await measureLookups(lookups)),
    toComparison('keys distributed as in calls, from the store', await measureLookups(calls)),
    toComparison('keys distributed as in calls, through the key cache', await measureAuthentications(calls)),
  ],
)}
${toTable(
  ['figure', 'value'],
  [
    [`insert a record, ${toCount(stepSize)} in one transaction`, `${toNumberText(times.insertUs)} µs`],
    [`roll up a record, ${toCount(stepSize)} in one step`, `${toNumberText(times.rollUpUs)} µs`],
    ['duration of such a step', `${toNumberText(times.stepMs)} ms`],
    ['roll up a record, 20,000 in one step', `${toNumberText(times.bulkRollUpUs)} µs`],
    ['read 1,000 records from the middle of the month', `${toNumberText(pageMs)} ms`],
    ['search 10,000 records for those of a key', `${toNumberText(searchMs)} ms`],
    ['file size', `${toNumberText(statSync(path).size / 2 ** 20)} MiB`],
    ['file size per record, everything included', `${toNumberText(statSync(path).size / records)} bytes`],
  ],
)}
${toTable(['usage of 30 days', 'rows', 'ms'], queries)}
${toTable(['table or index', 'rows', 'MiB', 'bytes per record'], await listSizes(large, records))}`
}

function toComparison(name: string, values: readonly number[]): readonly string[] {
  return [name, ...values.map(toNumberText)]
}

/** Returns indices of keys that are uniformly distributed and unordered. */
function createRandomPick(keys: number): () => number {
  let index = 0
  return () => {
    index = (index + 104_729) % keys
    return index
  }
}

async function listSizes(sql: SqliteDatabase, records: number): Promise<(readonly string[])[]> {
  const sizes = await sql.all(
    `SELECT name, SUM(pgsize) AS bytes, SUM(CASE WHEN pagetype = 'leaf' THEN ncell ELSE 0 END) AS cells
    FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12`,
    [],
  )
  return sizes.map(({ name, bytes, cells }) => [
    String(name).replace('sqlite_autoindex', 'key of').replaceAll('_1', ''),
    toCount(Number(cells)),
    toNumberText(Number(bytes) / 2 ** 20),
    toNumberText(Number(bytes) / records),
  ])
}

function toCount(value: number): string {
  return value.toLocaleString('en')
}
