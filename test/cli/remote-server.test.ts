import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { adminToken, openAdmin } from '../admin/open-admin.ts'
import { ask } from '../support/ask.ts'
import { closedAddress } from '../support/closed-address.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest } from '../support/fixtures.ts'
import { gatewayToken } from '../support/gateway.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { html500, json, redirect307 } from '../support/upstream-scripts.ts'
import { mustRunHere, runWeir, runWeirHere } from './run-weir.ts'

// Some commands run in a separate process.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-cli-remote-'))
})
afterEach(async () => {
  // Commands for a remote server write no local files.
  expect(await readdir(folder)).toEqual([])
  await rm(folder, { recursive: true })
})

const env = { ADMIN_TOKEN: adminToken }

describeOnBothStored('the command line', (start, { startUpstream }) => {
  test('creates, changes and deletes keys of a remote server, and reads their usage', async () => {
    const { gateway } = await openAdmin({ start, startUpstream })
    const surroundings = { folder, env: { ...env, WEIR_URL: `${gateway.url}/v1/` } }
    const weir = (...args: readonly string[]) => mustRunHere(args, surroundings)
    const readJson = async (...args: readonly string[]) => JSON.parse((await weir(...args, '--json')).stdout)

    const team = await readJson('keys', 'create', '--name', 'team', '--models', 'gpt-4*', '--expires', '30d')
    const { stdout } = await weir('keys', 'create', '--name', 'ann', '--parent', team.id, '--label', 'team=search')
    const body = { ...chatRequest, user: 'u\u001b[2J\u202e1' }
    const call = { target: '/v1/chat/completions', body, token: false }
    const response = await ask(gateway, { ...call, headers: { authorization: `Bearer ${stdout.trim()}` } })
    expect(response.status).toBe(200)
    await gateway.flushLedger()

    const { data } = await readJson('keys', 'list', '--parent', team.id)
    expect(data).toMatchObject([{ name: 'ann', parent_id: team.id, labels: { team: 'search' } }])
    const filter = ['--key', team.id, '--descendants', '--by', 'user']
    expect(await readJson('usage', ...filter)).toMatchObject([{ calls: 1, end_user: body.user }])
    // Control characters from a caller do not affect the terminal.
    expect((await weir('usage', ...filter)).stdout).toContain('\nu\ufffd[2J\ufffd1 ')
    expect((await weir('records', '--format', 'jsonl')).stdout).toMatch(/^\{"seq":1,[^\n]*\}\n$/)
    expect(await readJson('keys', 'balance', team.id)).toMatchObject({ object: 'balance', key_id: team.id })
    expect((await readJson('prices', 'gpt-4.1', '--provider', 'openai')).data).toMatchObject([{ model: 'gpt-4.1' }])

    expect((await weir('keys', 'delete', team.id, '--yes')).stderr).toContain('and 1 below it')
    expect(await readJson('keys', 'list')).toEqual({ object: 'list', data: [], has_more: false, next: null })
    const [latest] = (await readJson('audit', '--limit', '1')).data
    expect(latest).toMatchObject({ actor: 'admin', action: 'key.delete', subject: team.id })
  })

  test('explains a route of a remote server, whose health it shows', async () => {
    const config = {
      routes: {
        chat: {
          targets: [{ model: 'openai/gpt-4.1', when: { tags: ['team:*'] } }, { model: 'openai/gpt-4o' }],
        },
      },
    }
    const { gateway, upstream, create } = await openAdmin({ start, startUpstream }, { config })
    await create({ name: 'ann', models: ['openai/gpt-4.1'] })
    upstream.respond(json(429, { error: { message: 'Slow down', code: 'rate_limit_exceeded' } }))
    expect(
      (await ask(gateway, { target: '/v1/chat/completions', body: { ...chatRequest, model: 'chat' } })).status,
    ).toBe(429)
    const surroundings = { folder, env: { ...env, WEIR_URL: gateway.url } }
    const explain = (...args: readonly string[]) => mustRunHere(['route', 'explain', ...args], surroundings)
    const { stdout, stderr } = await explain('chat', '--key', 'ann', '--tag', 'a:b', '--tag', 'team:blue')
    expect(stderr).toBe('Route chat: strategy ordered, at most 5 attempts.\n')
    const lines = stdout.split('\n')
    expect(lines[0]?.split(/\s+/)).toEqual(expect.arrayContaining(['#', 'target', 'conditions', 'usd', 'api']))
    expect(lines[1]).toMatch(/^1 +openai\/gpt-4\.1 .*tags: holds .* allowed +native$/)
    expect(lines[2]).toMatch(/^- +openai\/gpt-4o +model_not_allowed .* open, until 20\S+, 1 failed .* refused +native$/)
    expect(stdout).toMatch(/^rate_limit +returns the failure +default$/m)
    const options = ['--input-tokens', '9', '--input', 'image', '--session', 's', '--operation', 'messages', '--json']
    const explained = JSON.parse((await explain('chat', '--at', '2026-12-01', ...options)).stdout)
    expect(explained).toMatchObject({
      object: 'route_explanation',
      operation: 'messages',
      at: '2026-12-01T00:00:00.000Z',
      targets: [{ target: 'openai/gpt-4o', api: 'translated' }, { left_out: 'condition' }],
    })
    const wrong = await runWeirHere(['route', 'explain', 'chat', '--at', 'noon'], surroundings)
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('(invalid_value: at)')])
  })

  test('exports and erases an end user of a remote server', async () => {
    const { gateway } = await openAdmin({ start, startUpstream })
    const surroundings = { folder, env: { ...env, WEIR_URL: gateway.url } }
    const weir = (...args: readonly string[]) => mustRunHere(['end-users', ...args], surroundings)
    const user = "o'hara \u202e%"
    const body = { ...chatRequest, user }
    expect((await ask(gateway, { target: '/v1/chat/completions', body })).status).toBe(200)
    await gateway.flushLedger()
    const [one, another] = [['--key', 'token', '--user', user] as const, ['--key', 'token', '--user', 'bob'] as const]

    expect(JSON.parse((await weir('export', ...one)).stdout)).toMatchObject({
      end_user: user,
      records: [{ attempt: 1 }],
    })
    expect((await weir('erase', ...one, '--dry-run')).stderr).toContain('Would erase 0 sessions')
    const erased = await weir('erase', ...one, '--yes')
    expect(erased.stdout).toBe('')
    expect(erased.stderr).toContain('the name in 1 records')
    expect(erased.stderr).not.toContain('hara')
    expect(JSON.parse((await weir('export', ...one)).stdout)).toMatchObject({ records: [] })
    expect(JSON.parse((await weir('erase', ...another, '--yes', '--json')).stdout)).toMatchObject({ records: 0 })
    const [latest] = await gateway.sql('SELECT action, subject FROM audit_log ORDER BY at DESC, id DESC LIMIT 1')
    expect(latest).toEqual({ action: 'end_user.erase', subject: 'token' })
  })

  test('S20 revokes a token, those of an end user, of a key, and of every key of a remote server', async () => {
    const signing = { CLIENT_TOKEN_SECRETS: 'a-secret-that-signs-the-tokens-of-the-tests' }
    const { gateway, create } = await openAdmin({ start, startUpstream }, { env: signing })
    const surroundings = { folder, env: { ...env, WEIR_URL: gateway.url } }
    const revoke = (...args: readonly string[]) => mustRunHere(['tokens', 'revoke', ...args], surroundings)
    const key = await create({ name: 'app' })
    const call = { target: '/v1/chat/completions', body: chatRequest, token: false }
    const mint = async (secret: string, user: string) => {
      const headers = { authorization: `Bearer ${secret}` }
      const minted = { target: '/v1/client_tokens', body: { end_user: user }, token: false, headers }
      return JSON.parse((await ask(gateway, minted)).text) as { readonly id: string; readonly value: string }
    }
    const statusOf = async ({ value }: { readonly value: string }) =>
      (await ask(gateway, { ...call, headers: { authorization: `Bearer ${value}` } })).status
    const [one, two, bob] = [
      await mint(key.secret, 'ada'),
      await mint(key.secret, 'ada'),
      await mint(key.secret, 'bob'),
    ]
    // Workers refuse a key that was called before within 30 seconds.
    const unused = await mint((await create({ name: 'other' })).secret, 'bob')
    const own = await mint(gatewayToken, 'eve')

    const past = await revoke('--key', 'app', '--before', '1h', '--json')
    const { issued_until: until, ...revocation } = JSON.parse(past.stdout)
    expect(revocation).toEqual({ object: 'revocation', key_id: key.id, id: null, end_user_sha256: null })
    expect(Date.now() - 3_600_000 - until).toBeLessThan(60_000)
    expect([await statusOf(one), await statusOf(two), await statusOf(bob)]).toEqual([200, 200, 200])
    expect(await revoke('--key', 'app', '--id', one.id)).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(/^Revoked one user token of key_\w+ in http:/),
    })
    expect([await statusOf(one), await statusOf(two)]).toEqual([401, 200])
    const { stderr } = await revoke('--key', key.id, '--user', 'ada')
    expect(stderr).toMatch(/^Revoked the user tokens of one end user of key_\w+ that were issued until 20.*Z in http:/)
    expect([await statusOf(two), await statusOf(bob), await statusOf(own)]).toEqual([401, 200, 200])
    await revoke('--key', 'token')
    expect([await statusOf(bob), await statusOf(own)]).toEqual([200, 401])
    await revoke('--key', 'visitors')
    expect((await revoke('--yes')).stderr).toContain('of every key')
    expect(await statusOf(unused)).toBe(401)
    const [latest] = await gateway.sql('SELECT action, subject FROM audit_log ORDER BY at DESC, id DESC LIMIT 1')
    expect(latest).toEqual({ action: 'tokens.revoke', subject: null })

    const refused = (...args: readonly string[]) => runWeirHere(['tokens', 'revoke', ...args], surroundings)
    const unknown = await refused('--key', 'key_0')
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('(key_not_found')])
    const future = await refused('--key', 'app', '--before', '2999-01-01')
    expect([future.code, future.stderr]).toEqual([2, expect.stringContaining('(invalid_value: issued_before)')])
  })

  test('S36 prints why the server refuses, with the field, and exits with 2', async () => {
    const { gateway } = await openAdmin({ start, startUpstream })
    const surroundings = { folder, env, input: '{"name":"x","budget":5}' }
    const args = ['keys', 'create', '--from-json', '-', '--url', gateway.url]
    expect(await runWeirHere(args, surroundings)).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^budget is an unknown field\. .* \(invalid_value: budget\)\n$/),
    })
    const zone = ['keys', 'create', '--name', 'x', '--budget', '5/day@Europe/Berlinn', '--url', gateway.url]
    expect((await runWeirHere(zone, surroundings)).stderr).toContain('(invalid_value: limits.budgets[0].time_zone)')
  })

  test('S21 a wrong admin secret is refused and never printed', async () => {
    const { gateway } = await openAdmin({ start, startUpstream })
    const wrong = 'wrong-secret-0d71f3c2'
    const result = await runWeirHere(['keys', 'list', '--url', gateway.url], { folder, env: { ADMIN_TOKEN: wrong } })
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toContain('(invalid_admin_secret)')
    expect(`${result.stderr}${gateway.output()}`).not.toContain(wrong)
  })
})

