import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { nodeClock } from '../../src/platform/node/node-clock.ts'
import { offerLocalServers, usualServers } from '../../src/platform/node/offer-local-servers.ts'
import { createUndiciTransport, type UndiciTransport } from '../../src/platform/node/upstream/undici-transport.ts'
import { closedAddress } from '../support/closed-address.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import type { Script } from '../support/upstream-exchange.ts'
import { json, silent } from '../support/upstream-scripts.ts'

const list = json(200, { object: 'list', data: [{ id: 'qwen3:8b' }, { id: 'gemma4' }] })

let transport: UndiciTransport
const upstreams: ScriptedUpstream[] = []
beforeEach(() => {
  transport = createUndiciTransport()
})
afterEach(async () => {
  await transport.close()
  for (const upstream of upstreams.splice(0)) await upstream.close()
})

async function startServer(script: Script) {
  const upstream = await startScriptedUpstream()
  upstreams.push(upstream)
  upstream.respond(script)
  const port = Number(new URL(upstream.url).port)
  return { upstream, server: { name: 'Ollama', port, toSetting: (origin: string) => `OLLAMA_HOST=${origin}` } }
}

const toSettings = (env: Readonly<Record<string, string>> = {}) =>
  parseSettings({ env: { STORAGE_PATH: 'none', ...env }, config: undefined, platform: 'node' })

test.each([{}, { DEMO: 'true' }, { DEMO: 'false' }])(
  'with %j, offers each server that lists its models',
  async (env) => {
    const [first, second] = [await startServer(list), await startServer(json(200, { data: [{ id: 'a' }] }))]
    const ports = { transport, clock: nodeClock }
    const servers = [first.server, { ...second.server, name: 'vLLM' }]
    expect(await offerLocalServers(toSettings(env), ports, { ownPort: 8_787, servers })).toEqual([
      `  offer      Ollama seems to run at ${first.upstream.url}, with 2 models. To use it, set OLLAMA_HOST=${first.upstream.url}`,
      `  offer      vLLM seems to run at ${second.upstream.url}, with 1 model. To use it, set OLLAMA_HOST=${second.upstream.url}`,
    ])
    const { method, target, headers } = await first.upstream.nextRequest()
    expect([method, target, headers.authorization]).toEqual(['GET', '/v1/models', undefined])
  },
)

test.each<[string, Script]>([
  ['another page', json(200, { hello: 'world' })],
  ['an error', json(401, { data: [] })],
  ['a redirect', json(307, {}, { headers: { location: 'http://127.0.0.1/v1/models' } })],
])('offers nothing for %s on that port', async (_what, script) => {
  const { server } = await startServer(script)
  const ports = { transport, clock: nodeClock }
  expect(await offerLocalServers(toSettings(), ports, { ownPort: 8_787, servers: [server] })).toEqual([])
})

test('offers nothing on a port without a server', async () => {
  const port = Number(new URL(`http://${closedAddress}`).port)
  const server = { name: 'Ollama', port, toSetting: (origin: string) => `OLLAMA_HOST=${origin}` }
  const ports = { transport, clock: nodeClock }
  expect(await offerLocalServers(toSettings(), ports, { ownPort: 8_787, servers: [server] })).toEqual([])
})

test('waits at most 300 ms for all servers together', async () => {
  const servers = [await startServer(silent()), await startServer(silent())]
  const delays: number[] = []
  const expire: (() => void)[] = []
  const clock = {
    after(ms: number, run: () => void) {
      delays.push(ms)
      expire.push(run)
      return () => {}
    },
  }
  const offers = offerLocalServers(
    toSettings(),
    { transport, clock },
    { ownPort: 8_787, servers: servers.map(({ server }) => server) },
  )
  for (const { upstream } of servers) await upstream.nextRequest()
  for (const run of expire) run()
  expect(await offers).toEqual([])
  expect(delays).toEqual([300, 300])
})

test.each([
  ['a provider is configured', { OPENAI_API_KEY: 'k' }],
  ['a provider that needs no key is configured', { OLLAMA_HOST: '127.0.0.1:11434' }],
  ['the only provider is at another base URL', { OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' }],
  ['another machine reaches this server', { HOST: '0.0.0.0', TOKEN: 'token-of-the-test' }],
])('asks no port if %s', async (_when, env: Readonly<Record<string, string>>) => {
  const { upstream, server } = await startServer(list)
  const ports = { transport, clock: nodeClock }
  expect(await offerLocalServers(toSettings(env), ports, { ownPort: 8_787, servers: [server] })).toEqual([])
  expect(upstream.requests).toEqual([])
})

test('asks llama.cpp on its earlier and on its later default port', () => {
  const ports = usualServers.flatMap(({ name, port }) => (name === 'llama.cpp' ? [port] : []))
  expect(ports.toSorted()).toEqual([8_080, 9_931])
})

test('does not ask this server itself', async () => {
  const { upstream, server } = await startServer(list)
  const ports = { transport, clock: nodeClock }
  expect(await offerLocalServers(toSettings(), ports, { ownPort: server.port, servers: [server] })).toEqual([])
  expect(upstream.requests).toEqual([])
})
