import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { createDurableSql } from '../../src/platform/cloudflare/ledger/create-durable-sql.ts'
import { isQuotaSpent, toStoreFailure } from '../../src/platform/cloudflare/storage/to-store-failure.ts'
import worker from '../../src/platform/cloudflare/worker.ts'
import { bindings } from './storage/bindings.ts'

// As D1 says it: https://developers.cloudflare.com/changelog/post/2026-09-01-d1-free-tier-limit-enforcement/
const d1Text = (kind: string) =>
  `D1_ERROR: Your account has exceeded D1's free tier daily row ${kind} limit. Upgrade to a paid plan or wait until tomorrow (midnight UTC) to continue. See https://developers.cloudflare.com/d1/platform/limits/ for more details.`
const objectText = (kind: string) => `Exceeded allowed ${kind} in Durable Objects free tier.`

it.each([
  [d1Text('read'), 'rows to read in D1'],
  [d1Text('write'), 'rows to write in D1'],
  [objectText('rows written'), 'rows to write in Durable Objects'],
  [objectText('rows read'), 'rows to read in Durable Objects'],
  [objectText('duration'), 'run time for Durable Objects'],
  [objectText('volume of requests'), 'requests to Durable Objects'],
])('case E6: %s', (text, name) => {
  const error = toStoreFailure(new Error(text))
  expect(error).toMatchObject({ code: 'plan_quota_exceeded', status: 503 })
  expect(error.message).toContain(`no more ${name} for today`)
  expect(Number(error.headers['retry-after'])).toBeGreaterThan(0)
  expect(Number(error.headers['retry-after'])).toBeLessThanOrEqual(86_400)
})

it('case E6: another failure of a store stays one that passes', () => {
  expect(isQuotaSpent(new Error('D1_ERROR: D1 DB is overloaded. Too many requests queued.'))).toBe(false)
  expect(toStoreFailure(new Error('Network connection lost.'))).toMatchObject({ code: 'store_unavailable' })
})

it('case E6: an object whose quota is spent says so, instead of failing as a defect', () => {
  const exec = () => {
    throw new Error(objectText('rows written'))
  }
  const storage = { sql: { exec } } as unknown as DurableObjectStorage
  expect(() => createDurableSql(storage).all('SELECT 1', [])).toThrow(/no more rows to write in Durable Objects/)
})

it('case E6: a page is told when a quota of the store is spent, by CORS too', async () => {
  const prepare = () => {
    throw new Error(d1Text('read'))
  }
  const spent = { prepare, batch: prepare }
  const context = createExecutionContext()
  const request = new Request('https://weir.example/v1/sessions', {
    headers: { authorization: 'Bearer a-token-of-mine', origin: 'https://app.example' },
  })
  const stores = { DB: spent, IMAGES: bindings.BLOBS, LEDGER: bindings.LEDGER }
  const answer = await worker.fetch(request, { ...env, ...stores, TOKEN: 'a-token-of-mine' } as never, context)
  await waitOnExecutionContext(context)
  expect(answer.status).toBe(503)
  expect(await answer.json()).toMatchObject({ error: { code: 'plan_quota_exceeded', type: 'server_error' } })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  expect(answer.headers.get('x-should-retry')).toBe('false')
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
})