test('S06 S21 the admin secret is not sent to the target of a redirect', async () => {
  const [server, other] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()])
  server.respond(redirect307(`${other.url}/admin/v1/keys`))
  const result = await runWeir(['keys', 'list', '--url', server.url], { folder, env })
  expect(result).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining('redirects to another URL (307)') })
  expect(other.requests).toEqual([])
  await Promise.all([server.close(), other.close()])
})

test('a service token for Cloudflare Access is sent to no other server, and must be complete', async () => {
  const [server, other] = await Promise.all([startScriptedUpstream(), startScriptedUpstream()])
  const access = { CLOUDFLARE_ACCESS_CLIENT_ID: 'a1.access', CLOUDFLARE_ACCESS_CLIENT_SECRET: 'cfast_secret' }
  const list = (extra: Readonly<Record<string, string>>) =>
    runWeir(['keys', 'list', '--url', server.url], { folder, env: { ...env, ...extra } })
  server.respondNext(json(200, { object: 'list', data: [], has_more: false, next: null }), redirect307(other.url))
  expect(await list(access)).toMatchObject({ code: 0 })
  const { headers } = await server.nextRequest()
  expect(headers).toMatchObject({
    authorization: `Bearer ${adminToken}`,
    'cf-access-client-id': 'a1.access',
    'cf-access-client-secret': 'cfast_secret',
  })
  expect(await list(access)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('redirects to another URL (307)'),
  })
  expect(await list({ ...access, CLOUDFLARE_ACCESS_CLIENT_ID: '' })).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Set both CLOUDFLARE_ACCESS_CLIENT_ID and CLOUDFLARE_ACCESS_CLIENT_SECRET, or neither.\n',
  })
  const wrong = await list({ ...access, CLOUDFLARE_ACCESS_CLIENT_SECRET: 'wrong secret' })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/^CLOUDFLARE_ACCESS_CLIENT_SECRET has a char/) })
  expect(wrong.stderr).not.toContain('wrong secret')
  expect([server.requests.length, other.requests]).toEqual([2, []])
  await Promise.all([server.close(), other.close()])
})

