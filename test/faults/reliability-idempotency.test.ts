import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, silent } from '../support/upstream-scripts.ts'
import { startWeirProcess } from './start-weir-process.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const question = (key: string) => ({
  ...{ target: '/v1/chat/completions', body: chatRequest, headers: { 'idempotency-key': key } },
})

test('R21 P08 after kill -9, Weir replays a finished response, and does not repeat a call that was running', async () => {
  const { upstream, folder, start } = await prepare()
  const first = await start()
  upstream.respondNext(json(200, chatCompletion), silent())
  const answered = await ask(first, question('done'))
  await upstream.nextRequest()
  const underWay = ask(first, question('under-way')).catch(() => undefined)
  await upstream.nextRequest()
  await first.close()
  await underWay

  const second = await start()
  const replayed = await ask(second, question('done'))
  expect([replayed.text, replayed.header('idempotent-replayed')]).toEqual([answered.text, 'true'])
  expectError(await ask(second, question('under-way')), { code: 'idempotency_in_progress' })
  letTimePass(folder)
  const unknown = await ask(second, question('under-way'))
  expectError(unknown, { code: 'idempotency_unknown' })
  expect(unknown.header('x-should-retry')).toBe('false')
  expect(upstream.requests).toHaveLength(2)
})

/** Creates a folder and an upstream that outlive the server. */
async function prepare() {
  const upstream: ScriptedUpstream = await startScriptedUpstream()
  const folder = await mkdtemp(join(tmpdir(), 'weir-idempotency-'))
  closing.push(
    () => upstream.close(),
    () => rm(folder, { recursive: true, force: true }),
  )
  return {
    upstream,
    folder,
    async start(): Promise<Gateway> {
      const gateway = await startWeirProcess({ ...toOpenAIEnv(upstream), STORAGE_PATH: folder })
      closing.push(() => gateway.close())
      return gateway
    },
  }
}

/** Simulates half a minute, in which a live server would have renewed its lease. */
function letTimePass(folder: string): void {
  const database = new DatabaseSync(join(folder, 'weir.db'), { timeout: 5_000 })
  database.exec('UPDATE idempotent_calls SET lease_until = lease_until - 30000')
  database.close()
}
