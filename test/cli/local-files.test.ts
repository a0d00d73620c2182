import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { openPorts } from '../../src/platform/node/open-ports.ts'
import { adminToken, callAdmin } from '../admin/open-admin.ts'
import { createKeyIn, createKeysIn } from '../faults/create-key-in.ts'
import { startWeirProcess, type WeirProcess } from '../faults/start-weir-process.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { toOpenAIEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { json } from '../support/upstream-scripts.ts'
import { type CommandResult, mustRun, mustRunHere, runWeir, runWeirHere } from './run-weir.ts'

// Some commands run in a separate process, and take a second on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let folder: string
let upstream: ScriptedUpstream
let server: WeirProcess | undefined
let env: Readonly<Record<string, string>>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-cli-'))
  upstream = await startScriptedUpstream()
  upstream.respond(json(200, chatCompletion))
  env = { ...toOpenAIEnv(upstream), STORAGE_PATH: join(folder, 'data') }
  // Creates the database, as a first server start does.
  await (await openPorts(parseSettings({ env, platform: 'node' }), () => {})).close()
})
afterEach(async () => {
  await server?.close()
  server = undefined
  await upstream.close()
  await rm(folder, { recursive: true })
})

const weir = (...args: readonly string[]) => mustRunHere(args, { folder, env })
const readJson = async (...args: readonly string[]) => JSON.parse((await weir(...args, '--json')).stdout)

async function start(): Promise<WeirProcess> {
  server = await startWeirProcess(env)
  return server
}