test('S21 warns if the admin secret would be sent unencrypted, except to this machine', async () => {
  const list = (url: string) => runWeir(['keys', 'list', '--url', url], { folder, env })
  expect((await list('http://weir.invalid')).stderr).toMatch(
    /^Warning: .* Use https\.\nhttp:\/\/weir\.invalid cannot be/,
  )
  expect((await list('http://localhost:1')).stderr).toMatch(/^http:\/\/localhost:1 cannot be reached/)
})

test('a response that is not from the admin API is an error', async () => {
  const server = await startScriptedUpstream()
  server.respondNext(html500(), json(200, { object: 'other' }), json(200, ['x'], { cutAfterBytes: 3 }))
  const list = () => runWeir(['keys', 'list', '--url', server.url], { folder, env })
  expect((await list()).stderr).toBe(
    `${server.url} returned status 500 with a body that is not from Weir's admin API. Check the URL.\n`,
  )
  expect((await list()).stderr).toBe(
    `${server.url} returned a response that is not from Weir's admin API. Check the URL.\n`,
  )
  expect(await list()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('broke off') })
  await server.close()
  const url = `http://${closedAddress}`
  expect(await runWeir(['keys', 'list', '--url', url], { folder, env })).toMatchObject({
    code: 1,
    stderr: `${url} cannot be reached (ECONNREFUSED).\n`,
  })
})

