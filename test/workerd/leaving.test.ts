import { applyD1Migrations, createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, it, vi } from 'vitest'
import worker from '../../src/platform/cloudflare/worker.ts'
import { chatCompletion, chatRequest } from '../support/fixtures.ts'
import { bindings } from './storage/bindings.ts'

const admin = 'the-admin-secret-of-this-test-0123456789'
const config = {
  prices: { 'openai/*': { input: 2, output: 8 } },
  streams: { drain_ms: 300 },
}
const settings = {
  ...env,
  IMAGES: bindings.BLOBS,
  TOKEN: 'a-token-of-mine',
  ADMIN_TOKEN: admin,
  OPENAI_API_KEY: 'sk-upstream-0123456789',
  WEIR_CONFIG: JSON.stringify(config),
} as never

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** Sends a request like workerd, and waits for the work that outlives the response. */
async function send(path: string, secret: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const context = createExecutionContext()
  const request = new Request(`https://weir.example${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  })
  const response = await worker.fetch(request, settings, context)
  const text = await response.text()
  await waitOnExecutionContext(context)
  return new Response(text, response.status === 499 ? { status: 499 } : response)
}

it('case C3: charges a caller that disconnects before a whole response, by its usage if it still arrives', async () => {
  const migrations = bindings.MIGRATIONS.map(({ name, queries }) => ({ name, queries: [...queries] }))
  await applyD1Migrations(bindings.DB, migrations, 'weir_migrations')
  const limits = { budgets: [{ usd: 5, per: 'month' }] }
  const created = await send('/admin/v1/keys', admin, { name: 'x', limits })
  const { id, secret } = (await created.json()) as { id: string; secret: string }
  const leaving = [new AbortController(), new AbortController()]
  const lines = vi.spyOn(console, 'log')
  let callCount = 0
  // The first call gets a response after its caller has disconnected, the second never.
  vi.stubGlobal('fetch', (_url: string, { signal }: { readonly signal: AbortSignal }) => {
    const call = callCount++
    leaving[call]?.abort()
    if (call === 0) return Promise.resolve(Response.json(chatCompletion))
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  for (const controller of leaving) {
    const left = await send('/v1/chat/completions', secret, { ...chatRequest, max_tokens: 2_000 }, controller.signal)
    expect(left.status).toBe(499)
  }
  const { prompt_tokens: input, completion_tokens: output } = chatCompletion.usage
  const calls = lines.mock.calls.map(([line]) => JSON.parse(String(line))).filter(({ key_id }) => key_id === id)
  expect(calls).toMatchObject([
    { outcome: 'client_gone', cost_source: 'usage', cost_nano_usd: input * 2_000 + output * 8_000 },
    { outcome: 'client_gone', cost_source: 'reserved' },
  ])
  expect(calls[1].cost_nano_usd).toBeGreaterThan(2_000 * 8_000)
  // The ledger must match the log.
  const balance = await send(`/admin/v1/keys/${id}/balance`, admin, undefined)
  const spent = (calls[0].cost_nano_usd + calls[1].cost_nano_usd) / 1e9
  expect(await balance.json()).toMatchObject({ spent_usd: String(spent), reserved_usd: '0', open_calls: 0 })
})