async function chat(secret: string): Promise<number> {
  const response = await fetch(`${server?.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify(chatRequest),
  })
  await response.text()
  return response.status
}

test('explains a route of the configuration, and says that it knows no health', async () => {
  const { stdout, stderr } = await weir('route', 'explain', 'gpt-4.1')
  expect(stdout).toMatch(/^# +target .*\n1 +\S+\/gpt-4\.1 .*closed.* allowed +native\n$/)
  expect(stderr).toContain('Without --url this command knows no health')
})

test('a running server accepts a new key, and the usage shows its call', async () => {
  await start()
  const created = await weir('keys', 'create', '--name', 'ann', '--rpm', '60', '--budget', '10/month@Europe/Berlin')
  expect(created.stdout).toMatch(/^sk-weir-[0-9a-f]{64}\n$/)
  const secret = created.stdout.trim()
  expect(await chat(secret)).toBe(200)

  const { data } = await readJson('keys', 'list')
  expect(data).toMatchObject([{ object: 'key', name: 'ann', limits: { requests_per_minute: 60 } }])
  const [{ id }] = data
  expect(created.stderr).toContain(`${id} (ann)`)
  // The server writes the record after the response.
  const usage = () => readJson('usage', '--by', 'key,model')
  await expect.poll(usage, { timeout: 10_000 }).toMatchObject([{ key_id: id, calls: 1, input_tokens: 19 }])
  expect((await weir('usage', '--by', 'total')).stdout).toMatch(/^calls .*\n +1 .*\n$/)
  expect((await weir('records')).stdout).toMatch(/^seq,id,.*\r\n1,"gen_.*\r\n$/)
  expect(await readJson('keys', 'balance', id)).toMatchObject({ object: 'balance', key_id: id, open_calls: 0 })
  const operator = ['operator', '--by', 'tag'] as const
  expect(await readJson('keys', 'balance', 'operator')).toMatchObject({
    key_id: 'operator',
    spent_usd: '0',
    limits: [],
  })
  expect(await readJson('usage', '--key', ...operator)).toEqual([])
})

test('S20 a running server refuses a disabled, rotated or deleted key within a second', async () => {
  await start()
  const make = async () => (await weir('keys', 'create', '--name', 'x')).stdout.trim()
  const first = await make()
  expect(await chat(first)).toBe(200)
  const [{ id }] = (await readJson('keys', 'list')).data
  await weir('keys', 'disable', id)
  await expect.poll(() => chat(first), { timeout: 1_500 }).toBe(401)
  await weir('keys', 'enable', id)
  await expect.poll(() => chat(first), { timeout: 1_500 }).toBe(200)
  const second = (await weir('keys', 'rotate', id, '--overlap', '0')).stdout.trim()
  await expect.poll(() => chat(first), { timeout: 1_500 }).toBe(401)
  expect(await chat(second)).toBe(200)
  expect((await weir('keys', 'delete', id, '--yes')).stdout).toBe('')
  await expect.poll(() => chat(second), { timeout: 1_500 }).toBe(401)
})

test('S20 a running server refuses the tokens of an end user that tokens revoke names, within a second', async () => {
  await start()
  const secret = (await weir('keys', 'create', '--name', 'app')).stdout.trim()
  const mint = async (user: string): Promise<string> => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ end_user: user })
    const response = await fetch(`${server?.url}/v1/client_tokens`, { method: 'POST', headers, body })
    return ((await response.json()) as { readonly value: string }).value
  }
  const [ada, bob] = [await mint('ada'), await mint('bob')]
  expect([await chat(ada), await chat(bob)]).toEqual([200, 200])
  expect((await weir('tokens', 'revoke', '--key', 'app', '--user', 'ada')).stdout).toBe('')
  await expect.poll(() => chat(ada), { timeout: 1_500 }).toBe(401)
  expect(await chat(bob)).toBe(200)
  expect(await readJson('tokens', 'revoke', '--yes')).toMatchObject({ object: 'revocation', key_id: null })
  await expect.poll(() => chat(bob), { timeout: 1_500 }).toBe(401)
})

test('an update changes only the limits that it names, and none removes one', async () => {
  const limits = ['--rpm', '60', '--tpd', '100000', '--budget', '10/month', '--budget', '2.50/day@Europe/Berlin']
  const { id } = await readJson('keys', 'create', '--name', 'x', ...limits, '--per-call', '0.05', '--shadow')
  const changed = await readJson('keys', 'update', id, '--rpm', 'none', '--streams', '3', '--no-shadow')
  expect(changed).toMatchObject({
    shadow: false,
    limits: {
      ...{ requests_per_minute: null, tokens_per_day: 100_000, concurrent_streams: 3, usd_per_call: 0.05 },
      budgets: [
        { usd: 10, per: 'month', time_zone: 'UTC' },
        { usd: 2.5, per: 'day', time_zone: 'Europe/Berlin' },
      ],
    },
  })
  const shown = (await weir('keys', 'show', id)).stdout
  expect(shown).toContain('limits   tpd 100000, streams 3, $0.05/call, $10/month, $2.5/day@Europe/Berlin\n')
})

test('case C15 a changed limit keeps the budget of the key, and a new label keeps the other labels', async () => {
  const { id } = await readJson('keys', 'create', '--name', 'x', '--budget', '10/month', '--label', 'team=core')
  expect(await readJson('keys', 'update', id, '--rpm', '5', '--label', 'note=new')).toMatchObject({
    limits: { requests_per_minute: 5, budgets: [{ usd: 10, per: 'month', time_zone: 'UTC' }] },
    labels: { team: 'core', note: 'new' },
  })
  const cleared = await readJson('keys', 'update', id, '--label', 'none', '--budget', 'none')
  expect(cleared.labels).toEqual({})
  expect(cleared.limits).toMatchObject({ requests_per_minute: 5, budgets: [] })
})

test('case C19 records correct works while a server runs, and the audit log has the old cost', async () => {
  await start()
  const secret = (await weir('keys', 'create', '--name', 'ann')).stdout.trim()
  expect(await chat(secret)).toBe(200)
  const records = () => readJson('records')
  await expect.poll(records, { timeout: 10_000 }).toMatchObject([{ cost_source: 'usage' }])
  const [{ id, cost_usd: booked }] = await records()
  const done = await weir('records', 'correct', id, '--cost', '0.72', '--reason', 'invoice 2026-11')
  expect(done.stderr).toContain(`The cost of ${id} is now $0.72; it was recorded at $${booked}.`)
  const again = await readJson('records', 'correct', id, '--cost', '0.72', '--reason', 'invoice 2026-11')
  expect(again).toMatchObject({ id, cost_usd: '0.72', cost_source: 'corrected', booked_usd: booked })
  expect(await readJson('keys', 'balance', 'ann')).toMatchObject({ spent_usd: '0.72' })
  expect(await readJson('usage', '--by', 'total')).toMatchObject([{ cost_usd: '0.72' }])
  expect((await readJson('audit', '--subject', id)).data).toMatchObject([
    { actor: 'cli', action: 'record.correct', detail: { from_usd: booked, to_usd: '0.72', reason: 'invoice 2026-11' } },
  ])
  const wrong = [
    ['records', 'correct', id, '--cost', '0.72'],
    ['records', 'correct', id, '--cost', '-1', '--reason', 'x'],
    ['records', 'correct', 'ann', '--cost', '1', '--reason', 'x'],
  ]
  for (const args of wrong) expect((await runWeirHere(args, { folder, env })).code).toBe(2)
  expect(
    await runWeirHere(['records', 'correct', 'gen_0', '--cost', '1', '--reason', 'x'], { folder, env }),
  ).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('record_not_found'),
  })
})

test('keys create reads an object with --from-json, which options override', async () => {
  const file = { name: 'of the file', limits: { requests_per_minute: 5, requests_per_day: 50 }, models: ['a*'] }
  const args = ['keys', 'create', '--from-json', '-', '--name', 'of the option', '--rpm', '7', '--json']
  const { stdout } = await mustRunHere(args, { folder, env, input: JSON.stringify(file) })
  expect(JSON.parse(stdout)).toMatchObject({
    name: 'of the option',
    models: ['a*'],
    limits: { requests_per_minute: 7, requests_per_day: 50 },
  })
})

test('keys list reads all pages of a long list', async () => {
  const storage = join(folder, 'data')
  const names = Array.from({ length: 100 }, (_, count) => `key ${count}`)
  // Keys of the same millisecond have no order.
  await createKeysIn(
    storage,
    names.map((name) => ({ name })),
  )
  await createKeyIn(storage, { name: 'key 100' })
  const { data, has_more: hasMore, next } = await readJson('keys', 'list')
  expect([data.length, hasMore, next]).toEqual([101, false, null])
  expect(data.at(-1).name).toBe('key 100')
  expect(new Set(data.map(({ name }: { readonly name: string }) => name)).size).toBe(101)
})

test('S76 a user with access to the files needs no admin secret, is `cli` in the audit log, and leaves no secret', async () => {
  const { id } = await readJson('keys', 'create', '--name', 'x')
  await weir('keys', 'disable', id)
  expect((await readJson('audit', '--subject', id)).data).toMatchObject([
    { actor: 'cli', address: null, action: 'key.update', subject: id },
    { actor: 'cli', address: null, action: 'key.create', subject: id },
  ])
  expect(await readFolder()).not.toContain('weir-admin-')
  // The commands created no admin secret: the server generates its first one now.
  const { output } = await start()
  expect(output()).toMatch(/weir-admin-[0-9a-f]{64}/)
})

test('S76 keys import rejects ADMIN_TOKEN as the secret of a key', async () => {
  const args = ['keys', 'import', '--name', 'x']
  const refused = await runWeirHere(args, { folder, env: { ...env, ADMIN_TOKEN: adminToken }, input: adminToken })
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(/^secret is a secret of the admin API\. \(invalid_value: secret\)$/m)
})

test('S17 admin-token replaces the secret of a running server, prints it once and stores only its hash', async () => {
  const { url, output } = await start()
  const [before = ''] = output().match(/weir-admin-[0-9a-f]{64}/) ?? []
  const status = async (secret: string) =>
    (await callAdmin(url, 'GET /keys', { headers: { authorization: `Bearer ${secret}` } })).status
  expect(await status(before)).toBe(200)
  const { stdout, stderr } = await weir('admin-token')
  expect(stdout).toMatch(/^weir-admin-[0-9a-f]{64}\n$/)
  expect(await status(before)).toBe(401)
  expect(await status(stdout.trim())).toBe(200)
  for (const content of [await readFolder(), stderr, output()]) expect(content).not.toContain(stdout.trim())
  const { data } = await readJson('audit')
  expect(data).toContainEqual(expect.objectContaining({ actor: 'cli', action: 'admin.replace_secret' }))
})

test.each<[string, Readonly<Record<string, string>>, RegExp, number]>([
  ['ADMIN_TOKEN is set', { ADMIN_TOKEN: adminToken }, /^ADMIN_TOKEN is set/, 1],
  ['other machines can reach the server', { HOST: '0.0.0.0' }, /accepts no secret except ADMIN_TOKEN/, 1],
  ['storage is off', { STORAGE_PATH: 'none' }, /STORAGE_PATH is none/, 1],
  ['WEIR_URL selects a remote server', { WEIR_URL: 'https://ai.example.com' }, /only on the files of this machine/, 2],
])('admin-token creates no secret if %s, and prints the reason', async (_, more, words, code) => {
  const result = await runWeirHere(['admin-token'], { folder, env: { ...env, ...more } })
  expect(result).toMatchObject({ code, stdout: '' })
  expect(result.stderr).toMatch(new RegExp(words.source, 'm'))
})

test.each([
  ['.env', `ADMIN_TOKEN=${adminToken}\n`],
  ['weir.config.yaml', `access: { admin_token: ${adminToken} }\n`],
])(
  'case E8 admin-token creates no secret that the server would refuse because %s has ADMIN_TOKEN',
  async (file, content) => {
    await writeFile(join(folder, file), content)
    const refused = await runWeirHere(['admin-token'], { folder, env })
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^ADMIN_TOKEN is set and is the only secret of the admin API\./)
  },
)

test('case E8 admin-token creates a secret that is also a valid ADMIN_TOKEN, and reports which servers refuse it', async () => {
  const { stdout, stderr } = await weir('admin-token')
  expect(stderr).toContain(
    'A server that was started with ADMIN_TOKEN, or with a HOST that other machines reach, refuses it',
  )
  const ownSecret = { ...env, ADMIN_TOKEN: stdout.trim() }
  expect((await mustRunHere(['check-config'], { folder, env: ownSecret })).stdout).toContain(
    '/admin/v1, with ADMIN_TOKEN',
  )
})

test('S21 a generated secret appears once on stdout and nowhere else; an imported one appears nowhere', async () => {
  const existing = 'sk-brought-from-elsewhere-5e7a90c1'
  const created = await mustRun(['keys', 'create', '--name', 'x'], { folder, env })
  const secret = created.stdout.trim()
  const imported = await mustRun(['keys', 'import', '--name', 'y'], { folder, env, input: `${existing}\n` })
  const id = /key_\w+/.exec(created.stderr)?.[0] ?? ''
  const rotation = ['keys', 'rotate', id, '--secret', '-', '--json']
  const rotated = await mustRun(rotation, { folder, env, input: `${existing}-2` })
  expect(JSON.parse(rotated.stdout).secret).toBeNull()
  const others: CommandResult[] = [await weir('keys', 'list'), await weir('keys', 'show', id), await weir('audit')]
  const printed = [created.stderr, ...[imported, rotated, ...others].flatMap(({ stdout, stderr }) => [stdout, stderr])]
  for (const content of [...printed, await readFolder()]) {
    expect(content).not.toContain(secret)
    expect(content).not.toContain(existing)
  }
  await start()
  expect(await chat(existing)).toBe(200)
})

test('a closed stdout ends a command without an error, except when a secret is lost', async () => {
  await weir('keys', 'list')
  const unread = { folder, env, isStdoutClosed: true }
  expect(await runWeir(['prices'], unread)).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await runWeir(['records'], unread)).toEqual({ code: 0, stdout: '', stderr: '' })
  const lost = await runWeir(['keys', 'create', '--name', 'x'], unread)
  expect(lost.code).toBe(1)
  expect(lost.stderr).toMatch(/The secret is lost\. Create another: weir keys rotate key_\w+ --overlap 0\n$/)
})

test('an unusable storage is reported with the setting to change', async () => {
  await mkdir(join(folder, 'unusable', 'weir.db'), { recursive: true })
  const unusable = { folder, env: { ...env, STORAGE_PATH: 'unusable' } }
  const result = await runWeirHere(['keys', 'list'], unusable)
  expect(result).toMatchObject({ code: 2, stdout: '' })
  expect(result.stderr).toContain('storage.path')
  const none = await runWeirHere(['keys', 'list'], { folder, env: { ...env, STORAGE_PATH: 'none' } })
  expect(none).toMatchObject({ code: 1, stdout: '' })
  expect(none.stderr).toContain('(storage_not_configured)')
})

test('case E7 usage by key shows the name, team and labels of each id, and no empty column', async () => {
  const team = await readJson('keys', 'create', '--name', 'search')
  const labels = ['--label', 'project=web', '--label', 'cost=42']
  const ann = await readJson('keys', 'create', '--name', 'ann', '--parent', 'search', ...labels)
  const bob = await readJson('keys', 'create', '--name', 'bob')
  await start()
  expect([await chat(ann.secret), await chat(bob.secret)]).toEqual([200, 200])
  await expect.poll(() => readJson('usage', '--by', 'key'), { timeout: 10_000 }).toHaveLength(2)

  const lines = (await weir('usage', '--by', 'key')).stdout.split('\n')
  expect(lines[0]).toMatch(/^key_id +name +team +labels +calls /)
  const line = (id: string) => lines.find((candidate) => candidate.startsWith(id))
  expect(line(ann.id)).toMatch(/^key_\w+ +ann +search +project=web, cost=42 +1 /)
  expect(line(bob.id)).toMatch(/^key_\w+ +bob +- +- +1 /)
  const own = (await weir('usage', '--by', 'day,key', '--key', 'bob')).stdout
  expect(own).toMatch(/^day +key_id +name +calls .*\n\S+ +key_\w+ +bob +1 /)
  expect((await weir('usage', '--by', 'key', '--key', team.id, '--descendants')).stdout).toContain(' ann ')
})

test('case E7 a key is found by name or id, and an ambiguous name is rejected with the ids', async () => {
  const ann = await readJson('keys', 'create', '--name', 'ann', '--rpm', '60')
  expect((await weir('keys', 'show', 'ann')).stdout).toBe((await weir('keys', 'show', ann.id)).stdout)
  expect((await readJson('keys', 'update', 'ann', '--rpd', '100')).id).toBe(ann.id)
  expect((await readJson('audit', '--subject', 'ann')).data).toHaveLength(2)

  const other = await readJson('keys', 'create', '--name', 'ann')
  const refused = await runWeirHere(['keys', 'show', 'ann'], { folder, env })
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toBe(`2 keys have this name: ${ann.id}, ${other.id}. Use one of these ids.\n`)
  const missing = await runWeirHere(['keys', 'delete', 'anna', '--yes'], { folder, env })
  expect(missing).toMatchObject({ code: 1, stdout: '' })
  expect(missing.stderr).toMatch(/^No key in .* has this id or name\. List the keys with weir keys list\.$/m)
})

test('case E7 keys show prints the remaining amount and the reset time of each limit', async () => {
  await weir('keys', 'create', '--name', 'search', '--budget', '10/month')
  const ann = await readJson('keys', 'create', '--name', 'ann', '--parent', 'search', '--rpm', '60', '--streams', '3')
  await start()
  expect(await chat(ann.secret)).toBe(200)
  const show = async () => (await weir('keys', 'show', 'ann')).stdout
  await expect
    .poll(show, { timeout: 10_000 })
    .toMatch(/\nbudget\/month +search \(key_\w+\) +\$0\.000118 +\$10 +\$9\.999882 +\d{4}-\d\d-01T00:00:00\.000Z\n/)
  const output = await show()
  expect(output).toMatch(/\nlimit +key +used +allowed +remaining +resets\n/)
  expect(output).toMatch(/\nrequests\/minute +ann \(key_\w+\) +1 +60 +59 +\d{4}-/)
  expect(output).toMatch(/\nconcurrent_streams +ann \(key_\w+\) +0 +3 +3 +-\n/)
  const balance = await readJson('keys', 'balance', 'ann')
  expect(balance.limits).toContainEqual(expect.objectContaining({ limit: 'requests/minute', remaining: 59 }))
})

test('case E7 keys show prints a key without limit status if metering is off', async () => {
  await weir('keys', 'create', '--name', 'ann', '--rpm', '60')
  const { stdout } = await mustRunHere(['keys', 'show', 'ann'], { folder, env: { ...env, METERING: 'false' } })
  expect(stdout).toMatch(/^id .*\n/)
  expect(stdout).not.toContain('remaining')
})

test.each(['keys list', 'keys create --name x', 'keys show x', 'usage', 'records', 'prices', 'audit', 'admin-token'])(
  'case E8 in a folder without a database `weir %s` creates none, and prints the path where it looked',
  async (line) => {
    const empty = join(folder, 'empty')
    await mkdir(empty)
    const { STORAGE_PATH: _, ...others } = env
    const result = await runWeirHere(line.split(' '), { folder: empty, env: others })
    expect(result).toMatchObject({ code: 1, stdout: '' })
    expect(result.stderr).toContain(`There is no database at ${join(empty, '.weir', 'weir.db')}.`)
    for (const hint of ['STORAGE_PATH', '--config', '--url', 'weir serve']) expect(result.stderr).toContain(hint)
    expect(await readdir(empty)).toEqual([])
  },
)

test.each([
  ['usage', '--by', 'kee'],
  ['usage', '--from', 'yesterday'],
  ['keys', 'create', '--name', 'x', '--budget', '5/day@Europe/Berlinn'],
])('case E8 a value that only the server rejects exits with 2 as well: weir %s %s %s', async (...args) => {
  const result = await runWeirHere(args, { folder, env })
  expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('(invalid_value: ') })
})

/** Returns the content of all stored files as one string. */
async function readFolder(): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile())
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))).join('\n')
}

test('R74 keys reconcile shows balances that differ from their records, and corrects them', async () => {
  await start()
  const secret = (await weir('keys', 'create', '--name', 'ann')).stdout.trim()
  await weir('keys', 'create', '--name', 'bob', '--parent', 'ann')
  expect(await chat(secret)).toBe(200)
  await expect.poll(() => readJson('usage', '--by', 'total'), { timeout: 10_000 }).toMatchObject([{ calls: 1 }])
  expect((await weir('keys', 'reconcile')).stderr).toBe('All balances match their records.\n')
  await server?.close()
  const database = new DatabaseSync(join(folder, 'data', 'weir.db'))
  for (const table of ['call_records', 'usage_days', 'usage_days_by_key']) database.exec(`DELETE FROM ${table}`)
  database.close()
  const tried = await weir('keys', 'reconcile', '--dry-run')
  expect(tried.stdout).toMatch(/^key_id +end_user +counted_usd +recorded_usd.*\n.*key_\w+ +- +0\.000118 +0 /)
  expect(tried.stderr).toBe('Balances that differ from their records: 1.\n')
  expect(await readJson('keys', 'reconcile', 'bob')).toMatchObject([{ object: 'reconciliation', changed: 1 }])
  expect(await readJson('keys', 'balance', 'ann')).toMatchObject({ spent_usd: '0' })
})

test('adds, changes and deletes people, and creates a link that gives the secret of a key once', async () => {
  const person = await readJson('people', 'create', '--email', 'Ann@example.com', '--role', 'owner')
  expect(person).toMatchObject({ object: 'person', name: 'Ann@example.com', email: 'ann@example.com', role: 'owner' })
  const last = await runWeirHere(['people', 'disable', String(person.id)], { folder, env })
  expect([last.code, last.stderr]).toEqual([1, expect.stringContaining('(last_owner)')])
  const other = await readJson('people', 'create', '--name', 'Bob', '--role', 'viewer')
  expect(await readJson('people', 'update', String(other.id), '--role', 'member')).toMatchObject({ role: 'member' })
  expect((await weir('people', 'list')).stdout).toMatch(/^id +name +email +role +disabled\n.*Ann@example.com.*\n.*Bob/)
  expect(await readJson('people', 'delete', String(other.id), '--yes')).toMatchObject({ deleted: true })
  const { stdout, stderr } = await weir('links', 'create', '--name', 'for Bob', '--link-expires', '2d')
  expect(stdout).toMatch(/^http:\/\/localhost:\d+\/claim#[0-9a-f]{64}\n$/)
  expect(stderr).not.toContain(stdout.trim().split('#')[1])
  const [link] = (await readJson('links', 'list')).data as { id: string; created_by: string; claimed_at: null }[]
  expect(link).toMatchObject({ created_by: 'cli', claimed_at: null })
  expect(await readJson('links', 'delete', String(link?.id))).toMatchObject({ deleted: true })
  const audit = (await readJson('audit', '--subject', String(person.id))).data as { author: string }[]
  expect(audit.map(({ author }) => author)).toEqual(['cli'])
})
