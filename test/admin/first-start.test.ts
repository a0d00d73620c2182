import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNodeServer } from '../../src/platform/node/server/create-node-server.ts'
import { openSqlite } from '../../src/platform/node/storage/open-sqlite.ts'
import { startWeirProcess } from '../faults/start-weir-process.ts'
import { adminToken, callAdmin, expectProblem } from './open-admin.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weir-first-start-'))
})
afterEach(() => rm(folder, { recursive: true }))

const pattern = /weir-admin-[0-9a-f]{64}/g
const bearerOf = (secret: string) => ({ headers: { authorization: `Bearer ${secret}` } })

test('S17 S21 the first start generates a secret, prints it once and stores its hash; later starts explain how to replace it', async () => {
  const first = await startWeirProcess({ STORAGE_PATH: folder })
  const [secret = '', ...others] = first.output().match(pattern) ?? []
  expect(others).toEqual([])
  expect((await callAdmin(first.url, 'GET /keys', bearerOf(secret))).status).toBe(200)
  expectProblem(await callAdmin(first.url, 'GET /keys', bearerOf(`${secret}0`)), 'invalid_admin_secret')
  expect(first.output().match(pattern)).toEqual([secret])
  await first.close()

  const files = await Promise.all(
    (await readdir(folder, { withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => readFile(join(folder, name), 'latin1')),
  )
  expect(files.join('')).not.toContain(secret.slice(11))
  expect(files.join('')).toContain(createHash('sha256').update(secret).digest('hex'))

  const second = await startWeirProcess({ STORAGE_PATH: folder })
  expect((await callAdmin(second.url, 'GET /keys', bearerOf(secret))).status).toBe(200)
  expect(second.output()).not.toMatch(pattern)
  expect(second.output()).toContain('`weir admin-token` creates a new one')
  await second.close()
})

test('of several processes that start on one folder at once, one generates the secret and all accept it', async () => {
  const shown: string[] = []
  const options = { env: { STORAGE_PATH: folder }, onAdminSecret: (secret: string) => void shown.push(secret) }
  const servers = await Promise.all([1, 2, 3].map(() => createNodeServer(options)))
  expect(shown).toEqual([expect.stringMatching(pattern)])
  for (const server of servers) {
    const { url } = await server.listen(0)
    expect((await callAdmin(url, 'GET /keys', bearerOf(shown[0] ?? ''))).status).toBe(200)
    await server.close(0)
  }
})

test.each<[string, Readonly<Record<string, string>>]>([
  ['ADMIN_TOKEN is set', { ADMIN_TOKEN: adminToken }],
  ['others can reach the server', { HOST: '0.0.0.0' }],
  ['storage is off', { STORAGE_PATH: 'none' }],
])('no secret is generated if %s', async (_, env) => {
  const shown: string[] = []
  const onAdminSecret = (secret: string) => void shown.push(secret)
  const server = await createNodeServer({ env: { STORAGE_PATH: folder, ...env }, onAdminSecret })
  await server.close(0)
  expect(shown).toEqual([])
  if (env.STORAGE_PATH === 'none') return
  const sql = openSqlite(join(folder, 'weir.db'))
  expect(await sql.all('SELECT * FROM admin_secrets', [])).toEqual([])
  sql.close()
})

test('a generated secret is invalid once others can reach the server', async () => {
  let secret = ''
  const onAdminSecret = (made: string) => {
    secret = made
  }
  await (await createNodeServer({ env: { STORAGE_PATH: folder }, onAdminSecret })).close(0)
  const server = await createNodeServer({ env: { STORAGE_PATH: folder, HOST: '0.0.0.0' }, onAdminSecret })
  const { url } = await server.listen(0, '127.0.0.1')
  expect(secret).toMatch(pattern)
  expectProblem(await callAdmin(url, 'GET /keys', bearerOf(secret)), 'admin_not_configured')
  await server.close(0)
})
