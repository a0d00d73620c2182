import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { startServer } from '../../bench/crash/start-server.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { gatewayToken, toOpenAIEnv } from '../support/gateway.ts'
import { readRows } from '../support/read-rows.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { after, json } from '../support/upstream-scripts.ts'
import { createKeyIn } from './create-key-in.ts'

// A file size limit simulates a full disk: writes fail, reads succeed. `prlimit` is part of util-linux.
const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0

const budget = { limits: { budgets: [{ usd: 1, per: 'month' }] } }

describe.runIf(canLimit)('a server that cannot write its ledger, on Node', () => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  async function open(config: object = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'weir-full-'))
    closers.push(() => rm(folder, { recursive: true }))
    const upstream = await startScriptedUpstream()
    closers.push(upstream.close)
    upstream.respond(json(200, chatCompletion))
    const { child, origin } = await startServer(folder, {
      ...toOpenAIEnv(upstream),
      WEIR_CONFIG: JSON.stringify({ prices: { 'openai/*': { input: 2, output: 8 } }, ...config }),
    })
    closers.push(async () => {
      const exit = once(child, 'exit')
      child.kill('SIGKILL')
      await exit
    })
    const limitFiles = (bytes: string) => {
      expect(spawnSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:unlimited`]).status).toBe(0)
    }
    return {
      upstream,
      createKey: () => createKeyIn(folder, budget),
      fillDisk: () => limitFiles('1'),
      freeDisk: () => limitFiles('unlimited'),
      call: (secret: string | null) => callChat(origin, secret),
      records: () => rowsIn(folder, 'SELECT outcome, cost_nano FROM call_records'),
      open: () => rowsIn(folder, 'SELECT id FROM open_calls'),
    }
  }

  test('R67 P19 budgets fail closed while the disk is full, and work again once it has space', async () => {
    const { upstream, createKey, fillDisk, freeDisk, call, records } = await open()
    const { secret } = await createKey()
    expect((await call(secret)).status).toBe(200)
    fillDisk()
    for (let tries = 0; tries < 3; tries++) {
      const refusal = await call(secret)
      expect(refusal.status).toBe(503)
      expect(refusal.headers.get('retry-after')).toMatch(/^\d+$/)
      expect(await refusal.json()).toMatchObject({ error: { code: 'store_unavailable' } })
    }
    expect((await call(gatewayToken)).status).toBe(503)
    expect(upstream.requests).toHaveLength(1)
    freeDisk()
    expect((await call(secret)).status).toBe(200)
    await untilTrue(() => records().length === 2)
  })

  test('P19 with `on_store_failure: allow`, calls without a budget pass and calls with a budget fail', async () => {
    const { createKey, fillDisk, call } = await open({ metering: { on_store_failure: 'allow' } })
    const { secret } = await createKey()
    expect((await call(secret)).status).toBe(200)
    fillDisk()
    expect((await call(secret)).status).toBe(503)
    expect((await call(gatewayToken)).status).toBe(200)
  })

  test('R44 R67 calls that end while the disk is full are settled once it has space', { timeout: 30_000 }, async () => {
    const { upstream, createKey, fillDisk, freeDisk, call, ...ledger } = await open()
    const { secret } = await createKey()
    const gate = createGate()
    upstream.respond(after(gate, json(200, chatCompletion)))
    const running = Array.from({ length: 5 }, () => call(secret))
    for (let count = 0; count < 5; count++) await upstream.nextRequest()
    fillDisk()
    gate.open()
    for (const response of await Promise.all(running)) expect(response.status).toBe(200)
    expect(ledger.open()).toHaveLength(5)
    expect(ledger.records()).toEqual([])
    freeDisk()
    await untilTrue(() => ledger.open().length === 0)
    expect(ledger.records()).toEqual(Array.from({ length: 5 }, () => ({ outcome: 'ok', cost_nano: 118_000 })))
  })
})

function callChat(origin: string, secret: string | null): Promise<Response> {
  return fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...chatRequest, max_tokens: 100 }),
  })
}

function rowsIn(folder: string, query: string) {
  return readRows(join(folder, 'weir.db'), query, { readOnly: true })
}

async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) await pause(20)
}
