import { afterEach, describe, expect, test } from 'vitest'
import { adminToken } from '../admin/open-admin.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { bearer, gatewayToken } from '../support/gateway.ts'
import { startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startStoredWorkerGateway } from '../support/start-stored-worker-gateway.ts'
import { json } from '../support/upstream-scripts.ts'

/** A busy machine takes longer than the second that a poll has by default. */
const patience = { timeout: 10_000 }

describe('the isolates of a Worker', () => {
  const closers: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  /** Starts two isolates with a route `chat` whose first target fails, and a route `other`. */
  async function start(env: Readonly<Record<string, string>> = {}) {
    const [ill, well] = [await startScriptedUpstream(), await startScriptedUpstream()]
    ill.respond(json(401, { error: { message: 'Wrong key', type: 'invalid_request_error', code: 'invalid_api_key' } }))
    well.respond(json(200, chatCompletion))
    const gateway = await startStoredWorkerGateway({
      hasTwin: true,
      env: { TOKEN: gatewayToken, ADMIN_TOKEN: adminToken, ...env },
      config: {
        providers: {
          ill: { base_url: ill.url, models: ['m'], api_key: 'sk-ill-0123456789' },
          well: { base_url: well.url, models: ['m'], api_key: 'sk-well-0123456789' },
        },
        routes: {
          chat: { targets: [{ model: 'ill/m' }, { model: 'well/m' }] },
          other: { targets: [{ model: 'well/m' }] },
        },
      },
    })
    closers.push(ill.close, well.close, gateway.close)
    const call = async (url: string, model: string) => {
      const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
      const headers = { ...bearer, 'content-type': 'application/json' }
      const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
      await response.text()
      return response.headers.get('x-weir-route')
    }
    const readBreaker = async (url: string) => {
      const headers = { authorization: `Bearer ${adminToken}` }
      const response = await fetch(`${url}/admin/v1/route?model=chat`, { headers })
      const { targets } = (await response.json()) as {
        targets: { target: string; account_breaker: { state: string } }[]
      }
      return targets.find(({ target }) => target === 'ill/m')?.account_breaker.state
    }
    return { gateway, ill, call, readBreaker }
  }

  test('R63 share their breakers if the operator says so', async () => {
    const { gateway, ill, call, readBreaker } = await start({ SHARE_BREAKERS: 'true' })
    expect(await call(gateway.url, 'chat')).toBe('chat; strategy=ordered; attempts=2; failed="auth at ill/m"')
    await expect.poll(gateway.sharedBreakers, patience).toEqual(['ill/'])
    expect(await call(gateway.twinUrl, 'other')).toBe('other; strategy=ordered; attempts=1')
    await expect.poll(() => readBreaker(gateway.twinUrl), patience).toBe('open')
    expect(await call(gateway.twinUrl, 'chat')).toBe('chat; strategy=ordered; attempts=1')
    expect(ill.requests).toHaveLength(1)
    expect(gateway.faults()).toEqual([])
  })

  test('have their own otherwise, and then call no object', async () => {
    const { gateway, ill, call } = await start({ METERING_MODE: 'light' })
    for (const url of [gateway.url, gateway.twinUrl]) {
      expect(await call(url, 'chat')).toContain('attempts=2')
      expect(await call(url, 'chat')).toContain('attempts=1')
    }
    expect(ill.requests).toHaveLength(2)
    expect(await gateway.countObjects()).toBe(0)
  })

  test('call no object for calls without a route', async () => {
    const { gateway, call } = await start({ METERING_MODE: 'light', SHARE_BREAKERS: 'true' })
    for (const model of ['ill/m', 'well/m', 'well/m']) expect(await call(gateway.url, model)).toBeNull()
    expect(await gateway.countObjects()).toBe(0)
    await call(gateway.url, 'other')
    await expect.poll(gateway.countObjects, patience).toBe(1)
  })
})
