import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createDurableSql } from '../../src/platform/cloudflare/ledger/create-durable-sql.ts'
import { isQuotaSpent, toStoreFailure } from '../../src/platform/cloudflare/storage/to-store-failure.ts'
import worker from '../../src/platform/cloudflare/worker.ts'
import { bindings } from './storage/bindings.ts'

// The message of D1: https://developers.cloudflare.com/changelog/post/2026-09-01-d1-free-tier-limit-enforcement/
const d1Message = (kind: string) =>
  `D1_ERROR: Your account has exceeded D1's free tier daily row ${kind} limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue. See https://developers.cloudflare.com/d1/platform/limits/ for more details.`
const objectMessage = (kind: string) => `Exceeded allowed ${kind} in Durable Objects free tier.`

it.each([
  [d1Message('read'), 'rows to read in D1'],
  [d1Message('write'), 'rows to write in D1'],
  [objectMessage('rows written'), 'rows to write in Durable Objects'],
  [objectMessage('rows read'), 'rows to read in Durable Objects'],
  [objectMessage('duration'), 'run time for Durable Objects'],
  [objectMessage('volume of requests'), 'requests to Durable Objects'],
])('case E6: %s', (message, name) => {
  const error = toStoreFailure(new Error(message))
  expect(error).toMatchObject({ code: 'plan_quota_exceeded', status: 503 })
  expect(error.message).toContain(`no more ${name} for today`)
  expect(Number(error.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(error.headers['retry-after'])).toBeLessThanOrEqual(86_400)
})

it('case E6: keeps other store failures temporary', () => {
  expect(isQuotaSpent(new Error('D1_ERROR: D1 DB is overloaded. Too many requests queued.'))).toBe(false)
  expect(toStoreFailure(new Error('Network connection lost.'))).toMatchObject({ code: 'store_unavailable' })
})

it('case E6: reports the spent quota of an object instead of a bug', () => {
  const exec = () => {
    throw new Error(objectMessage('rows written'))
  }
  const storage = { sql: { exec } } as unknown as DurableObjectStorage
  expect(() => createDurableSql(storage).all('SELECT 1', [])).toThrow(/no more rows to write in Durable Objects/)
})

it('case E6: reports a spent quota to a web page, with CORS headers', async () => {
  const prepare = () => {
    throw new Error(d1Message('read'))
  }
  const spent = { prepare, batch: prepare }
  const context = createExecutionContext()
  const request = new Request('https://weir.example/v1/sessions', {
    headers: { authorization: 'Bearer a-token-of-mine', origin: 'https://app.example' },
  })
  const stores = { DB: spent, IMAGES: bindings.BLOBS, LEDGER: bindings.LEDGER }
  const response = await worker.fetch(request, { ...env, ...stores, TOKEN: 'a-token-of-mine' } as never, context)
  await waitOnExecutionContext(context)
  expect(response.status).toBe(503)
  expect(await response.json()).toMatchObject({ error: { code: 'plan_quota_exceeded', type: 'server_error' } })
  expect(response.headers.get('access-control-allow-origin')).toBe('*')
  expect(response.headers.get('x-should-retry')).toBe('false')
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
})
