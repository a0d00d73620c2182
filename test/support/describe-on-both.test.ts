import { expect, test } from 'vitest'
import { ask, type Question } from './ask.ts'
import { describeOnBoth } from './describe-on-both.ts'
import { chatChunks, chatChunksWithUsage, chatCompletion, chatRequest } from './fixtures.ts'
import { bearer, toOpenAIEnv, upstreamKey } from './gateway.ts'
import { openRawClient } from './raw-client.ts'
import { toRequestBytes } from './to-request-bytes.ts'
import { json, sse } from './upstream-scripts.ts'

const target = '/v1/chat/completions'

describeOnBoth('a started gateway', (start, { runtime, startUpstream }) => {
  test('relays a call to the scripted upstream and logs it', async () => {
    const upstream = await startUpstream()
    upstream.on(target, json(200, chatCompletion))
    const gateway = await start({ env: toOpenAIEnv(upstream) })
    expect(gateway.runtime).toBe(runtime)
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target, headers: bearer, body: chatRequest }))
    const response = await client.readResponse()
    expect(response.status, response.text).toBe(200)
    expect(JSON.parse(response.text)).toEqual(chatCompletion)
    const request = await upstream.nextRequest()
    expect(request.headers.authorization).toBe(`Bearer ${upstreamKey}`)
    expect(request.bodyJson).toEqual(chatRequest)
    expect(await gateway.findLog()).toMatchObject({ status: 200 })
    expect(gateway.output()).not.toContain(upstreamKey)
    client.destroy()
  })

  test('relays a stream', async () => {
    const upstream = await startUpstream()
    upstream.respond(sse(chatChunksWithUsage))
    const gateway = await start({ env: toOpenAIEnv(upstream), config: { models: { strict: false } } })
    const client = await openRawClient(gateway.url)
    await client.send(toRequestBytes({ target, headers: bearer, body: { ...chatRequest, stream: true } }))
    const response = await client.readResponse()
    expect(response.status, response.text).toBe(200)
    expect(response.text).toContain(`"content":"${chatChunks[1]?.choices[0]?.delta.content}"`)
    expect(response.text.endsWith('data: [DONE]\n\n')).toBe(true)
    client.destroy()
  })
})

describeOnBoth('a shared gateway', (_start, { share, shareUpstream }) => {
  const urls = new Set<string>()

  test.each(['first', 'second'])(
    'has a second upstream, which the %s case finds without scripts and requests',
    async (name) => {
      const other = await shareUpstream('other')
      expect(await shareUpstream('other')).toBe(other)
      const { upstream, gateway } = await share(() => ({ env: toOpenAIEnv(other) }))
      urls.add(gateway.url)
      expect(urls.size).toBe(1)
      expect(gateway.logs()).toEqual([])
      const asked: Question = { target, body: chatRequest }
      expect((await ask(gateway, asked)).status).toBe(501)
      other.respond(json(200, { ...chatCompletion, id: name }))
      expect(JSON.parse((await ask(gateway, asked)).text)).toMatchObject({ id: name })
      expect([upstream.requests.length, other.requests.length]).toEqual([0, 2])
    },
  )
})
