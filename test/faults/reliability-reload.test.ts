import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { runWeir } from '../cli/run-weir.ts'
import { chatChunks, chatCompletion } from '../support/fixtures.ts'
import { createGate } from '../support/gate.ts'
import { openRawClient } from '../support/raw-client.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json, sse } from '../support/upstream-scripts.ts'
import { withDeadline } from '../support/with-deadline.ts'
import { sendChat } from './send-chat.ts'
import { startWeirProcess, type WeirProcess } from './start-weir-process.ts'

const tokens = ['first-token-of-the-gateway', 'second-token-of-the-gateway', 'third-token-of-the-gateway'] as const
const keys = ['sk-upstream-one-5d1c', 'sk-upstream-two-77aa', 'sk-upstream-three-01ff'] as const
const configFile = 'weir.config.yaml'

/** Renders a configuration file with the token and the key of this number. */
function toYaml({ url }: ScriptedUpstream, number: 0 | 1 | 2, more = ''): string {
  return `access: { token: ${tokens[number]} }\nproviders:\n  up: { base_url: ${url}, models: [m], api_key: ${keys[number]} }\n${more}`
}

/** Each case starts processes, which takes seconds on a busy machine. */
describe('SIGHUP to a running server', { timeout: 60_000 }, () => {
  const started: (WeirProcess | ScriptedUpstream)[] = []
  afterEach(async () => {
    await Promise.all(started.splice(0).map((one) => one.close()))
  })

  async function startUpstream(): Promise<ScriptedUpstream> {
    const upstream = await startScriptedUpstream()
    started.push(upstream)
    upstream.respond(json(200, chatCompletion))
    return upstream
  }

  async function start(
    files: Readonly<Record<string, string>>,
    { workers = 1, env = {} }: { workers?: number; env?: Readonly<Record<string, string>> } = {},
  ): Promise<WeirProcess> {
    const args = workers === 1 ? [] : ['--workers', String(workers)]
    const server = await startWeirProcess(env, [], { args, files, timeoutMs: 50_000 })
    started.push(server)
    if (workers > 1) await server.said(/workers are ready/)
    return server
  }

  /** Sends SIGHUP. Resolves with the next `reload` line of the log. */
  async function reload({ signal, findLog, logs }: WeirProcess) {
    const lines = () => logs().filter(({ event }) => event === 'reload')
    const before = lines().length
    signal('SIGHUP')
    return findLog((line) => lines().indexOf(line) === before, 30_000)
  }

  /** Returns the distinct statuses of some calls. Each has a new connection, which any worker may accept. */
  async function ask({ url }: WeirProcess, token: string, model = 'up/m'): Promise<readonly number[]> {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, connection: 'close' }
    const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
    const one = async () => {
      const signal = AbortSignal.timeout(15_000)
      const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal })
      await response.text()
      return response.status
    }
    return [...new Set(await Promise.all(Array.from({ length: 6 }, one)))]
  }

  describe.each([1, 2])('with %i processes', (workers) => {
    test('case E3 R65 a running call finishes with the old configuration, and new calls use the new one', async () => {
      const upstream = await startUpstream()
      const server = await start({ [configFile]: toYaml(upstream, 0) }, { workers })
      const step = createGate()
      upstream.respondNext(sse([chatChunks[0] ?? '', step, ...chatChunks.slice(1)]))
      const fields = { model: 'up/m' }
      const client = await sendChat(server, { fields, headers: { authorization: `Bearer ${tokens[0]}` } })
      const response = await client.startResponse()
      await response.bodyUntil('"assistant"')
      await writeFile(join(server.folder, configFile), toYaml(upstream, 1))
      expect(await reload(server)).toEqual({
        time: expect.any(String),
        level: 'info',
        event: 'reload',
        changed: ['access.token', 'providers.up.api_key'],
      })
      expect(await ask(server, tokens[0])).toEqual([401])
      expect(await ask(server, tokens[1])).toEqual([200])
      const sent = upstream.requests.map(({ headers }) => headers.authorization)
      expect([sent[0], ...new Set(sent.slice(1))]).toEqual([`Bearer ${keys[0]}`, `Bearer ${keys[1]}`])
      step.open()
      expect((await response.whole()).text).toContain('data: [DONE]')
      for (const secret of [...tokens, ...keys]) expect(server.output()).not.toContain(secret)
    })

    test('R65 an invalid file is rejected as a whole with the message of check-config, and the previous configuration stays', async () => {
      const upstream = await startUpstream()
      const server = await start({ [configFile]: toYaml(upstream, 0) }, { workers })
      const wrong = [
        toYaml(upstream, 1, 'modles: {}\nlog: { level: loud }\n'),
        `${toYaml(upstream, 1)}: {\n`,
        `access: { token: \${NOT_THERE} }\n`,
      ]
      for (const yaml of wrong) {
        await writeFile(join(server.folder, configFile), yaml)
        const line = await reload(server)
        const checked = await runWeir(['check-config'], { folder: server.folder, env: { PORT: '0' } })
        expect(checked.code).toBe(2)
        expect(line).toMatchObject({ level: 'error', cause: checked.stderr.trimEnd() })
        expect(await ask(server, tokens[0])).toEqual([200])
        expect(await ask(server, tokens[1])).toEqual([401])
      }
      await writeFile(join(server.folder, configFile), toYaml(upstream, 2))
      expect(await reload(server)).toMatchObject({ changed: ['access.token', 'providers.up.api_key'] })
      expect(await ask(server, tokens[2])).toEqual([200])
    })

    test('case E3 a stream through a route ends whole although its provider is removed, and the next call takes the new route', async () => {
      const [ill, removed, added] = [await startUpstream(), await startUpstream(), await startUpstream()]
      ill.respond(json(401, { error: { message: 'Wrong key', type: 'invalid_request_error', code: null } }))
      const toRoute = (upstreams: Readonly<Record<string, ScriptedUpstream>>) => {
        const names = Object.keys(upstreams)
        const providers = names.map((id) => [id, { base_url: upstreams[id]?.url, models: ['m'], api_key: keys[0] }])
        const routes = { chat: { targets: names.map((id) => ({ model: `${id}/m` })) } }
        return JSON.stringify({ access: { token: tokens[0] }, providers: Object.fromEntries(providers), routes })
      }
      const server = await start({ [configFile]: toRoute({ ill, removed }) }, { workers })
      const step = createGate()
      removed.respondNext(sse([chatChunks[0] ?? '', step, ...chatChunks.slice(1)]))
      const headers = { authorization: `Bearer ${tokens[0]}` }
      const client = await sendChat(server, { fields: { model: 'chat' }, headers })
      const response = await client.startResponse()
      await response.bodyUntil('"assistant"')
      await writeFile(join(server.folder, configFile), toRoute({ ill, added }))
      expect(await reload(server)).toMatchObject({
        changed: expect.arrayContaining(['providers.removed', 'providers.added']),
      })
      // The second reload follows the breaker to the other worker.
      await reload(server)
      expect(await ask(server, tokens[0], 'chat')).toEqual([200])
      expect([ill, removed, added].map(({ requests }) => requests.length)).toEqual([1, 1, 6])
      step.open()
      expect((await response.whole()).text).toContain('data: [DONE]')
    })

    test('case E3 the log names the keys that need a restart, and the other changes apply', async () => {
      const upstream = await startUpstream()
      const server = await start({ [configFile]: toYaml(upstream, 0) }, { workers })
      const fixed = 'storage: { path: elsewhere }\nserver: { max_buffered_bytes: 1000000 }\n'
      await writeFile(join(server.folder, configFile), toYaml(upstream, 1, fixed))
      expect(await reload(server)).toMatchObject({
        level: 'info',
        changed: ['access.token', 'providers.up.api_key'],
        needs_restart: ['server.max_buffered_bytes', 'storage.path'],
      })
      expect(await ask(server, tokens[1])).toEqual([200])
      expect(existsSync(join(server.folder, 'elsewhere'))).toBe(false)
      // Each reload reports them until the restart.
      expect(await reload(server)).toMatchObject({
        changed: [],
        needs_restart: ['server.max_buffered_bytes', 'storage.path'],
      })
      await writeFile(join(server.folder, configFile), toYaml(upstream, 1))
      expect(await reload(server)).not.toHaveProperty('needs_restart')
    })

    test('case E3 a configured provider replaces the demo, and its removal restores the demo', async () => {
      const upstream = await startUpstream()
      const server = await start({}, { workers })
      expect(await ask(server, 'any', 'demo/chat')).toEqual([200])
      await writeFile(join(server.folder, configFile), toYaml(upstream, 0))
      const { changed } = await reload(server)
      expect(changed).toEqual(expect.arrayContaining(['providers.up', 'providers.demo', 'access.token']))
      expect(await ask(server, tokens[0])).toEqual([200])
      await writeFile(join(server.folder, configFile), '')
      await reload(server)
      expect(await ask(server, 'any', 'demo/chat')).toEqual([200])
    })

    test('case E3 without a configuration file, SIGHUP reloads the files of variables and .env', async () => {
      const upstream = await startUpstream()
      const env = { TOKEN_FILE: 'token.txt', OPENAI_BASE_URL: upstream.url }
      const files = { 'token.txt': `${tokens[0]}\n`, '.env': `OPENAI_API_KEY=${keys[0]}\n` }
      const server = await start(files, { workers, env })
      expect(await ask(server, tokens[0], 'gpt-4.1')).toEqual([200])
      await writeFile(join(server.folder, 'token.txt'), `${tokens[1]}\n`)
      expect(await reload(server)).toMatchObject({ changed: ['access.token'] })
      await writeFile(join(server.folder, '.env'), `OPENAI_API_KEY=${keys[1]}\n`)
      expect(await reload(server)).toMatchObject({ changed: ['providers.openai.api_key'] })
      expect(await ask(server, tokens[0], 'gpt-4.1')).toEqual([401])
      expect(await ask(server, tokens[1], 'gpt-4.1')).toEqual([200])
      expect(upstream.requests.at(-1)?.headers.authorization).toBe(`Bearer ${keys[1]}`)
      for (const secret of [...tokens, ...keys]) expect(server.output()).not.toContain(secret)
    })
  })

  test('case E3 a maximum price of a route is judged by the prices of the same file', async () => {
    const upstream = await startUpstream()
    const server = await start({ [configFile]: toYaml(upstream, 0) })
    const withPrice = (usd: number) =>
      toYaml(
        upstream,
        0,
        `prices: { up/m: { input: ${usd}, output: 1 } }\nroutes: { chat: { targets: [{ model: up/m }], max_price: { prompt: 2 } } }\n`,
      )
    await writeFile(join(server.folder, configFile), withPrice(2))
    expect(await reload(server)).toMatchObject({
      level: 'info',
      changed: expect.arrayContaining(['routes.chat.max_price.prompt']),
    })
    expect(await ask(server, tokens[0], 'chat')).toEqual([200])
    await writeFile(join(server.folder, configFile), withPrice(3))
    expect(await reload(server)).toMatchObject({
      level: 'error',
      cause: expect.stringContaining('`up/m`: 3 USD per million input tokens'),
    })
    expect(await ask(server, tokens[0], 'chat')).toEqual([200])
  })

  test.each([1, 2])('case E3 a SIGHUP during the start of %i processes takes effect', async (workers) => {
    const upstream = await startUpstream()
    const settings = `{ access: { token: '${tokens[0]}' }, providers: { up: { base_url: '${upstream.url}', models: ['m'], api_key: '${keys[0]}' } } }`
    const code = `import { existsSync, writeFileSync } from 'node:fs'\nif (!existsSync('read')) {\n  writeFileSync('read', '')\n  process.kill(process.pid, 'SIGHUP')\n}\nexport default ${settings}\n`
    const server = await start({ 'weir.config.mjs': code }, { workers })
    await server.findLog(({ event }) => event === 'reload', 30_000)
    expect(await ask(server, tokens[0])).toEqual([200])
  })

  test('case E3 SIGHUP runs a code configuration again', async () => {
    const upstream = await startUpstream()
    const toCode = (number: 0 | 1) =>
      `import { readFileSync } from 'node:fs'\nexport default { access: { token: readFileSync('secret.txt', 'utf8').trim() }, providers: { up: { base_url: '${upstream.url}', models: ['m'], api_key: '${keys[number]}' } } }\n`
    const server = await start({ 'weir.config.mjs': toCode(0), 'secret.txt': tokens[0] })
    await writeFile(join(server.folder, 'secret.txt'), tokens[1])
    expect(await reload(server)).toMatchObject({ changed: ['access.token'] })
    await writeFile(join(server.folder, 'weir.config.mjs'), toCode(1))
    expect(await reload(server)).toMatchObject({ changed: ['providers.up.api_key'] })
    expect(await ask(server, tokens[1])).toEqual([200])
  })

  test.runIf(process.platform === 'linux')(
    'case E3 a worker that starts later uses the configuration of the others, even if the file has changed',
    async () => {
      const upstream = await startUpstream()
      const server = await start({ [configFile]: toYaml(upstream, 0) }, { workers: 2 })
      await writeFile(join(server.folder, configFile), toYaml(upstream, 1, 'storage: { path: elsewhere }\n'))
      await reload(server)
      await writeFile(join(server.folder, configFile), 'modles: {}\n')
      const children = () => readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ')
      const [victim = ''] = children()
      process.kill(Number(victim), 'SIGKILL')
      await server.said(/Worker \d+ ended \(SIGKILL\)\. A new worker starts/)
      // Every worker is new, and started successfully.
      server.signal('SIGUSR2')
      await server.said(/All workers were replaced/)
      expect(await ask(server, tokens[1])).toEqual([200])
      expect(existsSync(join(server.folder, 'elsewhere'))).toBe(false)
    },
  )

  test('R65 no call fails during repeated reloads', async () => {
    const upstream = await startUpstream()
    const server = await start({ [configFile]: toYaml(upstream, 0) })
    let isOver = false
    const statuses = new Set<number>()
    const repeatCalls = async () => {
      const client = await openRawClient(server.url)
      while (!isOver) {
        const body = JSON.stringify({ model: 'up/m', messages: [{ role: 'user', content: 'Hello' }] })
        const head = `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${tokens[0]}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
        await client.send(head + body)
        statuses.add((await client.readResponse()).status)
      }
      client.destroy()
    }
    const callers = [repeatCalls(), repeatCalls()]
    for (let time = 0; time < 10; time++) {
      const yaml = toYaml(upstream, 0, time % 2 === 0 ? 'limits: { json_depth: 30 }\n' : 'modles: {}\n')
      await writeFile(join(server.folder, configFile), yaml)
      await reload(server)
    }
    isOver = true
    await Promise.all(callers)
    expect([...statuses]).toEqual([200])
  })

  // https://man7.org/linux/man-pages/man1/script.1.html
  test.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))(
    'a server stops when its terminal closes, as without reloads',
    async () => {
      const cli = join(import.meta.dirname, '../../src/platform/node/cli.ts')
      const env = { PATH: process.env.PATH, PORT: '0', STORAGE_PATH: 'none', SHELL: '/bin/sh' }
      const terminal = spawn('/usr/bin/script', ['-qec', `exec ${process.execPath} ${cli} serve`, '/dev/null'], {
        env,
        stdio: ['pipe', 'pipe', 'ignore'],
      })
      let output = ''
      for await (const chunk of terminal.stdout) {
        output += String(chunk)
        if (output.includes('Weir is ready')) break
      }
      const client = await openRawClient(`http://127.0.0.1:${/http:\/\/[^/]+:(\d+)/.exec(output)?.[1]}`)
      terminal.kill('SIGKILL')
      // A server that exits closes its idle connections.
      await withDeadline(client.closed, 30_000, () => 'the server is still running')
    },
  )
})
