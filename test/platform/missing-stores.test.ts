import { afterEach, describe, expect, test } from 'vitest'
import { generate, post, urlOf } from '../pipeline/images/image-calls.ts'
import { pngBase64 } from '../pipeline/images/pictures.ts'
import { describeOnBoth } from '../support/describe-on-both.ts'
import { chatCompletion } from '../support/fixtures.ts'
import { bearer, type Gateway, toOpenAIEnv } from '../support/gateway.ts'
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scripted-upstream.ts'
import { startStoredWorkerGateway, type WorkerGatewayOptions } from '../support/start-stored-worker-gateway.ts'
import { json, sse } from '../support/upstream-scripts.ts'

const pictures = json(200, { created: 1, data: [{ b64_json: pngBase64 }] })
const notKept = 'not-kept; reason=no-store'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function open(without: WorkerGatewayOptions['without'] = [], env: Readonly<Record<string, string>> = {}) {
  const upstream = await startScriptedUpstream()
  closers.push(upstream.close)
  const gateway = await startStoredWorkerGateway({ without, env: { ...toOpenAIEnv(upstream), ...env } })
  closers.push(gateway.close)
  return { upstream, gateway }
}

async function listNotKept(gateway: Gateway): Promise<string | null> {
  return (await fetch(`${gateway.url}/v1/models`, { headers: bearer })).headers.get('x-weir-not-kept')
}

async function chatIn(session: string, { gateway, upstream }: { gateway: Gateway; upstream: ScriptedUpstream }) {
  upstream.respond(json(200, chatCompletion))
  const body = JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] })
  const headers = { ...bearer, 'content-type': 'application/json', 'x-session-id': session }
  return fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers, body })
}

describe('a Worker without the R2 bucket', () => {
  test('passes pictures on unchanged, and marks them as not kept', async () => {
    const { gateway, upstream } = await open(['IMAGES'])
    const url = 'https://provider.example/a.png'
    upstream.respondNext(pictures, json(200, { created: 1, data: [{ url }] }))
    const inline = await generate(gateway, { model: 'gpt-image-1' })
    expect([inline.headers.get('x-weir-images'), inline.body.data]).toEqual([notKept, [{ b64_json: pngBase64 }]])
    const linked = await generate(gateway, { model: 'dall-e-3' })
    expect([linked.headers.get('x-weir-images'), urlOf(linked.body)]).toEqual([notKept, url])
    expect(await gateway.sql('SELECT id FROM images')).toEqual([])
    expect((await fetch(`${gateway.url}/images/img_${'0'.repeat(32)}`)).status).toBe(404)
  })

  test('marks them on the routes of predecessor A, too', async () => {
    const { gateway, upstream } = await open(['IMAGES'])
    upstream.respond(pictures)
    const body = JSON.stringify({ prompt: 'A weir' })
    const headers = { ...bearer, 'content-type': 'application/json' }
    const response = await fetch(`${gateway.url}/generate-image`, { method: 'POST', headers, body })
    expect([response.status, response.headers.get('x-weir-images')]).toEqual([200, notKept])
  })

  test('does not mark a response without pictures, or any response if pictures need not be stored', async () => {
    const { gateway, upstream } = await open(['IMAGES'])
    upstream.respondNext(
      json(200, { created: 1, data: [] }),
      json(400, { error: { message: 'refused', code: 'moderation' } }),
      sse([{ type: 'image_generation.completed', b64_json: pngBase64 }], { doneAtEnd: false }),
    )
    for (let call = 0; call < 2; call++)
      expect((await generate(gateway, { model: 'dall-e-3' })).headers.has('x-weir-images')).toBe(false)
    const stream = await post(gateway, { model: 'gpt-image-1', stream: true })
    expect([stream.headers.has('x-weir-images'), await stream.text()]).toEqual([
      false,
      expect.stringContaining(pngBase64),
    ])
    const other = await open(['IMAGES'], { IMAGES_KEEP: 'false' })
    other.upstream.respond(pictures)
    expect((await generate(other.gateway, { model: 'gpt-image-1' })).headers.has('x-weir-images')).toBe(false)
    expect(await listNotKept(other.gateway)).toBeNull()
  })

  test('stores sessions, records and keys, and deletes expired data', async () => {
    const opened = await open(['IMAGES'], { SESSION_RETENTION_DAYS: '1', IMAGE_RETENTION_DAYS: '1' })
    const { gateway } = opened
    const created = await fetch(`${gateway.url}/v1/sessions`, { method: 'POST', headers: bearer })
    const { id } = (await created.json()) as { id: string }
    expect((await chatIn(id, opened)).status).toBe(200)
    expect(await gateway.sql('SELECT role FROM messages ORDER BY position')).toEqual([
      { role: 'user' },
      { role: 'assistant' },
    ])
    await gateway.flushLedger()
    expect(await gateway.sql('SELECT outcome FROM call_records')).toEqual([{ outcome: 'ok' }])
    await gateway.sweep()
    expect(await gateway.sql('SELECT count(*) AS count FROM sessions')).toEqual([{ count: 1 }])
  })
})

describe('the list of models in a Worker', () => {
  test.each([
    [[], null],
    [['IMAGES'], 'pictures'],
    [['LEDGER'], 'records'],
    [['DB'], 'sessions, keys, records, pictures'],
  ] as const)('without %j names the data that is not stored: %s', async (without, expected) => {
    const { gateway } = await open(without)
    expect(await listNotKept(gateway)).toBe(expected)
  })
})

test('a Worker without the ledger’s binding refuses `share_breakers`, and names the binding in its log', async () => {
  const { gateway } = await open(['LEDGER'], { SHARE_BREAKERS: 'true' })
  const response = await fetch(`${gateway.url}/v1/models`, { headers: bearer })
  expect([response.status, await response.json()]).toMatchObject([503, { error: { code: 'invalid_configuration' } }])
  expect(gateway.output()).toContain('routing.share_breakers needs the Durable Object binding LEDGER.')
})

describeOnBoth('a server without any storage', (start, { runtime, startUpstream }) => {
  test('names the data that is not stored in the list of models, but not to anonymous callers', async () => {
    const upstream = await startUpstream()
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const expected = runtime === 'node' ? 'sessions, keys' : 'sessions, keys, records, pictures'
    expect(await listNotKept(gateway)).toBe(expected)
    const ready = await fetch(`${gateway.url}/readyz`)
    expect([await ready.text(), ready.headers.has('x-weir-not-kept')]).toEqual(['{"status":"ready"}', false])
  })

  test('marks pictures that could not be stored on Workers, but not on Node without a storage folder', async () => {
    const upstream = await startUpstream()
    upstream.respond(pictures)
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    const { headers, body } = await generate(gateway, { model: 'gpt-image-1' })
    expect(headers.get('x-weir-images')).toBe(runtime === 'node' ? null : notKept)
    expect(body.data).toEqual([{ b64_json: pngBase64 }])
  })
})
