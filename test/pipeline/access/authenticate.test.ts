import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseSettings } from '../../../src/config/parse-settings.ts'
import { authenticate } from '../../../src/pipeline/access/authenticate.ts'
import { createKeys } from '../../../src/pipeline/access/key-cache.ts'
import type { Credentials } from '../../../src/pipeline/call/call.ts'
import type { Keys, Ports } from '../../../src/pipeline/call/ports.ts'
import { nodeSecrets } from '../../../src/platform/node/node-secrets.ts'
import type { KeyStore } from '../../../src/storage/key-store.ts'
import { storeUnavailable } from '../../../src/storage/store-unavailable.ts'
import { type OpenKeyAdmin, openKeyAdmin } from '../../admin/keys/open-key-admin.ts'
import { gatewayToken } from '../../support/gateway.ts'

let opened: OpenKeyAdmin
beforeEach(async () => {
  opened = await openKeyAdmin()
})
afterEach(() => opened.close())

const credentials = (token: string | null | undefined): Credentials => ({
  ...{ token: token ?? undefined, ownKey: undefined, origin: undefined, host: 'weir.example.com' },
  ...{ isLocal: false, address: '203.0.113.9' },
})

function toPorts(keys: Keys | undefined = opened.keys): Ports {
  const settings = parseSettings({ env: { TOKEN: gatewayToken }, platform: 'node' })
  const clock = { now: () => opened.time.now, monotonicMs: () => opened.time.now, after: () => () => {} }
  // The other ports are not used.
  return { settings, keys, clock, secrets: nodeSecrets } as unknown as Ports
}

it('authenticates TOKEN, and a key in the cache, synchronously', async () => {
  const ports = toPorts()
  const { id, secret } = await opened.admin.create({ name: 'x' })
  expect(authenticate(credentials(gatewayToken), ports)).toMatchObject({ keyId: 'token', isAnonymous: false })
  const first = authenticate(credentials(secret), ports)
  expect(first).toBeInstanceOf(Promise)
  const caller = { keyId: id, owner: `key:${id}`, isAnonymous: false, key: { key: { id } } }
  expect(await first).toMatchObject(caller)
  expect(authenticate(credentials(secret), ports)).toMatchObject(caller)
})

it('S20 checks the expiry on every call, however fresh the cached key is', async () => {
  const ports = toPorts()
  const { secret } = await opened.admin.create({ name: 'x', expires_at: '2030-06-01T12:00:00.500Z' })
  await authenticate(credentials(secret), ports)
  opened.time.now += 499
  expect(authenticate(credentials(secret), ports)).toMatchObject({ isAnonymous: false })
  opened.time.now += 1
  expect(() => authenticate(credentials(secret), ports)).toThrow('is not valid here')
})

it('R48 returns 503, not 401, while the store is down, and still accepts cached keys', async () => {
  const { secret } = await opened.admin.create({ name: 'x' })
  let isDown = false
  const { store, revocations } = opened.keys
  const findByHash: KeyStore['findByHash'] = (hash) =>
    isDown ? Promise.reject(storeUnavailable(new Error('down'))) : store.findByHash(hash)
  const version = () => (isDown ? Promise.reject(storeUnavailable(new Error('down'))) : store.version())
  const clock = { now: () => opened.time.now, monotonicMs: () => opened.time.now, after: () => () => {} }
  const ports = toPorts(
    createKeys({ keys: { ...store, findByHash, version }, revocations }, clock, { freshMs: 1_000, unknownMs: 250 }),
  )
  await authenticate(credentials(secret), ports)
  isDown = true
  opened.time.now += 30_000
  expect(await authenticate(credentials(secret), ports)).toMatchObject({ isAnonymous: false })
  const unavailable = { code: 'store_unavailable', status: 503 }
  await expect(authenticate(credentials('sk-not-seen-before'), ports)).rejects.toMatchObject(unavailable)
  opened.time.now += 30_000
  await expect(authenticate(credentials(secret), ports)).rejects.toMatchObject(unavailable)
  expect(authenticate(credentials(gatewayToken), ports)).toMatchObject({ keyId: 'token' })
})

it('accepts only TOKEN if storage is off', () => {
  const settings = { ...toPorts(), keys: undefined }
  expect(() => authenticate(credentials('sk-weir-something'), settings)).toThrow('Send the server’s TOKEN as')
})

it('case D16: notifies the connection when its caller is accepted, and only then (S64)', async () => {
  const ports = toPorts()
  const { secret } = await opened.admin.create({ name: 'x' })
  for (const [token, times] of [
    [gatewayToken, 1],
    [secret, 1],
    [secret, 1],
    ['wrong', 0],
    [undefined, 0],
  ] as const) {
    let accepted = 0
    const connection = {
      accept() {
        accepted += 1
      },
    }
    await Promise.resolve()
      .then(() => authenticate({ ...credentials(token), connection }, ports))
      .catch(() => undefined)
    expect(accepted).toBe(times)
  }
})
