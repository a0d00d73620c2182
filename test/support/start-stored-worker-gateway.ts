import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { createTestHarness, type TestHarness, unstable_readConfig } from 'wrangler'
import type { GatewayOptions } from './gateway.ts'
import { createLogBook, type LogBook } from './log-book.ts'
import type { BuiltWorker } from './start-worker-gateway.ts'
import type { StoredGateway } from './stored-gateway.ts'
import { untilNoneOpen } from './until-none-open.ts'
import { projectRoot } from './worker-bundle.ts'

interface Bindings {
  readonly DB: D1
  readonly LEDGER: Families
  readonly [name: string]: unknown
}

/** The part of D1 that tests use; Workers' own types would clash with Node's. */
interface D1 {
  prepare(text: string): {
    bind(...params: readonly (string | number | null)[]): {
      all(): Promise<{ results: Record<string, unknown>[] }>
    }
  }
}

/** The part of the ledger's namespace that tests use. */
interface Families {
  idFromString(id: string): unknown
  get(id: unknown): { carry(): Promise<{ readonly open: number }> }
}

/**
 * Weir in workerd with the D1 database, the R2 bucket and the ledger of wrangler.jsonc, schema applied. Wrangler's servers stand before and behind it, so
 * broken connections are not told apart here; {@link startWorkerGateway} is for those.
 */
export async function startStoredWorkerGateway({ env = {}, config }: GatewayOptions = {}): Promise<StoredGateway> {
  const bundle = inject('workerBundle')
  if (bundle.kind === 'failed') throw new Error(`the Worker could not be bundled:\n${bundle.output}`)
  // Otherwise it asks Cloudflare for a sample of `request.cf`.
  process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false'
  const configPath = await writeConfig(bundle)
  const vars = config === undefined ? env : { ...env, WEIR_CONFIG: JSON.stringify(config) }
  const harness = createTestHarness({ workers: [{ configPath, prebuiltWorkerDir: bundle.folder, vars }] })
  const { url } = await harness.listen()
  const worker = harness.getWorker<Bindings>()
  await worker.applyD1Migrations('DB')
  const { DB, LEDGER } = await worker.getEnv()
  const readLog = createLogReader(harness)
  return {
    runtime: 'workerd',
    url: url.origin,
    logs: () => readLog().lines,
    findLog: (test, timeoutMs = 15_000) => findLine(readLog, test, timeoutMs),
    output: () => readLog().text,
    faults: () => toFaults(readLog(), harness),
    sql: async (text, ...params) =>
      (
        await DB.prepare(text)
          .bind(...params)
          .all()
      ).results,
    async flushLedger() {
      const ids = await worker.listDurableObjectIds('LEDGER')
      await untilNoneOpen(async () => {
        const states = await Promise.all(ids.map((id) => LEDGER.get(LEDGER.idFromString(id)).carry()))
        return states.reduce((sum, { open }) => sum + open, 0)
      })
    },
    async sweep() {
      await worker.scheduled({ cron: '17 * * * *' })
    },
    async close() {
      await harness.close()
      await rm(configPath, { force: true })
    },
  }
}

/** The project's own configuration, at a place where no `.dev.vars` and no `.env` of this machine are found. */
async function writeConfig({ folder, main, compatibilityDate, compatibilityFlags }: BuiltWorker): Promise<string> {
  const { name, d1_databases, r2_buckets, durable_objects, migrations, triggers } = unstable_readConfig(
    { config: join(projectRoot, 'wrangler.jsonc') },
    { hideWarnings: true },
  )
  const path = join(folder, `${randomUUID()}.json`)
  const config = {
    name,
    main,
    compatibility_date: compatibilityDate,
    compatibility_flags: compatibilityFlags,
    d1_databases: d1_databases.map((database: object) => ({
      ...database,
      migrations_dir: join(projectRoot, 'migrations'),
    })),
    r2_buckets,
    durable_objects,
    migrations,
    triggers,
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

/** The harness collects what the Worker prints; this takes what is new. */
function createLogReader(harness: TestHarness): () => LogBook {
  const book = createLogBook()
  let seen = 0
  return () => {
    const messages = harness.getLogs().slice(seen)
    seen += messages.length
    for (const { message } of messages) book.add(message)
    return book
  }
}

/** The harness tells of no arrival, so it is asked again and again. */
async function findLine(
  readLog: () => LogBook,
  test: Parameters<StoredGateway['findLog']>[0],
  timeoutMs: number,
): ReturnType<StoredGateway['findLog']> {
  const deadline = performance.now() + timeoutMs
  const passes = test ?? ((line) => line.event === 'call')
  for (;;) {
    const book = readLog()
    const line = book.lines.find(passes)
    if (line !== undefined) return line
    if (performance.now() > deadline) throw new Error(`no such line in the log:\n${book.text}`)
    await pause(10)
  }
}

function toFaults(book: LogBook, harness: TestHarness): readonly string[] {
  const uncaught = harness.getLogs().filter(({ message }) => /Uncaught/.test(message) && !message.startsWith('{'))
  const internal = book.lines.filter((line) => line.error_code === 'internal')
  return [...uncaught.map(({ message }) => message), ...internal.map((line) => JSON.stringify(line))]
}
