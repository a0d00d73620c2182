import { expect, test } from 'vitest'
import { ask, expectError } from '../support/ask.ts'
import { describeOnBothStored } from '../support/describe-on-both.ts'
import { type GatewayOptions, gatewayToken, upstreamKey } from '../support/gateway.ts'
import type { RawResponse } from '../support/raw-client.ts'
import { chat, openKeys, withKey } from './open-keys.ts'

describeOnBothStored('a virtual key', (start, { runtime, startUpstream }) => {
  const open = (options: GatewayOptions = {}) => openKeys({ start, startUpstream }, options)

  test('is accepted beside TOKEN, in any header that clients use, and never sent upstream', async () => {
    const { upstream, gateway, create } = await open()
    const { secret } = await create()
    for (const headers of [
      { authorization: `bearer ${secret}` },
      { 'x-api-key': `${secret}` },
      { 'api-key': `${secret}` },
    ])
      expect((await ask(gateway, { ...chat, token: false, headers })).status).toBe(200)
    expect((await ask(gateway, chat)).status).toBe(200)
    expect(upstream.requests).toHaveLength(4)
    for (const { headers } of upstream.requests) expect(headers.authorization).toBe(`Bearer ${upstreamKey}`)
    expect(JSON.stringify(upstream.requests.map(({ headers }) => headers))).not.toContain(secret)
    expect(gateway.output()).not.toContain(secret)
  })

  test('S20 S23 S84 is refused with the same message if it, or an ancestor, is unknown, disabled or expired', async () => {
    const { upstream, gateway, keys, create } = await open()
    const secretOf = (index: number) => `sk-imported-${index}-of-a-test-0000-same`
    const off = await create({ secret: secretOf(1) })
    await keys.update(off.id, { disabled: true })
    const over = await create({ secret: secretOf(2) })
    await keys.update(over.id, { expires_at: '2020-01-01' })
    const rotated = await create({ secret: secretOf(3) })
    await keys.rotate(rotated.id, { overlap_seconds: 0 })
    const parent = await create()
    await create({ secret: secretOf(4), parent_id: parent.id })
    await keys.update(parent.id, { disabled: true })
    const gone = await create({ secret: secretOf(5) })
    await keys.delete(gone.id)
    const responses: RawResponse[] = []
    for (let index = 0; index <= 5; index += 1) {
      const response = await ask(gateway, { ...chat, ...withKey(secretOf(index)) })
      expectError(response, { code: 'invalid_api_key', message: /that ends in "same" is not valid here/ })
      expect(response.text).not.toContain('0-same')
      responses.push(response)
    }
    expect(new Set(responses.map(({ text }) => text)).size).toBe(1)
    const namesOf = ({ rawHeaders }: RawResponse) => rawHeaders.map(([name]) => name)
    for (const response of responses) expect(namesOf(response)).toEqual(responses.map(namesOf)[0])
    expect(upstream.requests).toEqual([])
  })

  test('S14 S19 is found only by its complete digest, for any other input', async () => {
    const { upstream, gateway, create } = await open()
    const { secret } = await create()
    const hostile = [
      ...[
        "'",
        "'OR'1'='1",
        `x'/**/UNION/**/SELECT/**/*/**/FROM/**/api_keys--`,
        '%',
        '_',
        '*',
        '\\',
        'null',
        '?1',
        ':hash',
      ],
      ...[
        `${secret}'--`,
        `${secret}%`,
        `${secret?.slice(0, -1)}_`,
        `${secret?.slice(0, 64)}`,
        `${secret}x`,
        `${secret?.toUpperCase()}`,
      ],
    ]
    for (const presented of hostile) {
      const response = await ask(gateway, { ...chat, ...withKey(presented) })
      expect.soft(() => expectError(response, { code: 'invalid_api_key' }), presented).not.toThrow()
    }
    expect(upstream.requests).toEqual([])
    expect((await ask(gateway, { ...chat, ...withKey(secret) })).status).toBe(200)
  })

  test('works with both secrets during the overlap of a rotation', async () => {
    const { gateway, keys, create } = await open()
    const first = await create()
    const second = await keys.rotate(first.id, { overlap_seconds: 600 })
    for (const { secret } of [first, second])
      expect((await ask(gateway, { ...chat, ...withKey(secret) })).status).toBe(200)
  })

  test('may be an existing secret of a client', async () => {
    const { gateway, create } = await open()
    const secret = 'sk-proj-out-of-another-gateway-81c2'
    await create({ secret })
    expect((await ask(gateway, { ...chat, ...withKey(secret) })).status).toBe(200)
  })

  test('has its own sessions, which outlive its rotation', async () => {
    const { gateway, keys, create } = await open()
    const [ada, bob] = [await create(), await create()]
    const session = await ask(gateway, { method: 'POST', target: '/v1/sessions', body: {}, ...withKey(ada.secret) })
    const { id } = JSON.parse(session.text) as { id: string }
    const see = async (secret: string | null) =>
      (await ask(gateway, { target: `/v1/sessions/${id}`, ...withKey(secret) })).status
    expect([await see(ada.secret), await see(bob.secret), await see(gatewayToken)]).toEqual([200, 404, 404])
    const { secret } = await keys.rotate(ada.id, {})
    expect(await see(secret)).toBe(200)
  })

  test('works on a server without TOKEN, which refuses other remote callers', async () => {
    const { gateway, create } = await open({ env: { TOKEN: '' } })
    const { secret } = await create()
    const outside = { host: 'weir.example.com' }
    expect((await ask(gateway, { ...chat, ...withKey(secret, outside) })).status).toBe(200)
    expectError(await ask(gateway, { ...chat, token: false, headers: outside }), {
      code: 'access_not_configured',
      message: /Other callers need one of its keys/,
    })
    for (const wrong of ['sk-anything-at-all-1234', `sk-weir-${'0'.repeat(64)}`])
      expectError(
        await ask(gateway, { ...chat, ...withKey(wrong, { ...outside, 'x-forwarded-for': '203.0.113.9' }) }),
        {
          code: 'invalid_api_key',
          message: /a key of this server .* no TOKEN/,
        },
      )
    const schema = { target: '/graphql', body: { query: '{ __schema { queryType { name } } }' } }
    expect((await ask(gateway, { ...schema, ...withKey(secret, outside) })).text).toContain('introspection')
  })

  if (runtime === 'node') {
    test('on the same machine any foreign key is accepted, but a virtual key must be valid', async () => {
      const { gateway, keys, create } = await open({ env: { TOKEN: '' } })
      const local = { host: 'localhost' }
      expect((await ask(gateway, { ...chat, ...withKey('sk-whatever-a-client-wants', local) })).status).toBe(200)
      expect((await ask(gateway, { ...chat, token: false, headers: local })).status).toBe(200)
      expectError(await ask(gateway, { ...chat, ...withKey(`sk-weir-${'0'.repeat(64)}`, local) }), {
        code: 'invalid_api_key',
      })
      const imported = await create({ secret: 'sk-imported-into-a-laptop-1' })
      await keys.update(imported.id, { disabled: true })
      expectError(await ask(gateway, { ...chat, ...withKey('sk-imported-into-a-laptop-1', local) }), {
        code: 'invalid_api_key',
      })
    })

    test('S20 is refused about a second after another process has disabled it', async () => {
      const { gateway, keys, create } = await open()
      const { id, secret } = await create()
      expect((await ask(gateway, { ...chat, ...withKey(secret) })).status).toBe(200)
      await keys.update(id, { disabled: true })
      const began = performance.now()
      const stillWorks = async () => (await ask(gateway, { ...chat, ...withKey(secret) })).status === 200
      while ((await stillWorks()) && performance.now() - began < 10_000);
      expect(performance.now() - began).toBeLessThan(3_000)
    })
  }
})
