import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AdminPorts } from '../../src/admin/administration.ts'
import { authenticateAdmin } from '../../src/admin/authenticate-admin.ts'
import { createAdminThrottle } from '../../src/admin/throttle.ts'
import { parseSettings } from '../../src/config/parse-settings.ts'
import { toHex } from '../../src/core/to-hex.ts'
import { authenticate } from '../../src/pipeline/access/authenticate.ts'
import type { Credentials } from '../../src/pipeline/call/call.ts'
import { nodeSecrets } from '../../src/platform/node/node-secrets.ts'
import type { AdminSecretStore } from '../../src/storage/admin-secret-store.ts'
import type { AuditLog } from '../../src/storage/audit-log.ts'
import { createSqlAdminSecretStore } from '../../src/storage/sql/create-sql-admin-secret-store.ts'
import { createSqlAuditLog } from '../../src/storage/sql/create-sql-audit-log.ts'
import { storeUnavailable } from '../../src/storage/store-unavailable.ts'
import { type OpenKeyAdmin, openKeyAdmin } from './keys/open-key-admin.ts'
import { adminToken } from './open-admin.ts'

let opened: OpenKeyAdmin
beforeEach(async () => {
  opened = await openKeyAdmin()
})
afterEach(() => opened.close())

const generatedSecret = `weir-admin-${'0123456789abcdef'.repeat(4)}`

const credentials = (token: string | undefined, more: Partial<Credentials> = {}): Credentials => ({
  token,
  ownKey: undefined,
  origin: undefined,
  host: '127.0.0.1:8787',
  isLocal: true,
  address: '127.0.0.1',
  ...more,
})

function enter(token: string | undefined, ports: AdminPorts, more: Partial<Credentials> = {}) {
  const presented = credentials(token, more)
  return authenticateAdmin(presented, `http://${presented.host}`, ports)
}

interface Parts {
  readonly env?: Readonly<Record<string, string>>
  readonly secret?: Partial<AdminSecretStore>
  readonly audit?: Partial<AuditLog>
}

function toPorts({ env = {}, secret, audit }: Parts = {}): AdminPorts {
  const settings = parseSettings({ env, platform: 'node' })
  const clock = { now: () => opened.time.now, monotonicMs: () => opened.time.now, after: () => () => {} }
  const admin = {
    actor: 'admin',
    secret: { ...createSqlAdminSecretStore(opened.sql), ...secret },
    audit: { ...createSqlAuditLog(opened.sql), ...audit },
    throttle: createAdminThrottle(clock),
  }
  // authenticateAdmin uses no other port.
  return { settings, clock, admin, secrets: nodeSecrets, keys: opened.keys } as unknown as AdminPorts
}

const down = () => Promise.reject(storeUnavailable(new Error('down')))

test('S17 S45 checks the generated secret by its hash, and a replacement at once', async () => {
  const ports = toPorts()
  const { secret } = ports.admin
  await expect(enter(generatedSecret, ports)).rejects.toMatchObject({ code: 'admin_not_configured' })
  expect(await secret?.keepFirst(toHex(nodeSecrets.digest(generatedSecret)), 1)).toBe(true)
  expect(await secret?.keepFirst(toHex(nodeSecrets.digest('another')), 1)).toBe(false)
  expect(await enter(generatedSecret, ports)).toMatchObject({ actor: 'admin', address: '127.0.0.1' })
  await secret?.replace(toHex(nodeSecrets.digest(`${generatedSecret}0`)), 2)
  await expect(enter(generatedSecret, ports)).rejects.toMatchObject({ code: 'invalid_admin_secret' })
  expect(await enter(`${generatedSecret}0`, ports)).toMatchObject({ actor: 'admin' })
  expect(JSON.stringify(await opened.sql.all('SELECT * FROM admin_secrets', []))).not.toContain('weir-admin')
})

test('accepts only ADMIN_TOKEN if it is set', async () => {
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken } })
  await ports.admin.secret?.keepFirst(toHex(nodeSecrets.digest(generatedSecret)), 1)
  expect(await enter(adminToken, ports)).toMatchObject({ actor: 'admin' })
  await expect(enter(generatedSecret, ports)).rejects.toMatchObject({ code: 'invalid_admin_secret' })
})

