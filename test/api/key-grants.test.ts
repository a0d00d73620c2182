import { expect, test } from 'vitest'
import { expectError, type Question } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { chatRequest, transcription } from '../support/fixtures.ts'
import type { GatewayOptions } from '../support/gateway.ts'
import { json } from '../support/upstream-scripts.ts'
import { chat, openKeys } from './open-keys.ts'
import { toForm } from './to-form.ts'

const chatWith = (model: unknown): Question => ({ ...chat, body: { ...chatRequest, model } })

describeOnBothStored('the grants of a virtual key', (start, { runtime, startUpstream }) => {
  const open = (options: GatewayOptions = {}) => openKeys({ start, startUpstream }, options)

  test('S58 a key is limited to its models, by alias and by resolved name', async () => {
    const { upstream, gateway, call, create } = await open({
      env: { MODEL_ALIASES: 'fast=openai/gpt-4.1-mini,gpt-9=gpt-4.1' },
    })
    const key = await create({ models: ['gpt-4.1', 'openai/gpt-4o*', 'fast'] })
    const statuses: Record<string, number> = {}
    const names = ['gpt-4.1', 'gpt-4o', 'gpt-4o-mini', 'openai/gpt-4o', 'fast']
    const others = [
      'gpt-4.1-mini',
      'openai/gpt-4.1',
      'gpt-9',
      'GPT-4.1',
      'gpt-4.1 ',
      'gpt-4.1\u0000',
      'x/gpt-4.1',
      'gpt-5',
      'ｇpt-4.1',
    ]
    for (const model of [...names, ...others]) statuses[model] = (await call(key, chatWith(model))).status
    expect(statuses).toEqual(
      Object.fromEntries([...names.map((name) => [name, 200]), ...others.map((name) => [name, 403])]),
    )
    expect(upstream.requests).toHaveLength(names.length)
    expectError(await call(key, chatWith('gpt-5')), {
      code: 'model_not_allowed',
      param: 'model',
      message: /may not use the model `gpt-5`\. It allows `gpt-4\.1`, `openai\/gpt-4o\*`, `fast`\./,
    })
    const twice = { ...chat, body: `{"model":"gpt-4.1","messages":[],"model":"gpt-5"}` }
    expectError(await call(key, { ...twice, body: twice.body }), { code: 'invalid_value', param: 'model' })
    expectError(await call(key, { target: '/v1/moderations', body: { input: 'x' } }), {
      code: 'model_not_allowed',
      param: 'model',
    })
    expect(gateway.faults()).toEqual([])
  })

  test('S58 a key is limited to its models in a form too, at any position of the model', async () => {
    const { upstream, gateway, create } = await open()
    upstream.respond(json(200, transcription))
    const { secret } = await create({ models: ['whisper-1'] })
    const file = ['file', Buffer.alloc(200_000), 'a.mp3'] as const
    const send = (model: string) => sendForm([file, ['model', model]])
    const sendForm = async (parts: Parameters<typeof toForm>[0]) => {
      const headers = {
        authorization: `Bearer ${secret}`,
        'content-type': 'multipart/form-data; boundary=form-of-a-test',
      }
      const body = new Uint8Array(toForm(parts))
      return fetch(`${gateway.url}/v1/audio/transcriptions`, { method: 'POST', headers, body })
    }
    expect((await send('whisper-1')).status).toBe(200)
    expect((await send('gpt-4o-transcribe')).status).toBe(403)
    expect(upstream.requests).toHaveLength(1)
    for (const second of ['model', 'Model', 'MODEL']) {
      const parts = [['model', 'whisper-1'] as const, file, [second, 'gpt-4o-transcribe'] as const]
      for (const ordered of [parts, [...parts].reverse()])
        expect([400, 403], second).toContain((await sendForm(ordered)).status)
    }
    // A form that was already being forwarded never completed upstream.
    for (const { bodyText } of upstream.requests.slice(1)) expect(bodyText).not.toContain('--form-of-a-test--')
  })

  test('a key lists only its allowed models', async () => {
    const { call, create } = await open({ env: { MODEL_ALIASES: 'fast=gpt-4.1-mini' } })
    const key = await create({ models: ['gpt-4.1', 'fast'] })
    const { data } = JSON.parse((await call(key, { target: '/v1/models' })).text) as { data: { id: string }[] }
    expect(data.map(({ id }) => id)).toEqual(['gpt-4.1', 'fast'])
    expect((await call(key, { target: '/v1/models/gpt-4.1' })).status).toBe(200)
    const hidden = await call(key, { target: '/v1/models/gpt-4.1-mini' })
    expectError(hidden, { code: 'model_not_found', param: 'model' })
    expect(hidden.text).not.toContain('gpt-4o')
    const graphql = await call(key, { target: '/graphql', body: { query: '{ models { id } }' } })
    expect(JSON.parse(graphql.text)).toEqual({ data: { models: [{ id: 'gpt-4.1' }, { id: 'fast' }] } })
  })

  test('a key is limited to its operations, over GraphQL too', async () => {
    const { upstream, call, create } = await open({ env: { PASSTHROUGH: 'openai' } })
    const key = await create({ operations: ['chat.*'] })
    expect((await call(key)).status).toBe(200)
    const embeddings = { target: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'x' } }
    expectError(await call(key, embeddings), {
      code: 'operation_not_allowed',
      message: /may not call `embeddings`\. It allows `chat\.\*`\./,
    })
    const mutation = 'mutation { generateImage(input: { prompt: "x" }) { id } }'
    const graphql = await call(key, { target: '/graphql', body: { query: mutation } })
    expect(graphql.text).toContain('operation_not_allowed')
    expect((await call(await create({ operations: [] }))).status).toBe(403)
    // Relayed endpoints must be granted explicitly.
    const files = { target: '/v1/files' }
    expectError(await call(await create(), files), { code: 'operation_not_allowed', message: /`passthrough`/ })
    const before = upstream.requests.length
    const parent = await create({ operations: ['*', 'passthrough'] })
    expect((await call(await create({ operations: ['passthrough'], parent_id: parent.id }), files)).status).toBe(200)
    expect(upstream.requests).toHaveLength(before + 1)
  })

  test('S43 a key is limited to its pages, and still usable by programs', async () => {
    const { upstream, call, create } = await open()
    const key = await create({ origins: ['https://shop.example'] })
    expect((await call(key, chat, { origin: 'https://shop.example' })).status).toBe(200)
    expect((await call(key)).status).toBe(200)
    for (const origin of ['https://evil.example', 'http://shop.example', 'https://shop.example:444', 'null'])
      expectError(await call(key, chat, { origin }), { code: 'origin_not_allowed', message: /may not use this key/ })
    expectError(await call(key, { target: '/v1/models' }, { origin: 'https://evil.example' }), {
      code: 'origin_not_allowed',
    })
    expect(upstream.requests).toHaveLength(2)
  })

  test('S46 a key is limited to its addresses, which no header of the caller changes', async () => {
    const { upstream, call, create } = await open()
    const elsewhere = await create({ ip_ranges: ['203.0.113.0/24', '2001:db8::/32'] })
    const forged = { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', forwarded: 'for=203.0.113.9' }
    expectError(await call(elsewhere, chat, forged), { code: 'address_not_allowed', message: /may not be used from/ })
    expect(upstream.requests).toEqual([])
    const here = await create({ ip_ranges: ['127.0.0.0/8', '::1'] })
    expect((await call(here, chat, { 'x-forwarded-for': '198.51.100.1' })).status).toBe(200)
  })

  test('S35 a key is limited by all its ancestors at each call, including later changes', async () => {
    const { keys, call, create } = await open()
    const team = await create({})
    const project = await create({ parent_id: team.id, models: ['gpt-4.1', 'gpt-4o'] })
    const key = await create({ parent_id: project.id, models: ['gpt-4.1', 'gpt-4o'] })
    await keys.update(team.id, { models: ['gpt-4.1*'], operations: ['chat.*'] })
    expect((await call(key)).status).toBe(200)
    expectError(await call(key, chatWith('gpt-4o')), {
      code: 'model_not_allowed',
      param: 'model',
      message: /`gpt-4\.1\*`/,
    })
    const embeddings = { target: '/v1/embeddings', body: { model: 'gpt-4.1', input: 'x' } }
    expectError(await call(key, embeddings), { code: 'operation_not_allowed' })
  })

  if (runtime === 'node') {
    test('S46 a key is limited to the address that a trusted proxy reports', async () => {
      const proxies = { TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' }
      const { call, create } = await open({ env: proxies })
      const key = await create({ ip_ranges: ['203.0.113.0/24', '2001:db8::/32'] })
      const statusFrom = async (forwarded: string) => (await call(key, chat, { 'x-forwarded-for': forwarded })).status
      const allowed = [
        '203.0.113.9',
        '::ffff:203.0.113.9',
        '203.0.113.9:5123',
        '2001:DB8:0::1',
        '[2001:db8::1]:443',
        '203.0.113.9, 10.1.1.1',
        '198.51.100.1, 203.0.113.9',
      ]
      const refused = [
        '198.51.100.1',
        '203.0.113.9, 198.51.100.1',
        'unknown',
        '203.0.113.9, unknown',
        '',
        '10.1.1.1',
        '203.0.113.9;x',
        '0313.0.113.9',
      ]
      for (const forwarded of allowed) expect.soft(await statusFrom(forwarded), forwarded).toBe(200)
      for (const forwarded of refused) expect.soft(await statusFrom(forwarded), forwarded).toBe(403)
    })
  }
})