test('keys show prints the key even if its limits cannot be read, and then exits with 1', async () => {
  const server = await startScriptedUpstream()
  const key = json(200, { object: 'key', id: 'key_1', name: 'ann' })
  const down = json(503, { detail: 'The store cannot be reached.', code: 'store_unavailable' })
  const limit = { limit: 'requests/minute', key_id: 'key_above', used: 1, allowed: 60, remaining: 59 }
  const gone = json(404, { detail: 'There is no such key.', code: 'key_not_found' })
  const show = (...more: readonly string[]) =>
    runWeir(['keys', 'show', 'key_1', '--url', server.url, ...more], { folder, env })
  server.respondNext(key, down)
  expect(await show()).toEqual({
    code: 1,
    stdout: expect.stringMatching(/^id +key_1\nname +ann\n/),
    stderr: 'The limits cannot be shown: The store cannot be reached. (store_unavailable)\n',
  })
  server.respondNext(key, json(200, { object: 'balance', limits: [limit] }), gone)
  expect(await show()).toEqual({
    code: 1,
    stdout: expect.stringMatching(/^id +key_1\nname +ann\n/),
    stderr: 'The limits cannot be shown: There is no such key. (key_not_found)\n',
  })
  await server.close()
})

test('an export that breaks off is reported as incomplete', async () => {
  const server = await startScriptedUpstream()
  server.respond(json(200, ['x'.repeat(100)], { cutAfterBytes: 50, ending: 'reset' }))
  const result = await runWeir(['records', '--format', 'json', '--url', server.url], { folder, env })
  expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining('The export broke off and is incomplete') })
  await server.close()
})
