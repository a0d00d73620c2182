import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../src/platform/node/storage/open-sqlite.ts'
import { readMigrations } from '../src/platform/node/storage/read-migrations.ts'
import type { NewMessage, SessionStore } from '../src/storage/session-store.ts'
import { createSqlSessionStore } from '../src/storage/sql/create-sql-session-store.ts'
import { migrate } from '../src/storage/sql/migrate.ts'
import { median } from './report/median.ts'

const owner = 'bench'
const exchanges = 50
const rounds = 1_000

// `node bench/sessions.ts` measures an append of an exchange, and a read of 50 exchanges, on a SQLite file.
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
try {
  const sql = openSqlite(join(folder, 'weir.db'))
  await migrate(sql, readMigrations('migrations'))
  const sessions = createSqlSessionStore(sql)
  const appends = await timeAppends(sessions)
  const reads = await timeReads(sessions)
  sql.close()
  const lines = [
    '# Sessions on a SQLite file',
    '',
    `\`node bench/sessions.ts\` · Node ${process.versions.node} · medians of ${rounds}, milliseconds`,
    '',
    '| operation | median | 99th percentile |',
    '| --- | --: | --: |',
    `| append an exchange of two messages | ${toCells(appends)} |`,
    `| read ${exchanges} exchanges | ${toCells(reads)} |`,
  ]
  console.log(lines.join('\n'))
  const name = `${new Date().toISOString().slice(0, 10)}-sessions`
  writeFileSync(join('bench/results', `${name}.md`), `${lines.join('\n')}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function timeAppends(sessions: SessionStore): Promise<number[]> {
  await sessions.create(owner, { id: 'session_appends', now: 1 })
  return time(async (round) => {
    await sessions.append(owner, 'session_appends', createExchange(`a${round}`), { now: round })
  })
}

async function timeReads(sessions: SessionStore): Promise<number[]> {
  await sessions.create(owner, { id: 'session_reads', now: 1 })
  for (let index = 0; index < exchanges; index++) {
    await sessions.append(owner, 'session_reads', createExchange(`r${index}`), { now: index })
  }
  return time(async () => {
    await sessions.messages(owner, 'session_reads', { limit: exchanges * 2 })
  })
}

async function time(action: (round: number) => Promise<void>): Promise<number[]> {
  const samples: number[] = []
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await action(round)
    samples.push(performance.now() - start)
  }
  return samples
}

function createExchange(id: string): NewMessage[] {
  const content = 'Tell me in about sixty words what a weir is, and why a mill would want to have one. '.repeat(4)
  return [
    { id: `msg_q${id}`, role: 'user', content, status: 'complete' },
    { id: `msg_a${id}`, role: 'assistant', content, status: 'complete', model: 'gpt-4o' },
  ]
}

function toCells(samples: readonly number[]): string {
  const sorted = samples.toSorted((left, right) => left - right)
  return `${median(samples).toFixed(3)} | ${(sorted[Math.floor(sorted.length * 0.99)] ?? 0).toFixed(3)}`
}