test('R48 rejects with 503, not 401, while the secret cannot be read, and still accepts ADMIN_TOKEN', async () => {
  const unavailable = { code: 'store_unavailable', status: 503 }
  await expect(enter(generatedSecret, toPorts({ secret: { find: down } }))).rejects.toMatchObject(unavailable)
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken }, secret: { find: down }, audit: { append: down } })
  expect(await enter(adminToken, ports)).toMatchObject({ actor: 'admin' })
  await expect(enter('wrong', ports)).rejects.toMatchObject({ code: 'invalid_admin_secret' })
})

test('S45 case D15: of a thousand concurrent guesses five are audited, and the correct secret is accepted meanwhile', async () => {
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken } })
  const guesses = await Promise.allSettled(Array.from({ length: 1_000 }, (_, index) => enter(`wrong-${index}`, ports)))
  const codes = guesses.map((guess) => (guess.status === 'rejected' ? guess.reason.code : 'passed'))
  expect(codes.filter((code) => code === 'invalid_admin_secret')).toHaveLength(5)
  expect(codes.filter((code) => code === 'too_many_attempts')).toHaveLength(995)
  expect(await opened.sql.all('SELECT * FROM audit_log', [])).toHaveLength(5)
  expect(await enter(adminToken, ports)).toMatchObject({ actor: 'admin', address: '127.0.0.1' })
  expect(await enter(adminToken, ports, { address: '203.0.113.9' })).toMatchObject({ actor: 'admin' })
})

test('S45 case D15: wrong secrets from thousands of addresses never lock out the correct one', async () => {
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken } })
  const codes = new Set<string>()
  for (let index = 0; index < 2_000; index += 1) {
    const address = `10.0.${index >> 8}.${index & 255}`
    await enter(`wrong-${index}`, ports, { address }).catch((error) => codes.add(error.code))
  }
  expect([...codes].sort()).toEqual(['invalid_admin_secret', 'too_many_attempts'])
  for (const address of ['203.0.113.9', '10.0.0.1', undefined])
    expect(await enter(adminToken, ports, { address })).toMatchObject({ actor: 'admin' })
  await expect(enter('wrong', ports, { address: '203.0.113.9' })).rejects.toMatchObject({
    code: 'too_many_attempts',
    message: expect.stringContaining('The correct secret is accepted at any time'),
  })
})

test('S38 S44 a page whose host name resolves to this machine is refused, and does not count as an attempt', async () => {
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken } })
  const rebound = { host: 'evil.example:8787', origin: 'http://evil.example:8787' }
  for (let tries = 0; tries < 10; tries += 1)
    await expect(enter('guess', ports, rebound)).rejects.toMatchObject({
      code: 'origin_not_allowed',
    })
  const own = { host: 'localhost:8787', origin: 'http://localhost:8787' }
  expect(await enter(adminToken, ports, own)).toMatchObject({ actor: 'admin' })
  const remote = { isLocal: false, host: 'ai.example.com', origin: 'http://ai.example.com' }
  expect(await enter(adminToken, ports, remote)).toMatchObject({ actor: 'admin' })
})

test('S76 a key with the same secret as a later ADMIN_TOKEN opens nothing', async () => {
  await opened.admin.create({ name: 'x', secret: adminToken })
  const ports = toPorts({ env: { ADMIN_TOKEN: adminToken, TOKEN: 'the-token-of-the-tests-0' } })
  await expect(authenticate(credentials(adminToken, { isLocal: false }), ports)).rejects.toMatchObject({
    code: 'invalid_api_key',
  })
})

test('S76 a server that requires no key still refuses an admin secret as a key', async () => {
  const ports = toPorts({ env: {} })
  await expect(authenticate(credentials(generatedSecret), ports)).rejects.toMatchObject({ code: 'invalid_api_key' })
  expect(await authenticate(credentials('sk-any'), ports)).toMatchObject({ keyId: 'local' })
})
