import { afterEach, describe, expect, test } from 'vitest'
import { startWeirProcess, type WeirProcess } from '../faults/start-weir-process.ts'
import { chatCompletion } from '../support/fixtures.ts'
import type { LogLine } from '../support/log-book.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json } from '../support/upstream-scripts.ts'

/** The case starts four processes, which takes seconds on a busy machine. */
describe('the workers of a machine', { timeout: 60_000 }, () => {
  const started: (WeirProcess | ScriptedUpstream)[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => one.close()))
  })

  async function startUpstream(): Promise<ScriptedUpstream> {
    const upstream = await startScriptedUpstream()
    started.push(upstream)
    return upstream
  }

  /** Returns the distinct `x-weir-route` of calls that reach every worker, because each has a new connection. */
  async function routesOf({ url }: WeirProcess, calls: number): Promise<readonly (string | null)[]> {
    const routes = new Set<string | null>()
    for (let call = 0; call < calls; call++) {
      const headers = {
        'content-type': 'application/json',
        authorization: 'Bearer token-of-the-gateway',
        connection: 'close',
      }
      const body = JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'Hello' }] })
      const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
      await response.text()
      routes.add(response.headers.get('x-weir-route'))
    }
    return [...routes]
  }

  test('R63 share their breakers, and a new worker starts with those of the others', async () => {
    const [ill, well] = [await startUpstream(), await startUpstream()]
    ill.respond(json(401, { error: { message: 'Wrong key', type: 'invalid_request_error', code: 'invalid_api_key' } }))
    well.respond(json(200, chatCompletion))
    const config = {
      access: { token: 'token-of-the-gateway' },
      providers: {
        ill: { base_url: ill.url, models: ['m'], api_key: 'sk-ill-0123456789' },
        well: { base_url: well.url, models: ['m'], api_key: 'sk-well-0123456789' },
      },
      routes: { chat: { targets: [{ model: 'ill/m' }, { model: 'well/m' }] } },
    }
    const files = { 'weir.config.yaml': JSON.stringify(config) }
    const server = await startWeirProcess({}, [], { args: ['--workers', '2'], files, timeoutMs: 50_000 })
    started.push(server)
    await server.said(/workers are ready/)
    expect(await routesOf(server, 1)).toEqual(['chat; strategy=ordered; attempts=2; failed="auth at ill/m"'])
    // The channels keep the order of messages: the first reload follows the breaker to the primary, the second one from
    // there to the other worker.
    for (const number of [1, 2]) {
      server.signal('SIGHUP')
      await server.findLog((line) => countReloads(server, line) === number, 30_000)
    }
    expect(await routesOf(server, 6)).toEqual(['chat; strategy=ordered; attempts=1'])
    server.signal('SIGUSR2')
    await server.said(/All workers were replaced/)
    expect(await routesOf(server, 6)).toEqual(['chat; strategy=ordered; attempts=1'])
    expect(ill.requests).toHaveLength(1)
  })
})

/** The number of reloads up to this line of the log; 0 for another line. */
function countReloads({ logs }: WeirProcess, line: LogLine): number {
  const reloads = logs().filter(({ event }) => event === 'reload')
  return reloads.indexOf(line) + 1
}
